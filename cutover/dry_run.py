"""A dry run: decisions are taken as ever, written down as what would have been, and not carried out.

All but one: harm to people whom the candidate answers rolls back as ever. A dry run is for the time
before anything moves, and where one begins later it is no reason to go on with bad answers.
"""

from __future__ import annotations

from dataclasses import replace

from cutover import would_be
from cutover.approving.approvals import freeze
from cutover.cabinet import Cabinet, File
from cutover.decide import Decision, Stay
from cutover.evidence.tally import Views
from cutover.evidence.verdict import Verdict
from cutover.people import CONTROLLER, Deed
from cutover.rollout import Rollout
from cutover.stages import TAKES, Stage
from cutover.would_be import WouldBe

STANDS = "DRY RUN: decisions are written down, and the controller moves nothing"
SERVES = "DRY RUN: decisions are written down, and the controller widens nothing; harm rolls back as ever"


def serves(rollout: Rollout) -> bool:
    """Whether the candidate answers people, so that harm is not only told."""
    return rollout.stage in (Stage.CANARY, Stage.LIVE)


def instead(
    cabinet: Cabinet, file: File, seen: Views, verdict: Verdict, decision: Decision
) -> tuple[Views, Decision]:
    """What is left to do of a decision: to stay, or to roll back what serves people.

    What is not done is written where it is new, with what joined the evidence until then.
    """
    if isinstance(decision, Stay):
        return seen, decision
    rollout, now_us = file.rollout, cabinet.now_us()
    if decision.signal in TAKES and serves(rollout):
        return seen, decision
    stays = Stay(decision.reason)
    if not would_be.is_new(known(cabinet, file), rollout.epoch, decision.signal):
        return seen, stays
    evidence = freeze(cabinet.bound(file).evidence())[0]
    one = would_be.made(rollout, decision, cabinet.terms(file).steps, now_us, evidence)
    file.record(seen, verdict, now_us)
    with cabinet.changing(file) as conn:
        would_be.record(conn, one, rollout, Deed(CONTROLLER, now_us, decision.reason))
    file.would = (*known(cabinet, file), one)
    return replace(seen, joined=()), stays


def known(cabinet: Cabinet, file: File) -> tuple[WouldBe, ...]:
    """All that would have been done to a rollout, read once."""
    if file.would is None:
        with cabinet.store.read() as conn:
            file.would = would_be.of(conn, file.rollout.key)
    return file.would


def sentences(cabinet: Cabinet, file: File) -> tuple[str, ...]:
    """What people are told of a dry run, the latest decision first; nothing where there is none."""
    if not cabinet.terms(file).dry_run:
        return ()
    here = [one for one in known(cabinet, file) if one.epoch == file.rollout.epoch]
    stands = SERVES if serves(file.rollout) else STANDS
    return tuple([one.sentence for one in reversed(here)]) or (stands,)
