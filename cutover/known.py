"""All that the controller knows of one rollout at this moment, for people to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from cutover import dry_run, standstill, views
from cutover.cabinet import Cabinet, File
from cutover.circumstances import at_rest, planned, rejected, void
from cutover.evidence.dossier import COMPARING, rules_of
from cutover.evidence.gates import Gate
from cutover.views import Known, RolloutView
from cutover.zone import moment, zone_of
from mirror.journal.exchanges import Ledger

RE_ASKED = (Gate.EQUIVALENCE, Gate.SEVERE)
"""The gates that rest on the primary being asked again."""


def view(cabinet: Cabinet, file: File, ledger: Ledger | None, fault: str) -> RolloutView:
    """A rollout as people are told. `fault` names ours, "" where there is none."""
    assert file.declared is not None, "the cabinet gives files of the policy only"
    return views.view(cabinet.policy, file.declared, known(cabinet, file, ledger, fault))


def known(cabinet: Cabinet, file: File, ledger: Ledger | None, fault: str) -> Known:
    """What a rollout's view is made of."""
    return Known(
        file.rollout,
        file.told,
        file.proposal,
        {name: getattr(ledger, name) for name in views.COUNTS} if ledger else {},
        fault=fault,
        changed=void(cabinet, file),
        frozen=at_rest(cabinet, file),
        plan=planned(cabinet, file),
        stays=file.stays,
        rejected=rejected(cabinet, file),
        rejection=cabinet.rejections.get(file.rollout.key),
        dry_run=dry_run.sentences(cabinet, file),
        reasks=asked_enough(cabinet, file),
        rest=rest(cabinet, file),
        rolled_back=file.rolled_back,
    )


def rest(cabinet: Cabinet, file: File) -> str:
    """When what was rolled back may be mirrored again, as of now, and by whom; "" for what was not."""
    return standstill.rest(
        file.rollout,
        cabinet.terms(file),
        for_harm=file.for_harm,
        now_us=cabinet.now_us(),
        moment=partial(moment, zone=zone_of(cabinet.policy)),
    )


def asked_enough(cabinet: Cabinet, file: File) -> str:
    """That what rests on the primary being asked again goes on tomorrow; "" where it does not wait for that."""
    if file.declared is None or file.rollout.stage not in COMPARING:
        return ""
    rules = rules_of(cabinet.policy, file.declared)
    spent = file.reasks.spent(rules, cabinet.now_us())
    gates: Sequence[Mapping[str, Any]] = file.told.evidence
    wanting = [
        str(gate["gate"])
        for gate in gates
        if gate["gate"] in RE_ASKED and gate["asked"] and gate["for"] < gate["needed"]
    ]
    if not spent or not wanting:
        return ""
    goes = "goes" if len(wanting) == 1 else "go"
    return (
        f"today's {spent:,} re-asks of the primary are used up (`sampling.reask_max_per_day`): "
        f"{' and '.join(wanting)} {goes} on at 00:00 UTC"
    )
