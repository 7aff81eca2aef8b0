"""Log lines: one each, readable by machines and people, and nothing of a payload or a key in them."""

import asyncio
import io
import json
import logging
import sys
import threading

import pytest
from fakes import FakeUpstream
from proxied import Recorded, proxied

from mirror import logs
from mirror.logs import Format, formatter, redacted

SECRET = "sk-live-51c0ffee51c0ffee"
PATIENT = "Puan Siti MRN 4711"


def line(wanted, message, *args, level=logging.WARNING, exc_info=None, **extra):
    logger = logging.getLogger("mirror.test")
    record = logger.makeRecord(
        logger.name, level, "f.py", 1, message, args, exc_info, "f", extra
    )
    return formatter(wanted, "proxy").format(record)


def raised(error):
    try:
        raise error
    except Exception:
        return sys.exc_info()


def test_a_line_is_an_object_with_what_is_known_of_the_request():
    found = json.loads(
        line(
            Format.JSON,
            "request failed: %s",
            "KeyError",
            request_id="e1",
            tenant="clinic",
            status=503,
        )
    )
    assert found["message"] == "request failed: KeyError"
    assert (found["level"], found["part"], found["logger"]) == (
        "warning",
        "proxy",
        "mirror.test",
    )
    assert (found["request_id"], found["tenant"], found["status"]) == ("e1", "clinic", 503)
    assert found["time"].endswith("Z")


def test_a_field_that_nobody_listed_is_left_out():
    assert PATIENT not in line(Format.JSON, "x", body=PATIENT)
    assert PATIENT not in line(Format.TEXT, "x", body=PATIENT)


@pytest.mark.parametrize("wanted", list(Format))
def test_every_record_is_one_line(wanted):
    text = line(wanted, "two\nlines\x1b[31m and\u2028more", exc_info=raised(ValueError("a\nb")))
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text


@pytest.mark.parametrize("wanted", list(Format))
def test_an_exception_is_told_by_type_and_place_and_not_by_its_words(wanted):
    text = line(wanted, "it failed", exc_info=raised(ValueError(f"{SECRET} {PATIENT}")))
    assert "ValueError" in text
    assert "tests/mirror/test_logs.py" in text
    assert SECRET not in text
    assert PATIENT not in text


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"GET /v1/models?api_key={SECRET}",
        f'{{"token": "{SECRET}"}}',
        f"password={SECRET}&x=1",
        f"the key {SECRET} is wrong",
        "Bearer abc.def-ghi",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    ],
)
def test_what_looks_like_a_credential_is_redacted(text):
    for part in (SECRET, "abc.def-ghi", "eyJzdWIiOiIxIn0"):
        assert part not in redacted(text)
    assert "[redacted]" in redacted(text)


def test_a_supervisors_line_is_one_of_the_same_kind():
    found = json.loads(logs.written("supervisor", "shadow ended"))
    assert (found["part"], found["message"], found["level"]) == (
        "supervisor",
        "shadow ended",
        "info",
    )


def test_a_long_message_is_cut():
    assert len(redacted("x " * 100_000)) <= logs.LONGEST + 3


def test_without_a_word_text_is_for_terminals_and_json_for_files(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv(logs.VARIABLE, raising=False)
    assert logs.wanted(Terminal()) is Format.TEXT
    assert logs.wanted(io.StringIO()) is Format.JSON
    monkeypatch.setenv(logs.VARIABLE, "text")
    assert logs.wanted(io.StringIO()) is Format.TEXT


@pytest.fixture
def log(monkeypatch):
    """This process's log as `start` makes it, in a text; put back at the end."""
    root, stream = logging.getLogger(), io.StringIO()
    kept = root.handlers[:], root.level, threading.excepthook, sys.unraisablehook
    levels = {name: logging.getLogger(name).level for name in logs.OURS}
    logs.start("proxy", stream)
    yield stream
    root.handlers[:], threading.excepthook, sys.unraisablehook = kept[0], kept[2], kept[3]
    root.setLevel(kept[1])
    logging.captureWarnings(False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_thread_that_ends_by_an_exception_is_told_without_its_words(log):
    def fail():
        raise RuntimeError(PATIENT)

    thread = threading.Thread(target=fail, name="drainer")
    thread.start()
    thread.join()
    assert "thread drainer ended" in log.getvalue()
    assert PATIENT not in log.getvalue()


class Quoting(Recorded):
    """A recorder whose faults quote what it was given."""

    def accept(self, accept):
        raise RuntimeError(f"{accept.body!r} {accept.headers}")

    def reply(self, reply):
        raise RuntimeError(f"{reply.body!r}")


class Broken:
    """Upstreams that quote the request they could not make."""

    def open(self, tenant, upstream, request):
        raise ValueError(f"{request.headers} {request.body} {request.query}")


@pytest.mark.parametrize("via", ["front", "direct"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/files"])
def test_no_key_and_no_patient_of_a_request_reaches_the_log(via, path, log):
    body = {"model": "big", "messages": [{"role": "user", "content": f"{PATIENT} {SECRET}"}]}
    headers = {
        "authorization": f"Bearer {SECRET}",
        "x-session-id": PATIENT,
        "x-api-key": SECRET,
        "user-agent": SECRET,
    }

    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via=via, recorded=Quoting()) as proxy,
        ):
            where = f"{path}?api_key={SECRET}&name=MRN4711"
            await proxy.post(path=where, json=body, headers=headers)
            await proxy.post(path=where, json=body, headers=headers, tenant=SECRET)
            relay = proxy.proxy.current.relay()
            relay.engine.upstreams = relay.passing.upstreams = Broken()
            await proxy.post(path=where, json=body, headers=headers)

    asyncio.run(asyncio.wait_for(case(), 60))
    said = log.getvalue()
    assert "ValueError" in said
    for secret in (SECRET, PATIENT, "4711", "Siti"):
        assert secret not in said
    for each in said.splitlines():
        json.loads(each)


def test_what_happens_again_and_again_is_told_ever_more_rarely():
    assert [times for times in range(1, 100) if logs.is_told(times)] == [1, 2, 4, 8, 16, 32, 64]
