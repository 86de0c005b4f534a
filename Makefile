# Everything runs inside .venv; nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# Modules are compiled once, not by each of the hundreds of processes that tests start, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install demo test test-all lint bench rehearsal comparison docs audit release lock clean

install: $(READY)

$(READY): pyproject.toml requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nianbao needs Python 3.11 or newer; say make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

demo: $(READY)
	$(BIN)/python -m tests.demo

test: $(READY)
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

# The slow tests too: a browser, an office program and a mail server from Debian's packages take part.
test-all: $(READY)
	.ci/system-packages
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m ''

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python .ci/sizes.py

bench: $(READY)
	$(BIN)/python -m tests.bench

# The documentation as a book, Chinese and English, into build/docs/site; any warning is an error.
docs: $(READY)
	$(BIN)/python -m docs.book

# A nation's season on loopback, held against what only its generator knows: make rehearsal PORTALS=3000 BODIES=60000
PORTALS ?= 300
BODIES ?= 6000
rehearsal: $(READY)
	$(BIN)/python -m tests.bench.rehearsal --portals $(PORTALS) --bodies $(BODIES) $(REHEARSAL)

# The same 200 questions to nianbao and to tools of others, each in an environment of its own that is thrown away.
comparison: $(READY)
	$(BIN)/python -m tests.bench.comparison

# Known vulnerabilities of the locked set and a bill of materials, with tools that stay out of the project.
audit:
	.ci/audit

# Files of a release into dist/VERSION: make release VERSION=0.2.0
release: $(READY)
	.ci/release "$(VERSION)"

# Locked versions with hashes and no index addresses; run after changing dependencies.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q pyproject.toml --generate-hashes --no-emit-index-url --python-version 3.11 --no-header --no-annotate -o requirements.txt
	$(BIN)/uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --python-version 3.11 --no-header --no-annotate -o requirements-dev.txt

clean:
	rm -rf .venv demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
