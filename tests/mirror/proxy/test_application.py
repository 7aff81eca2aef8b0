"""What a listener does with a request before the relay has it."""

import asyncio
from types import SimpleNamespace

from mirror.proxy.application import application

SCOPE = {
    "method": "GET",
    "raw_path": b"/v1/models",
    "query_string": b"",
    "headers": [(b"accept", b"*/*")],
    "client": ("10.0.0.9", 1),
}


def test_each_request_has_an_id_of_its_own_and_goes_to_the_relay_of_its_moment():
    calls = []

    def relay(name):
        async def answer(call, receive, send):
            calls.append((name, call))

        return SimpleNamespace(answer=answer)

    in_force = [relay("old")]
    app = application(lambda: in_force[0])
    asyncio.run(app(dict(SCOPE), None, None))
    in_force[0] = relay("new")
    asyncio.run(app(dict(SCOPE), None, None))
    (old, first), (new, second) = calls
    assert (old, new) == ("old", "new")
    assert first.id != second.id
    assert first.peer == "10.0.0.9"
