"""What people read of a bundle, and what other programs do: made of its events once they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cutover.exports import fhir, manifesting, words
from cutover.exports.about import About
from cutover.exports.archive import Work
from cutover.exports.passing import Take
from cutover.exports.planned import Plan
from cutover.exports.summary.gathered import Gathered
from cutover.exports.summary.leaflet import leaflet
from cutover.exports.summary.page import page
from cutover.exports.summary.story import story
from cutover.verifying.sayings import Event

FHIR, PAGE, LEAFLET = "auditevent.ndjson", "summary.html", "summary.pdf"
README, CERTIFICATE, CUSTODY = "README.txt", "s90A-certificate.txt", "custody.json"


def are_there(work: Work) -> bool:
    """Whether those papers are there that need the events."""
    return work.has(LEAFLET)  # the last of them


@contextmanager
def gathering(work: Work, plan: Plan, found: Gathered) -> Iterator[Take]:
    """Gives what takes the events, in their order: for the AuditEvents, and for what the summary is made of. Raises OSError."""
    origin, many = plan.origin, 0
    with work.writing(FHIR) as out:

        def take(body: str, event: Event) -> None:
            nonlocal many
            found.take(event)
            if line := fhir.line(body, origin, event):
                out.write(line.encode())
                many += 1

        yield take
    manifesting.count(work, {FHIR: many})


def summed(work: Work, plan: Plan, found: Gathered) -> None:
    """Writes what people read of the events. Raises OSError."""
    about = about_of(plan)
    work.write(PAGE, page(about, story(about, found)))
    with work.writing(LEAFLET) as out:
        leaflet(about, story(about, found), out)


def write(work: Work, plan: Plan) -> None:
    """Writes the papers that need no events. Raises OSError."""
    about = about_of(plan)
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
