"""The report in words, for the person who rehearsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from cutover.rehearsal.screen import STAGE_STYLE


def summary(report: Mapping[str, Any]) -> str:
    """Some lines of console markup that tell a report of `cutover.rehearsal.report`."""
    parts = [f"\n[b]Rehearsal[/b] with the policy {escape(report['policy'])}"]
    for rollout in report["rollouts"]:
        parts += _rollout(rollout)
    served = report["served"]
    parts.append(
        f"\nclients got {served['primary']} answers of the primary, {served['candidate']} of the "
        f"candidate, {served['failover']} of the primary in its place, and "
        f"{served['client_errors']} errors; {report['seconds']:.0f} s"
    )
    return "\n".join(parts)


def _rollout(rollout: Mapping[str, Any]) -> list[str]:
    style = STAGE_STYLE.get(rollout["stage"], "white")
    ledger = ", ".join(f"{n} {name}" for name, n in rollout["ledger"].items() if n)
    lines = [
        f"\n[b]{rollout['tenant']}/{rollout['route']}[/b]  "
        f"[{style}]{rollout['stage']}[/{style}] at {rollout['share']:g} %, "
        f"verdict {rollout['verdict']}, {rollout['sessions']} sessions",
        f"  ledger: {ledger or 'nothing seen'}",
    ]
    lines += [f"  because {escape(reason)}" for reason in rollout["reasons"]]
    lines += [
        f"  {gate['gate']}: for {gate['for']:.2f} of {gate['needed']:.2f}, "
        f"against {gate['against']:.2f} (log10)"
        for gate in rollout["evidence"]
    ]
    lines += [
        f"  {move['at'][11:19]}  {move['from']} -> {move['to']} at {move['share']:g} % by "
        f"{escape(move['actor'])}: {escape(move['reason'])}"
        for move in rollout["transitions"]
    ]
    if rollout["rollback"] is not None:
        lines.append(_rollback(rollout["rollback"]))
    return lines


def _rollback(rollback: Mapping[str, Any]) -> str:
    since = rollback["seconds_from_first_bad_answer"]
    first = "" if since is None else f" {since:.1f} s after the first bad answer;"
    return (
        f"  rolled back{first} {rollback['candidate_answers_after_decision']} requests went to "
        f"the candidate after the decision, the last after {rollback['seconds_from_decision']:.2f} s"
    )
