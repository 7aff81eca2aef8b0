"""Events as FHIR R4 AuditEvents, one a line, for a hospital's own tools. The mapping is in docs/exports.md.

Codes of types are DICOM's (`DCM`), as IHE uses them; what crossfade calls the event is the subtype.
Comparisons and copies are left out: nobody acted, and they are in tables of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cutover.verifying.cells import harmless, utc
from cutover.verifying.sayings import Event, number_at, text_at
from mirror.journal.signed.merkle import leaf_hash

LEFT_OUT = ("comparison.scored", "shadow.sent", "shadow.skipped")
OUTCOMES = {"ok": "0", "denied": "4", "failed": "8"}
"""FHIR's: success, minor failure, serious failure."""

_ACTOR = ("kind", "name", "roles")
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


def line(body: str, origin: str, event: Event | None = None) -> str:
    """One event as a line of ndjson; "" for one that is left out. `origin` is the log's; `event` what the body says, where it was read."""
    made = resource(body, origin, event)
    return f"{_canonical(made)}\n" if made else ""


def resource(body: str, origin: str, event: Event | None = None) -> dict[str, Any]:
    """One event as an AuditEvent, whose id is the event's leaf hash; empty for one that is left out.

    It is to be read alone: parts that many events have in common are the same objects.
    """
    event = json.loads(body) if event is None else event
    assert event is not None, "an event is an object"
    type = text_at(event, "type")
    if type in LEFT_OUT:
        return {}
    (code, display), action = _TYPES.get(type.partition(".")[0], (_ACTIVITY, "E"))
    if type in _DESTROYED:
        action = "D"
    made: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": leaf_hash(body.encode()).hex(),
        "type": _coding(_DCM, code, display),
        "subtype": [_coding("urn:crossfade:event-type", type)],
        "action": action,
        "recorded": utc(number_at(event, "at_us")),
        "outcome": OUTCOMES.get(text_at(event, "outcome"), "8"),
        "agent": [_agent(*[text_at(event, "actor", name) for name in _ACTOR])],
        "source": _source(origin),
        "entity": _entities(event),
    }
    if reason := harmless(text_at(event, "reason")):
        made["outcomeDesc"] = reason
    if purpose := harmless(text_at(event, "details", "purpose")):
        made["purposeOfEvent"] = [{"text": purpose}]
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


def _entities(event: Event) -> list[dict[str, Any]]:
    """What it was done to; and the patient, by pseudonym, where one is known."""
    kind = harmless(text_at(event, "object", "kind")) or "unknown"
    id = harmless(text_at(event, "object", "id")) or "unknown"
    thing = {
        "what": _known_by(kind, id),
        "type": _SYSTEM_OBJECT,
        "name": f"{kind} {id}",
        "detail": [{"type": "seq", "valueString": str(number_at(event, "seq") or 0)}],
    }
    subject = text_at(event, "details", "subject") or text_at(event, "subject")
    if not subject:
        return [thing]
    patient = {
        "what": _known_by("subject", harmless(subject)),
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
