"""Events as FHIR R4 AuditEvents, one a line, for a hospital's own tools. The mapping is in docs/exports.md.

Codes of types are DICOM's (`DCM`), as IHE uses them; what crossfade calls the event is the subtype.
Comparisons and copies are left out: nobody acted, and they are in tables of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from cutover.verifying.cells import harmless, utc
from cutover.verifying.sayings import Event, number_of, text_of
from mirror.journal.signed.merkle import leaf_hash

LEFT_OUT = ("comparison.scored", "shadow.sent", "shadow.skipped")
OUTCOMES = {"ok": "0", "denied": "4", "failed": "8"}
"""FHIR's: success, minor failure, serious failure."""

_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_ACTIVITY = ("110100", "Application Activity")
_EXPORT = ("110106", "Export")
_PATIENT_RECORD = ("110110", "Patient Record")
_ALERT = ("110113", "Security Alert")
_AUTHENTICATION = ("110114", "User Authentication")
_TYPES: Mapping[str, tuple[tuple[str, str], str]] = {
    "payload": (_PATIENT_RECORD, "R"),
    "export": (_EXPORT, "R"),
    "egress": (_EXPORT, "R"),
    "retention": (_PATIENT_RECORD, "D"),
    "erasure": (_PATIENT_RECORD, "D"),
    "user": (_AUTHENTICATION, "E"),
    "audit": (_ALERT, "E"),
    "clock": (_ALERT, "E"),
    "state": (_ACTIVITY, "U"),
}
"""By the first word of an event's type; all others are application activity that was executed."""
_DESTROYED = ("payload.erased", "key.destroyed")


class _Common(NamedTuple):
    """What very many events have in common. `actor` is kind, name and roles, `kind` that of the object."""

    type: str
    outcome: str
    actor: tuple[str, ...]
    kind: str


class _Own(NamedTuple):
    """What an event alone says; "" for nothing."""

    seq: str
    of: str
    leaf: str
    recorded: str
    subject: str
    reason: str
    purpose: str


def line(body: str, origin: str, event: Event | None = None) -> str:
    """One event as a line of ndjson; "" for one that is left out. `origin` is the log's; `event` what the body says, where it was read.

    It is the resource in canonical JSON, of which nearly all is written once for all events that have it in common.
    """
    event = json.loads(body) if event is None else event
    assert event is not None, "an event is an object"
    common = _common(event)
    if common.type in LEFT_OUT:
        return ""
    own = _own(body, event)
    form = _form(origin, common, *map(bool, own))
    return form.format(*[encode_basestring(one)[1:-1] for one in own])


def resource(body: str, origin: str, event: Event | None = None) -> dict[str, Any]:
    """One event as an AuditEvent, whose id is the event's leaf hash; empty for one that is left out.

    It is to be read alone: parts that many events have in common are the same objects.
    """
    event = json.loads(body) if event is None else event
    assert event is not None, "an event is an object"
    common = _common(event)
    return {} if common.type in LEFT_OUT else _resource(origin, common, _own(body, event))


def _common(event: Event) -> _Common:
    actor = tuple([read(event) for read in _ACTOR])
    return _Common(_TYPE(event), _OUTCOME(event), actor, _KIND(event))


def _own(body: str, event: Event) -> _Own:
    return _Own(
        str(_SEQ(event) or 0),
        harmless(_OF(event)) or "unknown",
        leaf_hash(body.encode()).hex(),
        utc(_AT(event)),
        harmless(_SUBJECT(event) or _SUBJECT_BEFORE(event)),
        harmless(_REASON(event)),
        harmless(_PURPOSE(event)),
    )


_TYPE, _OUTCOME, _REASON = text_of("type"), text_of("outcome"), text_of("reason")
_ACTOR = tuple([text_of("actor", name) for name in ("kind", "name", "roles")])
_KIND, _OF = text_of("object", "kind"), text_of("object", "id")
_SUBJECT, _SUBJECT_BEFORE = text_of("details", "subject"), text_of("subject")
_PURPOSE = text_of("details", "purpose")
_SEQ, _AT = number_of("seq"), number_of("at_us")


@lru_cache(maxsize=1024)
def _form(origin: str, common: _Common, *there: bool) -> str:
    """The line of events that have this in common, with a place for each of their own words that is `there`."""
    own = _Own(*[mark if one else "" for mark, one in zip(_MARKS, there, strict=True)])
    text = _canonical(_resource(origin, common, own)).replace("{", "{{").replace("}", "}}")
    for place, mark in enumerate(_MARKS):
        text = text.replace(mark, f"{{{place}}}")
    return f"{text}\n"


# Half of a pair is no character, and no event has one: a log is written in UTF-8.
_MARKS = tuple([f"\ud800{place}" for place in range(len(_Own._fields))])


def _resource(origin: str, common: _Common, own: _Own) -> dict[str, Any]:
    type = common.type
    (code, display), action = _TYPES.get(type.partition(".")[0], (_ACTIVITY, "E"))
    if type in _DESTROYED:
        action = "D"
    made: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": own.leaf,
        "type": _coding(_DCM, code, display),
        "subtype": [_coding("urn:crossfade:event-type", type)],
        "action": action,
        "recorded": own.recorded,
        "outcome": OUTCOMES.get(common.outcome, "8"),
        "agent": [_agent(*common.actor)],
        "source": _source(origin),
        "entity": _entities(common.kind, own),
    }
    if own.reason:
        made["outcomeDesc"] = own.reason
    if own.purpose:
        made["purposeOfEvent"] = [{"text": own.purpose}]
    return made


@lru_cache(maxsize=256)
def _agent(kind: str, told: str, roles: str) -> dict[str, Any]:
    human, name = kind == "human", harmless(told) or "unknown"
    role = "humanuser" if human else "dataprocessor"
    made: dict[str, Any] = {
        "type": {"coding": [_coding(f"{_HL7}/extra-security-role-type", role)]},
        "who": _known_by("actor", name),
        "name": name,
        "requestor": human,
    }
    if roles:
        made["role"] = [{"text": one} for one in roles.split()]
    return made


@lru_cache(maxsize=16)
def _source(origin: str) -> dict[str, Any]:
    server = _coding(f"{_HL7}/security-source-type", "4", "Application Server")
    return {"observer": _known_by("log", origin), "type": [server]}


def _entities(of_kind: str, own: _Own) -> list[dict[str, Any]]:
    """What it was done to; and the patient, by pseudonym, where one is known."""
    kind = harmless(of_kind) or "unknown"
    thing = {
        "what": _known_by(kind, own.of),
        "type": _SYSTEM_OBJECT,
        "name": f"{kind} {own.of}",
        "detail": [{"type": "seq", "valueString": own.seq}],
    }
    if not own.subject:
        return [thing]
    patient = {
        "what": _known_by("subject", own.subject),
        "type": _PERSON,
        "role": _PATIENT,
    }
    return [thing, patient]


def _coding(system: str, code: str, display: str = "") -> dict[str, str]:
    coding = {"system": system, "code": code}
    return coding | {"display": display} if display else coding


_SYSTEM_OBJECT = _coding(f"{_HL7}/audit-entity-type", "2", "System Object")
_PERSON = _coding(f"{_HL7}/audit-entity-type", "1", "Person")
_PATIENT = _coding(f"{_HL7}/object-role", "1", "Patient")


def _known_by(kind: str, value: str) -> dict[str, Any]:
    return {"identifier": {"system": f"urn:crossfade:{kind}", "value": value}}
