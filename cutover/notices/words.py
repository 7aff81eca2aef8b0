"""What each kind of event is called before people: what happened, and what somebody must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cutover.clocks import moment
from cutover.notices import clocks
from cutover.review import alarm
from policies.notify import Happening

_ACT = "--as YOU --reason WHY"


@dataclass(frozen=True, slots=True)
class Said:
    """What an event's body says. `about` names a rollout, an upstream, an emergency or a part."""

    about: str
    by: str
    reason: str
    details: Mapping[str, Any]


type Words = Callable[[Said], tuple[Happening, str, str] | None]
"""None where there is nothing that people must hear."""


def _moved(said: Said) -> tuple[Happening, str, str]:
    of = said.details
    where = f"{of['from_stage']} -> {of['to_stage']}, {of['from_share']} -> {of['to_share']} % of sessions"
    if of["signal"] == "roll_back":
        to_do = (
            f"find out why; `crossfade resume {said.about} {_ACT}` mirrors again after its rest"
        )
        return Happening.ROLLED_BACK, f"{said.about} was rolled back ({where})", to_do
    if of["signal"] == "narrow":
        what = f"{said.about} was narrowed ({where}): it shares a server that is slow"
        return Happening.ROLLED_BACK, what, ""
    return Happening.MOVED, f"{said.about} moved ({where})", ""


def _proposed(said: Said) -> tuple[Happening, str, str]:
    what = f"{said.about}: {said.details['signal']} to {said.details['to_share']} % is proposed"
    return (
        Happening.PROPOSED,
        what,
        f"decide; to agree: `crossfade approve {said.about} {_ACT}`",
    )


def _held(said: Said) -> tuple[Happening, str, str]:
    to_do = f"`crossfade resume {said.about} {_ACT}` once the reason is gone"
    return (
        Happening.HELD,
        f"{said.about} is held where it is, in {said.details['stage']}",
        to_do,
    )


def _served_by_other(said: Said) -> tuple[Happening, str, str]:
    what = f"{said.about}: another answered in the name of the candidate; it is held"
    to_do = (
        f"ask who answers at {said.details['upstream']} (`crossfade explain "
        f"{said.details['exchange']}`), then `crossfade resume {said.about} {_ACT}`"
    )
    return Happening.ALARM, what, to_do


def _emergency(said: Said) -> tuple[Happening, str, str]:
    what = f"emergency {said.about}: everything goes to the primary"
    return Happening.ALARM, what, f"`crossfade emergency off` with its tenant and route, {_ACT}"


def _drained(said: Said) -> tuple[Happening, str, str]:
    until_us = said.details["until_us"]
    until = f" until {moment(until_us)}" if until_us else ""
    to_do = "" if until_us else f"`crossfade return {said.about} {_ACT}` when it may be asked"
    return Happening.WARNED, f"upstream {said.about} is drained{until}", to_do


def _breaker_opened(said: Said) -> tuple[Happening, str, str]:
    what = f"{said.about}: the circuit breaker to {said.details['upstream']} is open, and the primary answers in its place"
    return (
        Happening.WARNED,
        what,
        f"see why {said.details['upstream']} fails: `crossfade status`",
    )


def _breaker_closed(said: Said) -> tuple[Happening, str, str]:
    what = f"{said.about}: the circuit breaker to {said.details['upstream']} is closed"
    return Happening.RECOVERED, what, ""


def _incident(said: Said) -> tuple[Happening, str, str]:
    of = said.details
    what = f"{said.about}: incident {of['incident']} was reported; rollouts held: {of['held']}"
    to_do = f"`crossfade explain {of['exchange']}`; then `crossfade incident close {of['incident']} {_ACT}`"
    return Happening.ALARM, what, to_do


def _waits(said: Said) -> tuple[Happening, str, str]:
    """Harm that is shown and moves nothing yet."""
    go = f"`crossfade roll-back {said.about} {_ACT}` goes at once"
    if said.details["cause"] == "primary":
        what = (
            f"{said.about}: harm is shown, and it is not rolled back because its primary fails"
        )
        return Happening.ALARM, what, f"see to the primary; {go}"
    if said.details.get("answers"):
        what = f"{said.about}: its answers are bad, and its rollback waits until the primary can take it"
        return Happening.ALARM, what, go
    what = f"{said.about}: harm is shown, and its rollback waits a little"
    return Happening.WARNED, what, f"nothing; {go}"


def _gap(said: Said) -> tuple[Happening, str, str]:
    what = f"records were lost in spool {said.about}"
    return (
        Happening.ALARM,
        what,
        "look at the disk of the data folder; the event `audit.gap` counts what",
    )


def _log(about: str) -> str:
    return f"the event log of {about}" if about else "the deployment's own event log"


def _unsigned_log(said: Said) -> tuple[Happening, str, str]:
    what = f"{_log(said.about)} is signed no further: it is not what was signed"
    return Happening.ALARM, what, "`crossfade fsck` on the machine of the store; docs/audit.md"


def _signed_log(said: Said) -> tuple[Happening, str, str]:
    return Happening.RECOVERED, f"{_log(said.about)} is looked at again by its signer", ""


def _put_back(said: Said) -> tuple[Happening, str, str]:
    """What followed from an old store: the candidate gets no more than it had."""
    back, on = (", ".join(said.details[one]) for one in ("rolled_back", "switched_on"))
    what = f"{said.about} goes on from a copy; rolled back: {back or 'none'}; switched on again: {on or 'none'}"
    return Happening.WARNED, what, "`crossfade status`: look where each rollout stands"


def _would_roll_back(said: Said) -> tuple[Happening, str, str]:
    what = f"DRY RUN: {said.about} would have been rolled back, and nothing was moved"
    if said.details["stage"] == "mirror":
        return Happening.WARNED, what, ""
    return (
        Happening.ALARM,
        f"{what}: the candidate still answers people",
        f"`crossfade roll-back {said.about} {_ACT}`",
    )


def _would_widen(said: Said) -> tuple[Happening, str, str]:
    to = f"{said.details['to_share']} % of the sessions"
    return Happening.MOVED, f"DRY RUN: {said.about} would have moved to {to}", ""


def _plain(kind: Happening, what: str, to_do: str = "") -> Words:
    return lambda said: (kind, what.format(said.about), to_do.format(said.about))


WORDS: Mapping[str, Words] = {
    "dry_run.would_promote": _would_widen,
    "dry_run.would_propose": _would_widen,
    "dry_run.would_roll_back": _would_roll_back,
    "state.transition": _moved,
    "approval.proposed": _proposed,
    "approval.void": _plain(Happening.PROPOSED, "{}: its proposal is void"),
    "approval.rejected": _plain(
        Happening.WARNED, "{}: somebody who may not tried to approve its proposal"
    ),
    "proposal.rejected": _plain(Happening.PROPOSED, "{}: its proposal was rejected"),
    "proposal.rejection_withdrawn": _plain(
        Happening.PROPOSED, "{}: the rejection of its proposal was withdrawn"
    ),
    "signoff.drawn": _plain(
        Happening.PROPOSED,
        "{}: pairs of answers wait for clinical sign-off",
        "read and label them: `crossfade signoff list {} --as YOU`",
    ),
    "hold.placed": _held,
    "hold.lifted": _plain(Happening.RECOVERED, "{} is held no more"),
    "candidate.served_by_other": _served_by_other,
    "emergency.on": _emergency,
    "emergency.off": _plain(Happening.RECOVERED, "emergency {} is over"),
    "upstream.drained": _drained,
    "breaker.opened": _breaker_opened,
    "breaker.closed": _breaker_closed,
    "acceptance.passed": _plain(
        Happening.MOVED, "an acceptance report ({}) reached all of its targets"
    ),
    "acceptance.missed": _plain(
        Happening.WARNED,
        "an acceptance report ({}) did not reach all of its targets",
        "read the report: it says what was missed, or not measured",
    ),
    "capacity.halved": _plain(
        Happening.ALARM,
        "upstream {}: only half of its capacity is accepted, a GPU of it is hot or lost",
        "look at its GPUs and their cooling; it ends by itself once they are well for a while",
    ),
    "capacity.restored": _plain(
        Happening.RECOVERED, "upstream {}: its whole capacity is accepted"
    ),
    "upstream.returned": _plain(Happening.RECOVERED, "upstream {} may be asked again"),
    "drill.passed": _plain(Happening.MOVED, "{}: its rollback drill has passed"),
    "drill.failed": _plain(
        Happening.ALARM,
        "{}: its rollback drill has not passed",
        "find out why, and drill {} again",
    ),
    "harm.warned": _plain(
        Happening.WARNED,
        "{}: harm is likely, and not shown yet",
        "look at its newest flags; where in doubt, `crossfade roll-back {} " + _ACT + "`",
    ),
    "harm.calmed": _plain(Happening.RECOVERED, "{}: harm is no longer likely"),
    "evidence.begun_anew": _plain(
        Happening.WARNED,
        "{}: the policy changed how its sessions count, and harm is looked for anew",
        "if that was not meant, put the policy back: what was recorded under it counts again",
    ),
    "rollback.waits": _waits,
    "rollback.waited": _plain(Happening.RECOVERED, "{}: its rollback waits no more"),
    "routes.unpublished": _plain(
        Happening.ALARM,
        "{} could not be published: the proxies go on as before, and no rollback reaches them",
        "see why in the log of the controller, or at its /readyz",
    ),
    "routes.published": _plain(Happening.RECOVERED, "{} is published again"),
    "store.put_back": _plain(
        Happening.ALARM,
        "{} was put back from a copy: it is older than the table that the proxies obey",
        "`crossfade status`: what happened since the copy is not known any more",
    ),
    "store.reconciled": _put_back,
    "rollback.alarm": _plain(
        Happening.ALARM,
        "{}: harm is shown, and it goes to a primary that fails too",
        "see to the primary",
    ),
    "clock.jumped": clocks.jumped,
    "clock.apart": clocks.apart,
    "incident.reported": _incident,
    "incident.closed": _plain(Happening.RECOVERED, "{}: its incident is closed"),
    "incident.holding": _plain(
        Happening.HELD, "{}: held by an incident with the same candidate"
    ),
    "incident.over": _plain(
        Happening.RECOVERED, "{}: the incident with its candidate is closed"
    ),
    "freeze.placed": _plain(Happening.HELD, "frozen: {}; nothing of it is widened"),
    "freeze.lifted": _plain(Happening.RECOVERED, "the freeze of {} is over"),
    "freeze.broken": _plain(Happening.WARNED, "a freeze was broken: {} may be widened"),
    "freeze.mended": _plain(Happening.RECOVERED, "freezes of {} count again"),
    "audit.gap": _gap,
    "signer.refused": _unsigned_log,
    "signer.resumed": _signed_log,
    "signer.key_rotated": _plain(Happening.WARNED, "another key signs the event log: {}"),
    "review.performed": lambda said: alarm.heard(said.details),
    "log.unsigned": _plain(
        Happening.ALARM,
        "the event log has waited for its {} for three minutes",
        "see whether it runs, and read its log",
    ),
    "log.signed": _plain(Happening.RECOVERED, "the event log is signed again by its {}"),
    "key.missing": _plain(
        Happening.ALARM,
        "a key of {} cannot be had, or is another than before",
        "put it back from its backup: `crossfade keys list` names it. Clients are answered as before",
    ),
    "process.crash_recovered": _plain(
        Happening.WARNED, "a proxy was killed; what it had accepted is accounted for ({})"
    ),
}
