import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papers import ABOUT, event

from cutover.exports.fhir import line, resource
from mirror.journal.signed.merkle import leaf_hash

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def valid(found):
    """What FHIR R4 asks of an AuditEvent: its required elements, its codes, and no empty text anywhere."""
    assert found["resourceType"] == "AuditEvent" and ID.fullmatch(found["id"])
    assert found["type"]["system"] and found["type"]["code"]
    assert INSTANT.fullmatch(found["recorded"])
    assert found["action"] in "CRUDE" and found["outcome"] in ("0", "4", "8", "12")
    assert found["agent"] and all(type(one["requestor"]) is bool for one in found["agent"])
    assert found["source"]["observer"]["identifier"]["value"]
    for one in found["entity"]:
        assert one["what"]["identifier"]["system"].startswith("urn:")

    def texts(value):
        if isinstance(value, dict):
            return [text for one in value.values() for text in texts(one)]
        if isinstance(value, list):
            assert value
            return [text for one in value for text in texts(one)]
        return [value]

    assert all(str(text) for text in texts(found))
    return found


def made(type, **said):
    return valid(resource(event(type, **said), ABOUT.origin))


@pytest.mark.parametrize(
    ("type", "code", "action"),
    [
        ("payload.viewed", "110110", "R"),
        ("payload.erased", "110110", "D"),
        ("export.created", "110106", "R"),
        ("egress.done", "110106", "R"),
        ("retention.purged", "110110", "D"),
        ("user.signed_in", "110114", "E"),
        ("audit.gap", "110113", "E"),
        ("state.transition", "110100", "U"),
        ("approval.given", "110100", "E"),
    ],
)
def test_an_events_type_is_told_in_dicoms_codes(type, code, action):
    found = made(type)
    assert (found["type"]["code"], found["action"]) == (code, action)
    assert found["subtype"][0]["code"] == type


def test_who_did_it_with_which_roles_and_whether_it_is_a_person():
    actor = {"kind": "human", "name": "aisyah", "roles": "lead viewer"}
    (agent,) = made("approval.given", actor=actor)["agent"]
    assert agent["requestor"] is True and agent["name"] == "aisyah"
    assert [one["text"] for one in agent["role"]] == ["lead", "viewer"]
    (service,) = made("state.transition")["agent"]
    assert service["requestor"] is False


def test_a_patient_is_named_by_pseudonym_alone():
    thing, patient = made("request.served", details={"subject": "K7Q2M9"})["entity"]
    assert patient["what"]["identifier"]["value"] == "K7Q2M9"
    assert patient["role"]["display"] == "Patient"
    assert thing["what"]["identifier"]["value"] == "clinic/chat"


@pytest.mark.parametrize(("outcome", "code"), [("ok", "0"), ("denied", "4"), ("failed", "8")])
def test_how_it_ended(outcome, code):
    found = made("approval.rejected", outcome=outcome, reason="nobody approves their own")
    assert (found["outcome"], found["outcomeDesc"]) == (code, "nobody approves their own")


def test_a_line_is_known_by_its_events_leaf():
    body = event("payload.viewed", details={"purpose": "audit"})
    found = json.loads(line(body, ABOUT.origin))
    assert found["id"] == leaf_hash(body.encode()).hex()
    assert found["purposeOfEvent"] == [{"text": "audit"}]


@pytest.mark.parametrize("type", ["comparison.scored", "shadow.sent", "shadow.skipped"])
def test_what_nobody_did_is_left_out(type):
    assert line(event(type), ABOUT.origin) == ""


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_people_wrote_every_line_is_one_valid_resource(reason, name, purpose):
    said = {"actor": {"kind": "human", "name": name}, "reason": reason}
    told = line(event("export.created", **said, details={"purpose": purpose}), ABOUT.origin)
    assert told.count("\n") == 1 + told[:-1].count("\n") == 1
    valid(json.loads(told))


WORDS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('{}0\\"% \n'), max_size=12
)


@given(
    st.sampled_from(["egress.done", "payload.viewed", "key.destroyed", "a{0}.b", ""]),
    st.fixed_dictionaries(
        {},
        optional={
            "actor": st.fixed_dictionaries(
                {"kind": st.sampled_from(["human", "service"]), "name": WORDS}, optional={"roles": WORDS}
            ),
            "object": st.fixed_dictionaries({"kind": WORDS, "id": WORDS}),
            "outcome": st.sampled_from(["ok", "denied", "x"]),
            "reason": WORDS,
            "details": st.dictionaries(st.sampled_from(["subject", "purpose"]), WORDS),
            "at_us": st.integers(-1, 2**53),
        },
    ),
)  # fmt: skip
def test_a_line_is_its_resource_in_canonical_json_whatever_the_event_says(type, said):
    body = json.dumps({"seq": 7, "type": type, **said}, ensure_ascii=False)
    due = json.dumps(
        resource(body, "o{0}"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert line(body, "o{0}") == f"{due}\n"
