"""Proofs on a terminal."""

import io

import pytest

from cutover.cli import proof


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    monkeypatch.delenv(proof.VARIABLE, raising=False)


def test_the_environment_comes_first(monkeypatch):
    monkeypatch.setenv(proof.VARIABLE, "123456")
    assert proof.proof("anna") == "123456"


def test_where_nobody_can_be_asked_that_is_said(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("password"))
    with pytest.raises(SystemExit) as ended:
        proof.proof("anna")
    assert ended.value.code == 2
    assert "anna must confirm this" in capsys.readouterr().err


def test_on_a_terminal_it_is_asked_for_and_not_shown(monkeypatch):
    asked = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(
        "click.prompt", lambda text, **how: asked.append((text, how["hide_input"])) or "typed"
    )
    assert proof.proof("anna") == "typed"
    assert proof.new_password("anna") == "typed"
    assert asked == [
        ("Password of anna, or a code of the app", True),
        ("New password of anna", True),
    ]


def test_a_new_password_may_come_in_as_a_line(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\r\nmore"))
    assert proof.new_password("anna") == "correct horse battery"
