"""An export from the first event to the archive: step by step into a folder, so that who is killed goes on.

The same log and the same question give the same bytes: nothing here reads a clock. What is not whole never
stands under a bundle's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from cutover.exports import manifesting, papers, payloads, proofs, tabling
from cutover.exports.archive import Work, pack
from cutover.exports.context import Unannounced, context
from cutover.exports.passing import Take, passed
from cutover.exports.planned import Asked, ExportRefused, Plan
from cutover.exports.source import Source
from cutover.exports.summary.gathered import Gathered
from cutover.exports.verifier import verifier
from cutover.verifying.contents import MANIFEST, MANIFEST_SIG
from cutover.verifying.edges import EDGED_SINCE, EDGES, beside
from cutover.verifying.lines import CONTEXT, END, EVENTS, INCLUSION, INCLUSION_OF_EDGES, START
from mirror.journal.signed.merkle import leaf_hash

PLAN = "plan.json"
_SIZES = "proofs/consistency.json"
_EXCHANGES = 3  # so often the signer's key may be another while it is asked
_EVERY = 1000

Progress = Callable[[str, int, int], None]
"""Told what is being made, how much of it is done, and of how much."""
Sign = Callable[[bytes], str]
"""Has a manifest signed, and gives the note. Raises ExportRefused."""


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that is whole: the SHA-256 of its manifest, and how many events it has."""

    sha256: str
    events: int
    export_id: str


@dataclass(frozen=True, slots=True)
class Export:
    """One export on its way. `revealed` opens payloads, for the full profile alone."""

    source: Source
    plan: Plan
    work: Work
    sign: Sign
    progress: Progress
    revealed: payloads.Revealed | None = None

    def make(self, out: Path, report: Callable[[Made], None] = lambda made: None) -> Made:
        """Makes what is not there yet, and the archive; `report` is told before the folder goes.

        Raises:
            ExportRefused: the log does not lead to what was signed, or nobody signs the manifest.
            OSError: it cannot be written; what was made stays for the next try.
            StoreError: the store failed; the same.
        """
        self._events()
        self._read()
        self._signed()
        self._rest()
        content = self._manifest()
        pack(
            self.work,
            self.work.files(),
            out,
            lambda done, of: self.progress("archive", done, of),
        )
        made = Made(
            hashlib.sha256(content).hexdigest(),
            self.plan.last - self.plan.first + 1,
            self.plan.export_id,
        )
        report(made)
        self.work.remove()
        return made

    def bodies(self) -> Iterator[str]:
        """The events of the range, from the file that was made of them."""
        with (self.work.path / EVENTS).open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip("\n")

    def _events(self) -> None:
        """The events, and that they lead to the root that was signed."""
        if all(self.work.has(name) for name in (EVENTS, START, END)):
            return
        plan = self.plan
        log, before = proofs.start(self.source, plan)
        many = plan.last - plan.first + 1
        with self.work.writing(EVENTS) as file:
            for number, body in enumerate(self.source.bodies(plan.first, plan.last), 1):
                text = body.encode()
                log = log.add(leaf_hash(text))
                file.write(text + b"\n")
                if not number % _EVERY:
                    self.progress("events", number, many)
        if log.size != plan.last:
            raise ExportRefused(
                f"events are missing from the log behind event {log.size:,}; run `crossfade fsck`"
            )
        self.work.write(START, before)
        self.work.write(END, proofs.end(self.source, plan, log))

    def _read(self) -> None:
        """All that is made of the events, in one pass over them: tables, what people read, and what the checks need from before."""
        work, plan, takers = self.work, self.plan, list[Take]()
        found, unannounced = Gathered(), Unannounced()
        summing, proving = not papers.are_there(work), not work.has(INCLUSION)
        with ExitStack() as stack:
            if not tabling.are_there(work, plan.v):
                takers.append(stack.enter_context(tabling.tables(work, plan.v)))
            if summing:
                takers.append(stack.enter_context(papers.gathering(work, plan, found)))
            if proving:
                takers.append(unannounced.take)
            passed(self._told(), takers)
        if summing:
            papers.summed(work, plan, found)
        if proving:
            self._before(unannounced.missing)

    def _told(self) -> Iterator[str]:
        """The events, each with word of how far it is."""
        many = self.plan.last - self.plan.first + 1
        for number, body in enumerate(self.bodies(), 1):
            if not number % _EVERY:
                self.progress("tables", number, many)
            yield body

    def _before(self, unannounced: set[str]) -> None:
        """What the checks need from before the range; of these requests the announcements."""
        bodies = context(self.source, self.plan.first, unannounced)
        self.work.write(CONTEXT, "".join([f"{body}\n" for body in bodies]))
        self.work.write(INCLUSION, proofs.inclusion(self.source, self.plan, bodies))

    def _signed(self) -> None:
        """Checkpoints, digests, what stands beside the range, and that all checkpoints are of one log."""
        if self.work.has(_SIZES):
            return
        source, plan = self.source, self.plan
        if plan.v >= EDGED_SINCE:
            self._edges()
        self.work.write("checkpoints/end.note", plan.end.note)
        heads = proofs.thinned(source.checkpoints(plan.first - 1, plan.end.size))
        sizes = proofs.kept_sizes(plan)
        earlier = source.before(plan.first - 1)
        for head in [*([earlier] if earlier else []), *heads]:
            self.work.write(f"checkpoints/{head.size:012}.note", head.note)
            sizes.append(head.size)
        hours = source.digests(proofs.hour_of(plan.asked.from_us), plan.asked.to_us)
        for hour in hours:
            name = f"digests/{proofs.hour_name(hour.period_us)}"
            self.work.write(f"{name}.json", hour.body)
            self.work.write(f"{name}.sig", hour.note)
        unseen = [size for size in sizes if not plan.first - 1 <= size <= plan.last]
        self.work.write(_SIZES, proofs.consistency(source, plan, unseen))

    def _edges(self) -> None:
        """The event before the range and the one behind it: whoever cuts a range has to show what they left out."""
        numbers = beside(self.plan.first, self.plan.last, self.plan.end.size)
        bodies = [body for seq in numbers for body in self.source.bodies(seq, seq)]
        self.work.write(EDGES, "".join([f"{body}\n" for body in bodies]))
        self.work.write(INCLUSION_OF_EDGES, proofs.inclusion(self.source, self.plan, bodies))

    def _rest(self) -> None:
        """The payloads of a full export, and what needs no events."""
        if self.revealed is not None:
            asked = self.plan.asked
            span = asked.from_us, asked.to_us
            payloads.write(self.work, self.bodies, self.revealed, span)
        papers.write(self.work, self.plan)
        self.work.write("verify.py", verifier())

    def _manifest(self) -> bytes:
        """The manifest and its signature, with the keys: the one that signs may be younger than all the rest."""
        if self.work.has(MANIFEST_SIG):
            return self.work.read(MANIFEST)
        for _ in range(_EXCHANGES):
            keys = manifesting.keys(self.source)
            self.work.write("keys.json", keys)
            content = manifesting.written(self.work, self.plan)
            self.work.write(MANIFEST, content)
            note = self.sign(content)
            if manifesting.lists(keys, note):
                self.work.write(MANIFEST_SIG, note)
                return content
        raise ExportRefused(
            "the signer signs with a key that the store does not list; see `crossfade signer keys`, and run the same command again"
        )


def begun(
    source: Source, out: Path, asked: Asked, plan: Callable[[], Plan]
) -> tuple[Work, Plan]:
    """The folder of an export and its plan: the one that was begun there, or a new one.

    Raises:
        ExportRefused: another export was begun under this name.
        OSError: the folder cannot be made.
    """
    work = Work.beside(out)
    if not work.has(PLAN):
        try:
            made = plan()
            work.write(PLAN, made.text())
        except BaseException:
            with suppress(OSError):  # what was refused leaves no empty folder behind
                work.path.rmdir()
            raise
        return work, made
    try:
        found = Plan.read(work.read(PLAN).decode())
    except (ValueError, KeyError, TypeError) as error:
        raise ExportRefused(f"{work.path}: not an export of this version; delete it") from error
    if found.asked != asked or found.deployment != source.deployment:
        raise ExportRefused(
            f"{work.path}: another export was begun under this name; finish it as it was asked for, delete the "
            "folder, or choose another --out"
        )
    return work, found
