import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.evidence import Evidence
from crawler.exceptions import EvidenceError


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.binary(max_size=2000))
def test_what_is_put_is_got_under_its_hash(tmp_path, data):
    evidence = Evidence(tmp_path)
    sha256 = evidence.put(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert evidence.get(sha256) == data
    assert list(evidence.verify()) == []


def test_equal_content_is_kept_once(tmp_path):
    evidence = Evidence(tmp_path)
    assert evidence.put(b"page") == evidence.put(b"page")
    assert len(list(tmp_path.glob("??/*"))) == 1


def test_altered_truncated_and_absent_files_are_told_apart_from_content(tmp_path):
    evidence = Evidence(tmp_path)
    altered, cut = evidence.put(b"one"), evidence.put(b"two" * 100)
    evidence.path(altered).write_bytes(evidence.path(cut).read_bytes())
    evidence.path(cut).write_bytes(evidence.path(cut).read_bytes()[:-12])
    assert {sha256 for sha256, _ in evidence.verify()} == {altered, cut}
    for sha256, said in ((altered, "no longer hashes"), (cut, "damaged"), ("0" * 64, "backup")):
        with pytest.raises(EvidenceError, match=said):
            evidence.get(sha256)


def test_a_failing_disk_leaves_no_half_written_file(tmp_path, monkeypatch):
    evidence = Evidence(tmp_path)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crawler.evidence.os.fsync", full)
    with pytest.raises(EvidenceError, match="No space left"):
        evidence.put(b"page")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
