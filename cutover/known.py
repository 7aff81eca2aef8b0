"""All that the controller knows of one rollout at this moment, for people to be told."""

from __future__ import annotations

from cutover import dry_run, views
from cutover.cabinet import Cabinet, File
from cutover.circumstances import at_rest, planned, rejected, void
from cutover.views import Known, RolloutView
from mirror.journal.exchanges import Ledger


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
    )
