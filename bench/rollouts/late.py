"""Scores that come late, and which come late depends on the outcome: our rule, and the order of arrival.

A session that started at place i is closed `lag` sessions later. Our rule looks at the longest closed
prefix, and at all started sessions with the open ones at the value least favourable to the claim, and takes the
larger. The order of arrival counts what is there, and is what most would write first.
"""

from __future__ import annotations

import numpy as np

from bench.rollouts.processes import Processes, badness
from bench.rollouts.walk import NEVER, Standing, note
from bench.rollouts.worlds import Numbers, World
from cutover.evidence.gates import log_promote_at


def lines(
    standing: Standing, world: World, rng: np.random.Generator, runs: int, length: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Sessions as the gates see them, (sessions, gates, runs), and which failed and which are flagged, (sessions, runs)."""
    processes = Processes(standing.rules, standing.stage, standing.step, runs, open_ones=True)
    stream = world.stream(rng, runs)
    blocks, failed, flagged = [], [], []
    for _ in range(0, length, processes.every):
        seen = badness(standing.rules, stream.take(processes.every))
        blocks.append(processes.stack(seen))
        failed.append(seen["errors"].T > 0)
        flagged.append(seen["flags"].T > 0)
    return np.concatenate(blocks), np.concatenate(failed), np.concatenate(flagged)


def closing(late: Numbers, lag: int) -> Numbers:
    """At which place each session is closed; `late` says which wait, both (sessions, runs)."""
    return np.asarray(np.arange(late.shape[0])[:, None] + np.where(late, lag, 0))


def ours(
    standing: Standing, bad: Numbers, closed_at: Numbers, lag: int
) -> tuple[Numbers, Numbers]:
    """Sessions until the rollback and until all gates are shown, a look every block; infinite for never."""
    runs = bad.shape[2]
    processes = Processes(standing.rules, standing.stage, standing.step, runs, open_ones=True)
    every = processes.every
    sure = -(-max(1, lag) // every) * every  # so far back everything is closed
    rolled, promoted = np.full(bad.shape[2], NEVER), np.full(bad.shape[2], NEVER)
    for now in range(every, bad.shape[0] + 1, every):
        begin = max(0, now - sure)
        if now > sure:  # one more block is closed for good
            gone = bad[begin - every : begin]
            processes.harm(gone)
            processes.absorb(gone)
        harm, shown, likely = look(processes, bad[begin:now], closed_at[begin:now] < now)
        note(rolled, (harm >= standing.level)[None], now - 1)
        ready = shown[processes.asked].min(axis=0) >= log_promote_at(standing.rules.terms)
        note(promoted, (ready & ~likely)[None], now - 1)
    return rolled, promoted


def look(
    processes: Processes, tail: Numbers, closed: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    """With a tail of which some is closed: harm (runs), each gate's evidence for promotion (gates, runs), and whether
    a gate that only watches sees likely harm (runs)."""
    runs = np.arange(tail.shape[2])
    prefix = np.where(closed.all(axis=0), closed.shape[0], closed.argmin(axis=0))
    known, started = processes.copy(), processes.copy()
    harm_known = np.concatenate([known.level[None], known.harm(tail)])
    likely_known = np.concatenate([processes.likely_now[None], known.likely])
    harm_started = started.harm(np.where(closed[:, None], tail, 0.0))[-1]  # open: no harm seen
    shown_known = np.concatenate([known.shown_now[None], known.shown(tail)])
    shown_started = started.shown(np.where(closed[:, None], tail, 1.0))[-1]
    return (
        np.maximum(harm_known[prefix, runs], harm_started),
        np.maximum(shown_known[prefix, :, runs].T, shown_started),
        likely_known[prefix, runs] | started.likely[-1],
    )


def by_arrival(standing: Standing, bad: Numbers, closed_at: Numbers) -> tuple[Numbers, Numbers]:
    """The same when sessions count as they are closed."""
    runs = bad.shape[2]
    processes = Processes(standing.rules, standing.stage, standing.step, runs, open_ones=True)
    order = np.argsort(closed_at, axis=0, kind="stable")
    arrived = np.take_along_axis(bad, order[:, None], axis=0)
    rolled, promoted = np.full(bad.shape[2], NEVER), np.full(bad.shape[2], NEVER)
    for place in range(0, bad.shape[0], processes.every):
        block = arrived[place : place + processes.every]
        note(rolled, processes.harm(block) >= standing.level, place)
        shown = processes.shown(block)[:, processes.asked].min(axis=1)
        ready = shown >= log_promote_at(standing.rules.terms)
        note(promoted, ready & ~processes.likely, place)
    return rolled, promoted
