"""What a log says was asked for."""

import json

from mirror.journal.signed.folder import Signed
from mirror.journal.signed.requests import request_of, stands

ASKED = {
    "from_us": 1,
    "to_us": 2,
    "profile": "redacted",
    "purpose": "audit",
    "requested_by": "siti",
    "approved_by": "",
}


def test_the_newest_request_that_says_the_same_is_found_and_no_other_log_is_looked_at(logs):
    for at_us in (30, 10, 20):
        logs.append(type="export.requested", details=ASKED, at_us=at_us)
    logs.append(tenant="other", type="export.requested", details=ASKED | {"purpose": "x"})
    with logs.store.read() as conn:
        seq, body = request_of(conn, ASKED | {"tenant": "clinic"})
        assert request_of(conn, ASKED | {"tenant": "clinic", "purpose": "x"}) is None
    assert (seq, json.loads(body)["at_us"]) == (1, 30)


def test_an_event_stands_in_the_log_only_as_it_was_signed(logs):
    logs.append(count=3)
    logs.step()
    known = logs.signer.state.logs["clinic"]
    bodies = [one.body for one in logs.events("clinic")]
    with logs.store.read() as conn:
        assert [stands(conn, "clinic", seq, bodies[seq - 1], known) for seq in (1, 2, 3)] == (
            [True] * 3
        )
        assert not stands(conn, "clinic", 2, bodies[2], known)
        assert not stands(conn, "clinic", 2, bodies[1].replace("why", "not"), known)
        shorter = Signed(size=1, hashes=known.hashes[:1])
        assert not stands(conn, "clinic", 1, bodies[0], shorter)
