"""The command line's way to the control API."""

import json
import os
import time

import httpx
import pytest

from cutover.cli import control
from cutover.cli.control import AnotherPerson, Control, ControlError


@pytest.fixture
def answering(monkeypatch):
    """Lets a test give the API's answer; the requests it got."""
    asked = []

    def give(status, content=b"{}"):
        def answer(request):
            asked.append(request)
            return httpx.Response(status, content=content)

        real = httpx.Client
        monkeypatch.setattr(
            control.httpx,
            "Client",
            lambda **given: real(
                transport=httpx.MockTransport(answer), timeout=given["timeout"]
            ),
        )
        return asked

    return give


def test_the_token_of_the_data_folder_is_used(tmp_path, answering, monkeypatch):
    monkeypatch.delenv("CROSSFADE_TOKEN", raising=False)
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "anna").write_text("secret\n")
    (tmp_path / "control.json").write_text(json.dumps({"url": "http://127.0.0.1:9"}))
    asked = answering(200, b'{"name": "anna"}')
    assert Control.find(tmp_path, "anna").get("/v1/me") == {"name": "anna"}
    assert str(asked[0].url) == "http://127.0.0.1:9/v1/me"
    assert asked[0].headers["authorization"] == "Bearer secret"


def test_a_token_in_the_environment_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("CROSSFADE_TOKEN", " other ")
    assert Control.find(tmp_path, "anna", "http://127.0.0.1:9").token == "other"


@pytest.mark.parametrize("url", ["notaurl", "ftp://127.0.0.1", ""])
def test_what_is_no_address_is_not_told_as_a_controller_that_is_away(
    tmp_path, monkeypatch, url
):
    monkeypatch.setenv("CROSSFADE_TOKEN", "secret")
    with pytest.raises(ControlError, match="is no address of a control API; write it as in"):
        Control(url, "secret").get("/v1/me")


def test_a_missing_token_or_controller_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("CROSSFADE_TOKEN", raising=False)
    with pytest.raises(ControlError, match="crossfade user add anna"):
        Control.find(tmp_path, "anna", "http://127.0.0.1:9")
    with pytest.raises(ControlError, match="crossfade up"):
        Control.find(tmp_path, "anna")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"uri": 1}'])
def test_a_note_that_cannot_be_read_is_no_controller(tmp_path, content):
    (tmp_path / "control.json").write_text(content)
    with pytest.raises(ControlError, match="no controller has run"):
        Control.find(tmp_path, "anna")


def ran(data, ago_s=1.0):
    """A folder whose controller published a table a while ago, and left no note."""
    (data / "deployment.json").write_text(json.dumps({"deployment": "d", "production": True}))
    at_s = time.time() - ago_s
    (data / "routes.json").touch()
    os.utime(data / "routes.json", (at_s, at_s))


def test_a_controller_that_restarts_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setenv("CROSSFADE_TOKEN", "secret")
    ran(tmp_path)
    waited = []

    def pause(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            (tmp_path / "control.json").write_text(json.dumps({"url": "http://127.0.0.1:9"}))

    assert Control.find(tmp_path, "anna", pause=pause).url == "http://127.0.0.1:9"
    assert len(waited) == 3


def test_one_that_does_not_come_back_is_told_as_restarting_after_five_seconds(tmp_path):
    ran(tmp_path)
    waited = []
    with pytest.raises(ControlError, match="is restarting: try again"):
        Control.find(tmp_path, "anna", pause=waited.append)
    assert sum(waited) == pytest.approx(5.0)


@pytest.mark.parametrize("gone", ["deployment.json", "routes.json", ""])
def test_where_none_ran_lately_nobody_waits(tmp_path, gone):
    ran(tmp_path, ago_s=1.0 if gone else 61.0)
    if gone:
        (tmp_path / gone).unlink()
    with pytest.raises(ControlError, match="no controller has run"):
        Control.find(tmp_path, "anna", pause=lambda seconds: pytest.fail("it waits"))


def test_a_user_name_cannot_leave_the_tokens_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("CROSSFADE_TOKEN", raising=False)
    (tmp_path / "secret").write_text("x")
    (tmp_path / "tokens").mkdir()
    with pytest.raises(ControlError, match="no token"):
        Control.find(tmp_path, "../secret", "http://127.0.0.1:9")


def test_a_refusal_carries_the_apis_words_and_status(answering):
    answering(409, b'{"detail": "nobody holds it"}')
    with pytest.raises(ControlError, match="nobody holds it") as caught:
        Control("http://127.0.0.1:9", "t").delete("/x", {"reason": "y"})
    assert caught.value.status == 409


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]"])
def test_an_answer_that_is_not_ours_is_told_by_its_status(answering, content):
    answering(502, content)
    with pytest.raises(ControlError, match="answered 502"):
        Control("http://127.0.0.1:9", "t").post("/x", {})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://["])
def test_an_address_where_nobody_answers_is_told(url):
    with pytest.raises(ControlError, match="no controller answers"):
        Control(url, "t").get("/v1/me")


def test_a_list_that_comes_in_pages_is_read_to_its_end(monkeypatch):
    pages = {None: ([1, 2], "x"), "x": ([3], "y"), "y": ([], None)}
    monkeypatch.setattr(
        Control,
        "get",
        lambda self, path, query=None: dict(
            zip(("rows", "next"), pages[(query or {}).get("cursor")], strict=True), of=path
        ),
    )
    found = Control("http://127.0.0.1:9", "t").whole("/v1/x", "rows")
    assert found == {"rows": [1, 2, 3], "next": None, "of": "/v1/x"}


def test_names_in_paths_are_quoted():
    assert control.rollout_path("a/b", "c?d") == "/v1/rollouts/a%2Fb/c%3Fd"


def test_a_token_speaks_for_its_own_person_only(answering):
    answering(200, b'{"name": "anna"}')
    asked = Control("http://127.0.0.1:9", "t")
    assert asked.speaking_for("anna") is asked
    with pytest.raises(AnotherPerson, match=r"'ben'.*'anna'"):
        asked.speaking_for("ben")
