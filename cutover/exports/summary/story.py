"""What a summary says, in order: the same for the browser and for paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.graphics.shapes import Drawing

from cutover.counting import counted, listed, ordered
from cutover.exports.about import About, moment
from cutover.exports.summary import pictures
from cutover.exports.summary.gathered import DAY_US, MOST, Compared, Gathered
from cutover.exports.summary.lanes import known_span, lanes_of, us_of
from cutover.verifying.cells import utc
from cutover.verifying.meanings import move_in_words
from cutover.verifying.table import Row

LONGEST = 700
"""Letters of one text that are shown; the whole one stands in the tables."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what they are, one under the other; `sign` sets one signature apart from the next."""

    rows: Sequence[tuple[str, str]]
    sign: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, what it shows in words for who cannot see it, and what is written below it."""

    drawing: Drawing
    told: str
    below: str


Item = Heading | Text | Facts | Picture


def story(about: About, found: Gathered) -> Iterator[Item]:
    """The summary of an export."""
    yield from _opening(about, found)
    yield from _stages(about, found)
    yield from _signatures(found)
    yield from _evidence(found)
    yield from _latency(found)
    yield from _egress(about, found)
    yield from _access(found)
    yield from _gaps(about, found)


def _opening(about: About, found: Gathered) -> Iterator[Item]:
    yield Facts(
        [
            ("Log", f"{about.origin} ({about.whose})"),
            ("Range", about.span),
            ("Events", about.events),
            ("Export", f"{about.export_id}, profile {about.profile}"),
            ("Asked for by", about.requested_by or "nobody named"),
            ("Approved by", about.approved_by or "nobody named"),
            ("Purpose", cut(about.purpose) or "not given"),
            (
                "Signed head",
                f"the first {about.end_size:,} events have the root {about.end_root}",
            ),
            ("Signed at", moment(about.as_of_us)),
            *[("Note", cut(one)) for one in about.notes],
        ]
    )
    yield Text(
        "Notes are the manifest's; all else here is made of the events of the bundle. The bundle's manifest lists this page with its "
        "SHA-256, so the manifest's own SHA-256 cannot stand here: each page carries the range and the signed root "
        "instead. Verify the bundle with verify.py before you rely on this page."
    )
    told = ", ".join([f"{type} {many:,}" for type, many in ordered(found.types)])
    yield Text(f"Events by type: {told or 'none'}.")
    yield from [Text(one) for one in found.strays(about)]


def _stages(about: About, found: Gathered) -> Iterator[Item]:
    yield Heading("Stages over time")
    if not found.moves:
        yield Text("No rollout moved in this range.")
        return
    lanes = lanes_of(found.moves, known_span(about, found))
    yield Picture(
        pictures.stages(dict(list(lanes.items())[:20]), (about.from_us, about.to_us)),
        f"Stages of {len(lanes)} rollouts over time; the moves are listed below.",
        "The share is that of the sessions which the candidate answers. Hatched: rolled back. Empty: before the log began, "
        "or after it was signed. Times are UTC; Malaysia's clock is 8 hours ahead.",
    )
    rows = []
    for row in found.moves[:60]:
        ends_of = [
            (str(row[f"{end}_stage"]), str(row[f"{end}_share"])) for end in ("from", "to")
        ]
        told = move_in_words(str(row["rollout"]), ends_of[0], ends_of[1])
        why = cut(str(row["reason"]))
        rows.append((moment(us_of(row)), f"{told}, by {row['actor']}: {why}"))
    yield Facts(rows)
    yield from _rest(found.types["state.transition"], len(rows), "transitions.csv")


def _signatures(found: Gathered) -> Iterator[Item]:
    yield Heading("Proposals and approvals")
    if not found.signatures:
        yield Text("Nobody proposed or approved anything in this range.")
    for row in found.signatures[:120]:
        yield Facts(
            [
                ("Name", f"{row['printed_name']} ({row['actor_kind']} account {row['actor']})"),
                ("Date and time", moment(us_of(row))),
                ("Meaning", cut(str(row["meaning"]))),
                ("Reason", cut(str(row["reason"])) or "none given"),
                ("Known by", _known(row)),
                ("Bound to", _bound(row)),
            ],
            sign=True,
        )
    of = "approval.", "proposal."
    many = sum(n for type, n in found.types.items() if type.startswith(of))
    yield from _rest(many, min(120, len(found.signatures)), "approvals.csv")


def _known(row: Row) -> str:
    how = str(row["confirmed_by"])
    when = f" at {row['confirmed_utc']}" if row["confirmed_utc"] else ""
    proven = f"{how}{when}" if how else "nothing that was asked for just then"
    return f"{proven}; roles: {row['roles'] or 'none'}"


def _bound(row: Row) -> str:
    ticket = f"; change ticket {row['ticket']}" if row["ticket"] else ""
    return f"evidence {row['evidence_sha256'] or 'none'}; proposal {row['proposal']}{ticket}"


def _evidence(found: Gathered) -> Iterator[Item]:
    yield Heading("Evidence: what was compared")
    if not found.compared:
        yield Text("Nothing was compared in this range.")
        return
    for rollout, one in sorted(found.compared.items()):
        yield Text(f"{rollout}: {_compared(one)}")
        if one.scores:
            yield Picture(
                pictures.columns(
                    [one.scores[at] for at in range(20)],
                    ("0", "1"),
                    f"{max(one.scores.values()):,}",
                ),
                f"How often the answers for {rollout} agreed by how much: {_median(one.scores)}.",
                f"Agreement of both answers, from 0 to 1 in 20 steps; {_median(one.scores)}.",
            )
    if found.flags:
        flags = [f"{name} {many:,}" for name, many in ordered(found.flags)]
        yield Text(f"Flags: {', '.join(flags[:40])}.")


def _compared(one: Compared) -> str:
    told = ", ".join(
        [f"{name.replace('_', ' ')} {many:,}" for name, many in ordered(one.attributions)]
    )
    floor = f"; the primary with itself: {_median(one.floors)}" if one.floors else ""
    share = 100 * one.failed / one.many if one.many else 0.0
    return f"{counted(one.many, 'comparison')} ({told}); {one.failed:,} ({share:.2f} %) with a flag of severity fail{floor}."


def _median(counts: Counter[int]) -> str:
    wanted, seen = counts.total() / 2, 0
    for at in sorted(counts):
        seen += counts[at]
        if seen >= wanted:
            return f"half of {counts.total():,} are {at * 0.05:.2f} or more"
    return "none"


def _latency(found: Gathered) -> Iterator[Item]:
    yield Heading("Latency of both sides")
    rows = []
    for what, name in (("whole", "us"), ("first token", "first_token_us")):
        for share in (0.5, 0.95):
            for side in ("primary", "candidate"):
                ms = found.time(f"{side}_{name}").quantile_ms(share)
                if ms is not None:
                    rows.append((f"{what}, {share:.0%}, {side}", side, ms, f"{ms:,.0f} ms"))
    if not rows:
        yield Text("No time of an answer is known in this range.")
        return
    yield Picture(
        pictures.bars(rows, "milliseconds until so many answers were there; hatched: primary"),
        "; ".join([f"{name}: {told}" for name, _, _, told in rows]),
        "Times from each side's own send, right within 9 %.",
    )


def _egress(about: About, found: Gathered) -> Iterator[Item]:
    yield Heading("What left for a cloud")
    many = found.types["egress.done"]
    if not many:
        yield Text("Nothing left for a cloud in this range.")
        return
    yield Text(
        f"{counted(many, 'request')} with {counted(sum(found.left_bytes.values()), 'byte')}. What for: {listed(found.left)}. "
        f"To: {listed(found.upstreams)}."
    )
    first, last = about.from_us // DAY_US, max(about.from_us, about.to_us - 1) // DAY_US
    values = [float(found.left_bytes[day]) for day in range(first, min(last, first + 4000) + 1)]
    ends = utc(first * DAY_US)[:10], utc(last * DAY_US)[:10]
    yield Picture(
        pictures.columns(values, ends, f"{max(values):,.0f} bytes a day"),
        f"Bytes sent to a cloud on each day, at most {max(values):,.0f}.",
        "Bytes sent on each day (UTC).",
    )


def _access(found: Gathered) -> Iterator[Item]:
    yield Heading("Who read words of patients and models")
    if not found.seen_by:
        yield Text("Nobody did in this range.")
        return
    yield Facts(
        [(name, counted(many, "exchange")) for name, many in ordered(found.seen_by)][:60]
    )


def _gaps(about: About, found: Gathered) -> Iterator[Item]:
    yield Heading("Gaps and odd clocks")
    if not found.gaps:
        odd = (
            "some events tell times outside of the range"
            if found.strays(about)
            else "no event tells of a jump of the clock"
        )
        yield Text(
            f"No event tells of a gap of the record; {odd}. How far the signer's clock had moved stands in digests/, and "
            "verify.py names it."
        )
        return
    yield Facts(
        [
            (moment(us_of(row)), f"{row['type']}: {cut(str(row['reason']))}")
            for row in found.gaps[:60]
        ]
    )


def _rest(many: int, shown: int, file: str) -> Iterator[Item]:
    if many > shown:
        be = "is" if many - shown == 1 else "are"
        yield Text(f"{many - shown:,} more {be} in {file}; at most {MOST} are counted here.")


def cut(text: str) -> str:
    """A text of a length that fits a page."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text):,} letters, whole in the tables)"
