"""`crossfade ca`: makes the CA with which the policy's hosts are intercepted."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from cutover.cli.options import data_option, fail, open_home, policy_option, read_policy


@click.command()
@policy_option
@data_option
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=730,
    show_default=True,
    help="How long it lasts.",
)
@click.option("--replace", is_flag=True, help="Make another; clients must be told of it anew.")
def ca(policy_path: Path, data: Path, days: int, replace: bool) -> None:
    """Make the CA with which the policy's `listeners.intercept.hosts` are intercepted.

    It can vouch for those hosts alone. Clients that use HTTPS_PROXY need its certificate.
    """
    from mirror.proxy.front import authority

    policy = read_policy(policy_path)
    wanted = policy.listeners.intercept
    if wanted is None:
        fail("the policy intercepts nothing; name the hosts in `listeners.intercept.hosts`")
    certificate, key = open_home(data).interception_ca
    if key.exists() and not replace:
        fail(f"{key}: there is a CA already, which clients may trust; --replace makes another")
    shown, private = authority.make(policy.deployment, wanted.hosts, time.time(), days)
    try:
        _write(key, private, 0o600)
        _write(certificate, shown, 0o644)
    except OSError as error:
        fail(f"{error.filename or data}: {error.strerror}")
    click.echo(f"made {certificate}, for {', '.join(wanted.hosts)}, {days} days")
    click.echo("Clients trust it by one of these, beside HTTPS_PROXY=http://HOST:PORT")
    click.echo(f"  Python, curl   SSL_CERT_FILE={certificate}")
    click.echo(f"  Node.js        NODE_EXTRA_CA_CERTS={certificate}")


def _write(path: Path, content: bytes, mode: int) -> None:
    """A file whole or not at all, and never readable by others in between."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(path)
