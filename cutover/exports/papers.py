"""What people read of a bundle, and what other programs do: made of its events once they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import BinaryIO

from cutover.exports import fhir, manifesting, words
from cutover.exports.about import About
from cutover.exports.archive import Work
from cutover.exports.planned import Plan
from cutover.exports.summary.gathered import Gathered
from cutover.exports.summary.leaflet import leaflet
from cutover.exports.summary.page import page
from cutover.exports.summary.story import story
from cutover.exports.tabling import Bodies

FHIR, PAGE, LEAFLET = "auditevent.ndjson", "summary.html", "summary.pdf"
README, CERTIFICATE, CUSTODY = "README.txt", "s90A-certificate.txt", "custody.json"


def write(work: Work, plan: Plan, bodies: Bodies) -> None:
    """Writes the papers, unless all are there. Raises OSError."""
    about = about_of(plan)
    if not work.has(LEAFLET):  # the last of those that need the events
        found = _from_events(work, about, bodies)
        work.write(PAGE, page(about, story(about, found)))
        with work.writing(LEAFLET) as out:
            leaflet(about, story(about, found), out)
    for name, text in (
        (README, words.readme(about)),
        (CERTIFICATE, words.certificate(about)),
        (CUSTODY, custody(about, plan.notes)),
    ):
        work.write(name, text)


def about_of(plan: Plan) -> About:
    """What the papers say of an export."""
    asked, end = plan.asked, plan.end
    return About(
        export_id=plan.export_id,
        origin=plan.origin,
        deployment=plan.deployment,
        tenant=asked.tenant,
        from_us=asked.from_us,
        to_us=asked.to_us,
        profile=asked.profile,
        first_seq=plan.first,
        last_seq=plan.last,
        end_size=end.size,
        end_root=end.root,
        as_of_us=end.at_us,
        requested_by=asked.requested_by,
        approved_by=asked.approved_by,
        purpose=asked.purpose,
        build=plan.build,
        notes=tuple([plan.notes[name] for name in sorted(plan.notes)]),
    )


def custody(about: About, notes: Mapping[str, str]) -> str:
    """The hand-over log, with its first entry: who keeps a copy adds another, and signs it by hand."""
    first = {
        "what": "exported",
        "by": about.requested_by,
        "approved_by": about.approved_by,
        "purpose": about.purpose,
        "events_up_to_us": about.as_of_us,
        "notes": notes,
    }
    said = {"v": 1, "export_id": about.export_id, "origin": about.origin, "entries": [first]}
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


def _from_events(work: Work, about: About, bodies: Bodies) -> Gathered:
    """The AuditEvents, and in the same pass what the summary is made of, which comes back."""
    found, many = Gathered(), 0
    with work.writing(FHIR) as out:
        for body in bodies():
            event = json.loads(body)
            found.take(event)
            many += _told(out, fhir.line(body, about.origin, event))
    manifesting.count(work, {FHIR: many})
    return found


def _told(out: BinaryIO, line: str) -> int:
    out.write(line.encode())
    return int(bool(line))
