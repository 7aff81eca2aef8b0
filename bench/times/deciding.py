"""Which observation decided a rollback: what the store tells of it, computed once more afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from compare import ledger
from cutover import history
from cutover.evidence import gates
from cutover.evidence.dossier import rules_of
from cutover.evidence.judge import judge
from cutover.evidence.tally import Account
from cutover.evidence.verdict import Kind
from cutover.history import Key
from cutover.rollout import Rollout, Transition
from cutover.stages import Signal
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Decided:
    """A rollback that harm decided. `at_us` is when the comparison that tipped the verdict was about
    to be committed, `accepted_us` when its request came, `moved_us` when the controller moved.
    """

    at_us: int
    accepted_us: int
    moved_us: int


def rollback_of(conn: Connection, key: Key) -> Transition | None:
    """The move that rolled back, once there is one."""
    (last,) = history.moves(conn, key, limit=1)
    return last.transition if last.transition.signal is Signal.ROLL_BACK else None


def decided(conn: Connection, policy: Policy, before: Rollout) -> Decided:
    """The first comparison of a standing with which its verdict is to roll back.

    The comparisons are taken one by one in the order of their commits, those that had been accepted
    and not compared by then being open, exactly as the controller would have met them.
    """
    declared = policy.rollout_of(*before.key)
    moved = rollback_of(conn, before.key)
    assert declared is not None
    assert moved is not None
    rules = rules_of(policy, declared)
    alarm = gates.alarm_level(rules.terms, fleet_sessions_a_day=0, production=False)
    rows = ledger.since(conn, *before.key, before.epoch, 0, 10_000)
    for upto, row in enumerate(rows, start=1):
        account = Account.begin(rules, before.stage, before.step)
        account.take(rows[:upto])
        waiting = [
            (one.session, one.accepted_us) for one in rows[upto:] if one.accepted_us < row.at_us
        ]
        views = account.look(waiting, row.at_us)
        found = judge(rules, before, views, now_us=row.at_us, alarm=alarm)
        if found.kind is Kind.ROLL_BACK:
            return Decided(row.at_us, row.accepted_us, moved.at_us)
    raise AssertionError(f"{before.key}: no prefix of {len(rows)} comparisons rolls back")
