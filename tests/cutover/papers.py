"""An export and its events, made up, for the tests of what people read of it."""

import json

import rfc8785

from cutover.exports.about import About

NOW_US = 1_795_000_000_000_000
ABOUT = About(
    export_id="0f1e2d3c4b5a6978",
    origin="crossfade/00112233445566ff/clinic",
    deployment="00112233445566ff",
    tenant="clinic",
    from_us=NOW_US,
    to_us=NOW_US + 86_400_000_000,
    profile="redacted",
    first_seq=11,
    last_seq=20,
    end_size=25,
    end_root="ab" * 32,
    as_of_us=NOW_US + 90_000_000_000,
    requested_by="aisyah",
    approved_by="ben",
    purpose="audit of the fourth quarter",
    build="crossfade 1.0",
)


def event(type, seq=11, at_us=NOW_US, **said):
    """The body of an event, as it stands in a log."""
    body = {
        "v": 1, "origin": "clinic", "tenant": "clinic", "seq": seq, "at_us": at_us, "type": type,
        "actor": {"kind": "service", "name": "controller"},
        "object": {"kind": "rollout", "id": "clinic/chat"},
        "outcome": "ok", "reason": "", "details": {}, "prev": "0" * 64,
    }  # fmt: skip
    return rfc8785.dumps(json.loads(json.dumps(body | said))).decode()
