import json

from papers import NOW_US, event

from cutover.reports import seen


def test_who_saw_which_payload_is_told_the_oldest_first():
    actor = {"kind": "human", "name": "rita", "roles": "clinical-reviewer"}
    details = {"exchanges": 1, "exchange_ids": ["e1"]}
    events = [
        event("export.created", at_us=NOW_US + 5, actor=actor),
        event("payload.viewed", at_us=NOW_US, actor=actor, details=details),
        event("state.transition"),
    ]
    first, second = seen.rows([json.loads(one) for one in events])
    assert (first["actor"], first["roles"], first["exchange_ids"]) == (
        "rita",
        "clinical-reviewer",
        "e1",
    )
    assert second["type"] == "export.created"


def test_the_types_that_are_read_are_those_that_the_table_shows():
    from cutover.verifying.rows import ACCESS

    assert all(ACCESS.shows(f"{prefix}x") for prefix in seen.PREFIXES)
