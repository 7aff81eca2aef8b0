"""`reindex` and `probe-embed`: what embeddings need before they go live."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.control import answered, rollout_path
from cutover.cli.options import (
    acting_options,
    data_option,
    fail,
    home_with_store,
    operator,
    policy_option,
    read_policy,
)
from mirror.journal.home import Home
from mirror.journal.store import Store, StoreError
from policies.policy import Policy, Rollout
from policies.routes import Route

if TYPE_CHECKING:
    from compare.corpus import Probed


@click.command()
@click.argument("tenant")
@click.option("--index", required=True, metavar="NAME", help="Which index was made anew.")
@acting_options
def reindex(
    tenant: str, index: str, user: str, reason: str, data: Path, url: str | None
) -> None:
    """Record that an index of TENANT was made anew with the candidate's vectors.

    Without it embeddings never go live: an index is asked with vectors of the model that made it.
    """
    path = f"{rollout_path(tenant, 'embed')}/reindexes"
    body = {"index": index, "reason": reason}
    made = answered(data, user, url, lambda control: control.post(path, body))["reindex"]
    assert isinstance(made, dict), "the API tells what it recorded"
    click.echo(
        f"{tenant}/embed: index {made['name']} has the candidate's vectors "
        f"(candidate {str(made['candidate'])[:12]}, attempt {made['attempt']})"
    )


@click.command("probe-embed")
@click.argument("tenant")
@policy_option
@data_option
def probe_embed(tenant: str, policy_path: Path, data: Path) -> None:
    """Embed TENANT's own texts with both models, and compare which they find near to which.

    The texts are those of its newest requests whose payloads are kept. Both models are asked as
    copies are: never a cloud for a tenant that forbids it, and the primary only with its consent to
    be asked again. Exit code 0 for a score, 1 where it says BROKEN, 2 where there is none.
    """
    from compare import corpus
    from mirror.egress import CredentialMissing

    policy, home = read_policy(policy_path, dict(os.environ)), home_with_store(data)
    rollout = policy.rollout_of(tenant, Route.EMBED.value)
    if rollout is None:
        fail(f"{policy_path}: no rollout {tenant}/embed; `rollouts` lists those there are")
    if not policy.tenants[tenant].reask:
        fail(f"{policy_path}: `tenants.{tenant}.reask` allows nobody to ask the primary again")
    try:
        found = asyncio.run(_probed(policy, rollout, home))
    except (corpus.ProbeFault, StoreError, CredentialMissing) as fault:
        fail(str(fault))
    _show(tenant, found)
    raise SystemExit(1 if found.says == "BROKEN" else 0)


async def _probed(policy: Policy, rollout: Rollout, home: Home) -> Probed:
    """What a probe found, recorded. Requests to a cloud are on the egress record, as any are."""
    from compare import corpus
    from mirror.egress import Egress
    from mirror.journal.seal import Sealer
    from mirror.journal.spool import Spool

    sealer, store = Sealer.open(home), Store.open(home.store_url)
    with (
        contextlib.closing(store),
        contextlib.closing(Spool.open(home, sealer, "probe")) as spool,
    ):
        with store.read() as conn:
            texts = corpus.sampled(conn, sealer, rollout.tenant)
        now_us = time.time_ns() // 1000
        async with Egress(policy, record=spool) as egress:
            found = await corpus.probe(policy, rollout, texts, egress, now_us)
        with store.write() as conn:
            corpus.record(conn, rollout, found, operator().body(), now_us)
    return found


def _show(tenant: str, found: Probed) -> None:
    likeness = found.likeness
    click.echo(
        f"{tenant}/embed: {found.score:.2f}, {found.says} "
        f"({found.documents:,} documents, {found.queries:,} queries)"
    )
    click.echo(
        f"overlap@10 {likeness.overlap_10:.2f} (the primary with itself {found.noise:.2f})  "
        f"Jaccard@10 {likeness.jaccard_10:.2f}  top-1 {likeness.top_1:.2f}  RBO {likeness.rbo:.2f}  "
        f"Spearman {likeness.spearman:.2f}  CKA {likeness.cka:.2f}"
    )
    click.echo("below 0.2 is broken; 0.4 to 0.7 is usual of a healthy different model")
