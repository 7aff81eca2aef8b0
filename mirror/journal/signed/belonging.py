"""What no single log can show: that a log is gone, or is not the one whose head was kept elsewhere in the deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select

from mirror.journal.chain import Broken
from mirror.journal.signed import heads, proofs
from mirror.journal.signed.ends import Ends
from mirror.journal.signed.folder import Folder, State
from mirror.journal.signed.signing import SignerError, SigningKey
from mirror.journal.store import Store
from mirror.journal.tables import event

_SIGNED = "checkpoint.signed"


def begun(folder: Folder, store: Store) -> State:
    """The state of a folder, which is of this store's deployment from now on.

    Raises:
        SignerError: it is of another one.
        StoreError: the store failed.
    """
    state = folder.state()
    with store.write() as conn:
        deployment = heads.identify(conn, state.deployment)
    if state.deployment not in ("", deployment):
        raise SignerError(
            f"{folder.path}: this signer is of deployment {state.deployment}, the store is of {deployment}; "
            "name the data folder that belongs to it"
        )
    if not state.deployment:
        state.deployment = deployment
        folder.save(state)
    return state


def missing(conn: Connection, counts: Mapping[str, int]) -> Iterator[Broken]:
    """Logs that were signed, or have a head in the deployment's own log, and are gone or shorter or others.

    `counts` is how many whole events each log has, where it has any; the deployment's own was counted first,
    so that a log that goes on meanwhile is not held to a head that is younger than its count.
    """
    told = set()
    for tenant in heads.gone(conn):
        told.add(tenant)
        yield Broken(
            tenant, 1, "missing, with its whole log: checkpoints of it were signed", gap=True
        )
    for tenant, (size, root) in _newest(conn, counts.get("", 0)).items():
        if tenant not in told and (
            broken := _held(conn, tenant, counts, (size, root, "the deployment's own log has"))
        ):
            yield broken


def remembered(conn: Connection, state: State, counts: Mapping[str, int]) -> Iterator[Broken]:
    """Logs that are not those of which the signer's own folder remembers what it signed."""
    for tenant, signed in sorted(state.logs.items()):
        if not signed.size:
            continue
        head = (signed.size, signed.range().root().hex(), "the signer remembers")
        if broken := _held(conn, tenant, counts, head):
            yield broken


def keys_told(conn: Connection) -> Iterator[Broken]:
    """Where the store's list of keys says otherwise than the events of the deployment's log."""
    yield from Ends.read(conn).unlike()


def key_told(conn: Connection, key: SigningKey | None, state: State) -> Iterator[Broken]:
    """Whether the key in the signer's folder is the one that the store names, and the folder this deployment's."""
    current = [one for one in heads.keys(conn) if not one.until_us]
    if key is not None and [one.public for one in current] != [key.public.hex()]:
        yield Broken("", 1, "the key that signs is not the one in the signer's folder")
    if state.deployment and state.deployment != heads.deployment(conn):
        yield Broken("", 1, "the signer's folder is of another deployment than the store")


def _held(
    conn: Connection, tenant: str, counts: Mapping[str, int], head: tuple[int, str, str]
) -> Broken | None:
    """What is wrong with a log of which somebody says that so many events have that root."""
    size, root, who = head
    there = counts.get(tenant, 0)
    if there < size:
        what = f"missing: {who} a head of {size:,} events, and {there:,} are whole"
        return Broken(tenant, there + 1, what, gap=True)
    try:
        found = proofs.root_at(conn, tenant, size).hex()
    except proofs.ProofBroken:
        return Broken(
            tenant, size, f"{who} a head of {size:,} events that cannot be computed again"
        )
    if found != root:
        return Broken(
            tenant, size, f"{who} another root of the first {size:,} events than they have"
        )
    return None


def _newest(conn: Connection, up_to: int) -> dict[str, tuple[int, str]]:
    """The newest head of each tenant among so many events of the deployment's own log."""
    query = (
        select(event.c.body)
        .where(event.c.tenant == "", event.c.type == _SIGNED, event.c.seq <= up_to)
        .order_by(event.c.seq)
    )
    found: dict[str, tuple[int, str]] = {}
    for body in conn.execute(query, execution_options={"yield_per": 1000}).scalars():
        try:
            said = json.loads(body)
            tenant, of = str(said["object"]["id"]), said["details"]
            found[tenant] = int(of["size"]), str(of["root"])
        except (ValueError, KeyError, TypeError):
            continue  # the chain's own check says so
    return found
