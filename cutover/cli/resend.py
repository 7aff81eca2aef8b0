"""`crossfade resend`: stored requests of a tenant that agreed, sent to the candidate again by night."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.act import Target
from cutover.cli.options import data_option, fail, home_with_store, policy_option, read_policy

if TYPE_CHECKING:
    from compare.score import Scorer
    from cutover.resend.resending import Report
    from mirror.journal.home import Home
    from mirror.journal.store import Store
    from policies.policy import Policy, Rollout

REST = asyncio.sleep
"""How it waits between two requests."""


@click.command()
@click.argument("target", type=Target(), metavar="TENANT/ROUTE")
@policy_option
@data_option
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def resend(target: tuple[str, str], policy_path: Path, data: Path, as_json: bool) -> None:
    """Send stored requests of TENANT/ROUTE to its candidate again, until the night or its budget is over.

    Only in the hours of `terms.low_traffic.resend`, with the tenant's consent, and only to a candidate on
    the premises. What comes of it is evidence for agreement and flags, labelled `replayed`. It may be run
    every hour: what was sent is not sent twice in a mirror. Exit code 0 also where nothing may be sent now.
    """
    from compare.encoders import WeightsError
    from compare.encoders.remote import EncoderAway
    from cutover.acceptance.run import NotAlone, narrowed
    from cutover.resend.resending import NotAllowed, allowed_by
    from mirror.egress import CredentialMissing
    from mirror.journal.store import StoreError

    policy = read_policy(policy_path)  # no key of the primary is asked for
    declared = policy.rollout_of(*target)
    if declared is None:
        fail(f"no rollout {'/'.join(target)} in the policy")
    home = home_with_store(data)
    try:
        allowed_by(policy, declared)
        narrowed(policy, declared.tenant)
        _tell_pace(policy, declared)
        report = asyncio.run(_resent(policy, declared, home))
    except (NotAllowed, NotAlone, CredentialMissing, StoreError, WeightsError) as fault:
        fail(str(fault))
    except EncoderAway as fault:
        fail(f"an encoder is away, and nothing can be compared: {fault}", 1)
    _tell(target, report, as_json)


async def _resent(policy: Policy, declared: Rollout, home: Home) -> Report:
    from cutover.resend.alone import ANOTHER, alone
    from cutover.resend.resending import Report
    from mirror.journal.store import Store

    key = (declared.tenant, declared.route.value)
    with closing(Store.open(home.store_url)) as store, alone(store, home.path, key) as ours:
        return await _sent(policy, declared, home, store) if ours else Report(0, ANOTHER)


async def _sent(policy: Policy, declared: Rollout, home: Home, store: Store) -> Report:
    from cutover.acceptance.run import narrowed
    from cutover.resend.resending import Resending
    from mirror.egress import Egress
    from mirror.journal.seal import Sealer

    # The guarded client knows of the candidate alone: nothing can reach the primary, or a cloud.
    async with Egress(narrowed(policy, declared.tenant)) as egress:
        resending = Resending(
            policy,
            declared,
            store,
            Sealer.open(home),
            egress,
            _scorer(policy, store),
            now_us=lambda: time.time_ns() // 1000,
            rest=REST,
        )
        return await resending.run()


def _scorer(policy: Policy, store: Store) -> Scorer:
    """The same as a worker's, or its numbers would be of another yardstick."""
    from compare import calibrations, encoders, opinions
    from compare.score import Scorer

    with store.read() as conn:
        found = calibrations.in_force(conn)
    return Scorer(
        encoders.load(policy.encoders, policy),
        calibrations=found,
        opinions=opinions.load(policy),
    )


def _tell_pace(policy: Policy, declared: Rollout) -> None:
    """What will be seen of it for hours: where it goes well, nothing."""
    terms = policy.terms_of(declared).low_traffic.resend
    assert terms is not None, "it is allowed"
    pace = (
        f"one request in {3600 / terms.per_hour:,.0f} s, until its hours or its budget are over"
    )
    click.echo(
        f"{declared.tenant}/{declared.route}: {pace}; ctrl-C ends it at any time", err=True
    )


def _tell(target: tuple[str, str], report: Report, as_json: bool) -> None:
    name = "/".join(target)
    if as_json:
        told = {"rollout": name, "sent": report.sent, "why": report.why}
        click.echo(json.dumps(told))
    else:
        click.echo(f"{name}: {report.sent:,} stored requests were sent again; {report.why}")
