"""The file of accounts: hashes, roles, tokens; the commands that write it."""

from __future__ import annotations

import io
import json
import stat

import pytest

from crawler import clock
from monitor import cli, diagnosis, settings
from monitor.exceptions import SettingsError, UsageError
from monitor.web import accounts
from tests.monitor.web.guarded import PASSWORD, cheap


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "accounts.toml"


def test_a_password_is_kept_as_a_salted_hash_and_nothing_else(path):
    accounts.add(path, "zhang", "viewer", (), PASSWORD)
    accounts.add(path, "li", "viewer", (), PASSWORD)
    held = accounts.load(path).people
    assert PASSWORD not in path.read_text("utf-8")
    assert held["zhang"].password != held["li"].password
    assert held["zhang"].password.startswith("scrypt$")
    assert accounts.holds(held["zhang"], PASSWORD)
    assert not accounts.holds(held["zhang"], PASSWORD + "x")


def test_what_real_passwords_cost_is_what_is_advised(monkeypatch):
    monkeypatch.undo()
    assert accounts.COST["n"] * accounts.COST["p"] >= 98304
    assert accounts.COST["r"] == 8


def test_the_file_is_for_its_owner_alone_and_replaced_as_a_whole(path):
    accounts.add(path, "zhang", "viewer", (), PASSWORD)
    before = path.stat().st_ino
    accounts.change(path, "zhang", role="operator")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_ino != before
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".accounts.toml-")] == []


@pytest.mark.parametrize("name", ["", "a b", "../x", "a\nb", "x" * 65, "-a", "a\"b", "{{x}}", "a/b"])
def test_a_name_is_a_plain_word(path, name):
    with pytest.raises(UsageError, match="no name of an account"):
        accounts.add(path, name, "viewer", (), PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "x" * 201])
def test_a_weak_password_is_refused_and_not_repeated(path, password):
    with pytest.raises(UsageError) as caught:
        accounts.add(path, "zhang", "viewer", (), password) if password else accounts.checked(password)
    assert "password" in str(caught.value)
    assert not password or password not in str(caught.value)


def test_hostile_texts_come_back_as_they_were(path):
    accounts.add(path, "张三", "viewer", ('a"b', "c\\d", "e]f", "g\u2028h"), PASSWORD)
    assert accounts.load(path).people["张三"].under == ('a"b', "c\\d", "e]f", "g\u2028h")


def test_nobody_s_password_costs_what_anybody_s_does(path, monkeypatch):
    accounts.add(path, "zhang", "viewer", (), PASSWORD)
    accounts.add(path, "proxied", "viewer", (), "")
    people, calls = accounts.load(path).people, []
    real = accounts._scrypt
    monkeypatch.setattr(accounts, "_scrypt", lambda *args: calls.append(args[2]) or real(*args))
    told = [accounts.holds(each, "wrong wrong 1") for each in (people["zhang"], None, people["proxied"])]
    assert told == [False, False, False]
    assert calls[0] == calls[1] == calls[2]


def test_an_empty_password_lets_nobody_in(path):
    made = accounts.add(path, "proxied", "viewer", (), "")
    assert not accounts.holds(made, "")
    assert not accounts.holds(None, "")


def test_a_changed_file_holds_from_the_next_look_on(path):
    accounts.add(path, "zhang", "viewer", (), PASSWORD)
    assert accounts.load(path).find("zhang") is not None
    accounts.change(path, "zhang", disabled=True)
    assert accounts.load(path).find("zhang") is None


@pytest.mark.parametrize("text", ["{", "[[person]]\nname = 'x'\n", "[[person]]\nname='x'\nrole='god'\n",
                                  "[[token]]\nid='1'\n", "person = 3\n"])
def test_a_damaged_file_is_told_and_lets_nobody_in(path, text):
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"accounts\.toml: (no|damaged) file of accounts"):
        accounts.load(path)


# ---------------------------------------------------------------- tokens
def test_a_token_is_kept_as_a_hash_and_is_never_more_than_its_person(path):
    accounts.add(path, "zhang", "reviewer", ("edu",), PASSWORD)
    secret = accounts.make_token(path, "zhang", 30)
    lesser = accounts.make_token(path, "zhang", 30, "viewer")
    assert secret not in path.read_text("utf-8")
    held = accounts.load(path)
    assert (held.bearer(secret).role, held.bearer(secret).under) == ("reviewer", ("edu",))
    assert held.bearer(lesser).role == "viewer"
    with pytest.raises(UsageError, match="can't have the role operator"):
        accounts.make_token(path, "zhang", 30, "operator")
    accounts.change(path, "zhang", role="viewer")
    assert accounts.load(path).bearer(secret).role == "viewer"


def test_a_token_ends_with_its_day_its_person_and_when_revoked(path, monkeypatch):
    accounts.add(path, "zhang", "viewer", (), PASSWORD)
    secret = accounts.make_token(path, "zhang", 1)
    assert accounts.load(path).bearer(secret) is not None
    assert accounts.load(path).bearer(secret + "x") is None
    assert accounts.load(path).bearer("") is None
    monkeypatch.setattr(clock, "stamp", lambda: "2999-01-01T00:00:00+08:00")
    assert accounts.load(path).bearer(secret) is None
    monkeypatch.undo()
    accounts.change(path, "zhang", disabled=True)
    assert accounts.load(path).bearer(secret) is None
    accounts.change(path, "zhang", disabled=False)
    assert accounts.revoke_tokens(path, "zhang") == 1
    assert accounts.load(path).bearer(secret) is None


# ---------------------------------------------------------------- commands
@pytest.fixture
def nianbao(tmp_path, monkeypatch, capsys):
    (tmp_path / "settings.toml").write_text('[web]\naccounts = "a.toml"\n', "utf-8")

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = cli.run(["--config", str(tmp_path / "settings.toml"), "--lang", "en", "account", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err
    return run


def test_accounts_are_kept_by_commands_without_passwords_in_arguments(nianbao, tmp_path):
    assert nianbao("add", "zhang", "--role", "reviewer", "--password-file", "-", stdin=f"{PASSWORD}\nrest\n")[0] == 0
    held = accounts.load(tmp_path / "a.toml").people["zhang"]
    assert accounts.holds(held, PASSWORD)
    (tmp_path / "new").write_text("another pass 9\n", "utf-8")
    assert nianbao("passwd", "zhang", "--password-file", str(tmp_path / "new"))[0] == 0
    assert accounts.holds(accounts.load(tmp_path / "a.toml").people["zhang"], "another pass 9")
    assert nianbao("set", "zhang", "--role", "viewer")[0] == 0
    code, out, err = nianbao("token", "zhang", "--days", "2")
    assert (code, out.startswith(accounts.TOKEN), len(out.strip()) > 40) == (0, True, True)
    assert "2 days" in err
    listed = json.loads(nianbao("list", "--json")[1])["accounts"]
    assert (listed[0]["name"], listed[0]["role"], len(listed[0]["tokens"])) == ("zhang", "viewer", 1)
    assert "scrypt" not in nianbao("list")[1]
    assert nianbao("disable", "zhang")[0] == 0
    assert accounts.load(tmp_path / "a.toml").tokens == {}
    assert nianbao("set", "zhang", "--enable")[0] == 0
    assert accounts.load(tmp_path / "a.toml").find("zhang") is not None


@pytest.mark.parametrize(("arguments", "said"), [
    (["add", "zhang"], "no terminal"), (["add", "zhang", "--role", "god", "--no-password"], "--role"),
    (["add", "zhang", "--under", "nowhere", "--no-password"], "no body of the roster"),
    (["passwd", "nobody"], "no such account"), (["set", "nobody", "--role", "viewer"], "no such account"),
    (["set", "zhang"], "say what changes"), (["token", "nobody"], "no such account"),
    (["add", "zhang", "--password-file", "/nowhere"], "can't be read"),
    (["set", "zhang", "--under", "x", "--everything"], "name one of")])
def test_what_cannot_be_is_said_with_how_to_mend_it(nianbao, arguments, said):
    code, _, err = nianbao(*arguments)
    assert code == 2
    assert said in err


def test_two_different_passwords_change_nothing(nianbao, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    given = iter(["first pass 1", "second pass 2", "third pass 33", "third pass 33"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(given))
    monkeypatch.setattr(io, "StringIO", Terminal)
    assert nianbao("add", "zhang")[0] == 2
    assert not (tmp_path / "a.toml").exists()
    assert nianbao("add", "zhang")[0] == 0
    assert accounts.holds(accounts.load(tmp_path / "a.toml").people["zhang"], "third pass 33")


def test_without_a_file_in_the_settings_the_command_says_where_to_name_one(tmp_path, capsys):
    (tmp_path / "settings.toml").write_text("", "utf-8")
    assert cli.run(["--config", str(tmp_path / "settings.toml"), "account", "list"]) == 2
    assert "[web]" in capsys.readouterr().err


def test_the_doctor_sees_a_readable_file_and_one_without_anybody(tmp_path):
    (tmp_path / "settings.toml").write_text('[web]\naccounts = "a.toml"\n', "utf-8")
    loaded = settings.load(tmp_path / "settings.toml")
    assert diagnosis._accounts(loaded).level == "fail"
    accounts.add(tmp_path / "a.toml", "zhang", "viewer", (), PASSWORD)
    assert diagnosis._accounts(loaded).level == "ok"
    (tmp_path / "a.toml").chmod(0o644)
    assert (diagnosis._accounts(loaded).level, diagnosis._accounts(loaded).text) == ("warn", "accounts_readable")
