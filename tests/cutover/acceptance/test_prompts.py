"""Requests for acceptance: lines of a file, and what the candidate was sent already."""

import json
import wave

import pytest
from rollouts import World, a_policy

from cutover.acceptance.prompts import PromptFault, of_file, recorded
from mirror.dialects import multipart
from mirror.exchange import Outcome
from policies.routes import Route


def read(tmp_path, *lines):
    path = tmp_path / "requests.jsonl"
    path.write_text(
        "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    )
    return of_file(path, "clinic")


def test_a_line_is_a_request_of_its_route(tmp_path):
    (one,) = read(tmp_path, {"route": "reason", "body": {"stream": True}}, "")
    assert one.route is Route.REASON and one.accept.path == "/v1/chat/completions"
    assert json.loads(one.accept.body) == {"model": "any", "stream": True}


def test_a_recording_is_sent_as_a_form_and_a_wav_tells_how_long_it_is(tmp_path):
    with wave.open(str(tmp_path / "visit.wav"), "wb") as file:
        file.setparams((1, 1, 100, 0, "NONE", ""))
        file.writeframes(bytes(250))
    (one,) = read(
        tmp_path, {"route": "audio", "file": "visit.wav", "fields": {"language": "ms"}}
    )
    fields = dict(multipart.fields(one.accept.body, one.accept.headers["content-type"]))
    assert one.audio_s == 2.5 and fields["language"] == "ms"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 1"),
        ("[]", "a line is an object"),
        ({"route": "soap", "body": {}}, "one of chat"),
        ({"route": "chat"}, "needs either"),
        ({"route": "chat", "body": "x"}, "JSON object"),
        ({"route": "chat", "body": {}, "promt": 1}, "unknown key `promt`"),
        ({"route": "audio", "file": "none.wav"}, "none.wav"),
        ({"route": "audio", "body": {}, "seconds": -1}, "as in 600"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_what_to_do(tmp_path, line, says):
    with pytest.raises(PromptFault, match="line 1") as fault:
        read(tmp_path, line)
    assert says in str(fault.value)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(PromptFault, match="cannot be read"):
        of_file(tmp_path / "none", "clinic")


def test_of_what_was_recorded_only_what_was_compared_is_taken(store, home):
    world = World(store, home, a_policy())
    world.tick()
    for _ in range(3):
        world.exchange()
    with store.read() as conn:
        found = recorded(conn, world.sealer, "clinic", Route.CHAT, 2)
        assert [one.accept.tenant for one in found] == ["clinic", "clinic"]
        assert all(one.accept.outcome is Outcome.COMPARED for one in found)
        assert recorded(conn, world.sealer, "other", Route.CHAT, 2) == []
