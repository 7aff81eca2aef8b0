"""Which key signs: drawn at first use, exchanged with a statement that old and new both sign, ended, revoked."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from mirror.journal import events
from mirror.journal.signed import heads
from mirror.journal.signed.folder import Folder
from mirror.journal.signed.heads import Key
from mirror.journal.signed.note import Note, NoteInvalid, deployment_name, parse
from mirror.journal.signed.signing import SignerError, SigningKey, draw, is_signed, load
from mirror.journal.store import Store

SIGNER = {"kind": "service", "name": "signer"}


@dataclass(frozen=True, slots=True)
class Order:
    """What a person decided: who, why and when (UTC microseconds)."""

    actor: Mapping[str, str]
    reason: str
    at_us: int


def opened(folder: Folder, store: Store, deployment: str, now_us: int) -> SigningKey:
    """The key that signs here, drawn where this deployment never had one.

    Raises:
        SignerError: the deployment's key is not in this folder.
        StoreError: the store failed.
    """
    name = deployment_name(deployment)
    with store.read() as conn:
        current = _current(conn)
    if current is None and not folder.key.exists():
        draw(folder.key)
    key = _finished(folder, SigningKey.of(name, load(folder.key)), current)
    if current is None:
        with store.write() as conn:
            if heads.add_key(conn, Key(key.id.hex(), name, key.public.hex(), now_us)):
                _report(conn, "signer.key_drawn", key.id.hex(), Order(SIGNER, "", now_us), {})
            current = _current(conn)
    if current is None or current.key_id != key.id.hex():
        raise SignerError(
            f"{folder.key}: the store names another key ({current.key_id if current else 'none'}) as the one "
            "that signs; another machine signs, or one of the two was put back from a copy: restore the folder "
            "of that key, or run `crossfade signer rotate --lost`"
        )
    return key


def rotated(
    folder: Folder, store: Store, old: SigningKey | None, deployment: str, order: Order
) -> SigningKey:
    """Exchanges the key. Without the old one (`old` None) the statement is signed by the new one alone.

    The store is told first; whoever is killed then finishes at the next start.

    Raises:
        StoreError: the store failed; the old key goes on.
    """
    name = deployment_name(deployment)
    if not folder.next_key.exists():
        draw(folder.next_key)
    new = SigningKey.of(name, load(folder.next_key))
    with store.write() as conn:
        current = _current(conn)
        text = _statement(name, current, new)
        signers = [one for one in (old, new) if one is not None]
        note = str(Note(text, tuple(one.signature(text) for one in signers)))
        if heads.add_key(
            conn, Key(new.id.hex(), name, new.public.hex(), order.at_us, statement=note)
        ):
            details: dict[str, events.Value] = {
                "old": current.key_id if current else "",
                "new": new.id.hex(),
                "lost": old is None,
            }
            _report(conn, "signer.key_rotated", new.id.hex(), order, details)
        if current is not None and current.key_id != new.id.hex():
            heads.end_key(conn, current.key_id, order.at_us)
    folder.next_key.replace(folder.key)
    return new


def revoked(conn: Connection, key_id: str, order: Order) -> None:
    """Says of a key that signs no more that what it signed after now is not to be believed.

    Raises:
        SignerError: there is no such key, or it is the one that signs.
    """
    known = {key.key_id: key for key in heads.keys(conn)}
    if key_id not in known:
        raise SignerError(f"no key {key_id}; `crossfade signer keys` lists them")
    if not known[key_id].until_us:
        raise SignerError(f"key {key_id} signs now; run `crossfade signer rotate` first")
    if not known[key_id].revoked_us:
        heads.end_key(conn, key_id, known[key_id].until_us, revoked_us=order.at_us)
        _report(conn, "signer.key_revoked", key_id, order, {})


def signed_by_us(conn: Connection, text: str) -> Note | None:
    """A note that one of the deployment's keys signed; None where none did."""
    try:
        note = parse(text)
    except NoteInvalid:
        return None
    known = [key for key in heads.keys(conn) if not key.revoked_us]
    good = any(is_signed(note, key.name, bytes.fromhex(key.public)) for key in known)
    return note if good else None


def _current(conn: Connection) -> Key | None:
    return next((key for key in heads.keys(conn) if not key.until_us), None)


def _finished(folder: Folder, key: SigningKey, current: Key | None) -> SigningKey:
    """Ends an exchange of keys that was told to the store and not to the folder."""
    if current is None or current.key_id == key.id.hex() or not folder.next_key.exists():
        return key
    new = SigningKey.of(key.name, load(folder.next_key))
    if new.id.hex() != current.key_id:
        return key
    folder.next_key.replace(folder.key)
    return new


def _statement(name: str, old: Key | None, new: SigningKey) -> str:
    """What old and new key sign: one line each with its id and its public part in base64."""
    lines = [f"{name}/rotation"]
    if old is not None:
        lines.append(f"{old.key_id} {_base64(bytes.fromhex(old.public))}")
    lines.append(f"{new.id.hex()} {_base64(new.public)}")
    return "".join(f"{line}\n" for line in lines)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _report(
    conn: Connection, type: str, key_id: str, order: Order, details: Mapping[str, events.Value]
) -> None:
    events.append(
        conn,
        tenant="",
        type=type,
        actor=order.actor,
        object={"kind": "signing_key", "id": key_id},
        at_us=order.at_us,
        reason=order.reason,
        details=details,
    )
