"""`reindex`: a person says that an index waits for the candidate's vectors."""

from __future__ import annotations

from pathlib import Path

import click

from cutover.cli.control import answered, rollout_path
from cutover.cli.options import acting_options


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
