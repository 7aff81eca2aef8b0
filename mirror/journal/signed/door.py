"""The door for exports: the signer signs a manifest, where it ends with a checkpoint that it signed itself.

And where its log says that exactly this was asked for, by whom, what for and who agreed (`requests`). Who needs a log
signed up to an event now, and not within a minute, asks for its checkpoint by the same door.

Who wants one signed puts it into `asked/SHA256.json` of the signer's folder, whole at once (by renaming), and
finds `signed/SHA256.note`, or `signed/SHA256.refused` with the reason in words.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from mirror.journal.signed import digests, heads, requests
from mirror.journal.signed.folder import LARGEST_ASKED, Folder, Signed, State
from mirror.journal.signed.merkle import consistency_path, verify_consistency
from mirror.journal.signed.note import manifest_text, origin_of
from mirror.journal.signed.signing import SigningKey
from mirror.journal.store import Store, StoreError

KIND = "crossfade.export"
COVERING = "crossfade.checkpoint"
"""What asks for a checkpoint: `{"kind", "tenant", "seq"}`, of a log, up to an event of it at least."""
SAYS = frozenset(
    ("v", "kind", "origin", "deployment", "tenant", "from_us", "to_us", "profile", "first_seq", "last_seq", "end_size",
     "end_root", "as_of_us", "first_digest_us", "requested_by", "approved_by", "purpose", "export_id", "build",
     "redaction", "notes", "files")
)  # fmt: skip
"""What a manifest says, and nothing else: whatever stands there looks as if the deployment vouched for it."""
_NUMBERS = ("from_us", "to_us", "first_seq", "last_seq")
_log = logging.getLogger(__name__)


class Unsigned(Exception):
    """A manifest that is not signed; the message says why."""


class Unready(Exception):
    """A manifest that cannot be signed before its log is signed further; `tenant` names the log."""

    def __init__(self, tenant: str) -> None:
        super().__init__(tenant)
        self.tenant = tenant


def answer(folder: Folder, store: Store, key: SigningKey, state: State) -> set[str]:
    """Answers all that was asked, but what has to wait for its log to be signed: the names of these logs.

    Raises StoreError; what is unanswered then stays asked.
    """
    unready = set[str]()
    for name, content in list(folder.asked()):
        answers = _answers(name)
        try:
            note = _note(store, key, state, name, content)
        except Unready as error:
            unready.add(error.tenant)
            continue
        except Unsigned as error:
            folder.answer(answers, "refused", f"{error}\n")
        except StoreError:
            raise
        except (
            Exception
        ) as error:  # whatever it was: who asked is told, and others are not kept waiting
            _log.exception("a manifest could not be looked at")
            why = f"it could not be looked at ({type(error).__name__}); the signer's own log says more"
            folder.answer(answers, "refused", f"{why}\n")
        else:
            folder.answer(answers, "note", note)
        folder.done("asked", name)
    return unready


def _answers(name: str) -> str:
    """What an answer is called: as what was asked, where that is a name of ours and no file's name grows too long."""
    return name if len(name) <= 64 else hashlib.sha256(name.encode()).hexdigest()


def _note(store: Store, key: SigningKey, state: State, name: str, content: bytes) -> str:
    """The note that answers what was asked."""
    said = _said(name, content)
    if said["kind"] == COVERING:
        return _covering(store, state, said)
    return key.sign(_checked(store, state, name, said))


def _said(name: str, content: bytes) -> dict[str, Any]:
    """What was asked, which says of which kind it is."""
    if len(content) > LARGEST_ASKED:
        raise Unsigned(
            f"the manifest is longer than {LARGEST_ASKED:,} bytes; ask for a shorter range"
        )
    if hashlib.sha256(content).hexdigest() != name:
        raise Unsigned("the request is not named by the SHA-256 of what it has")
    try:
        said = json.loads(content)
        if said["kind"] not in (KIND, COVERING):
            raise Unsigned(f"no manifest of an export: its kind is not {KIND}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unsigned(f"no manifest of an export ({type(error).__name__}: {error})") from error
    return dict(said)


def _covering(store: Store, state: State, said: Mapping[str, Any]) -> str:
    """The newest checkpoint of a log, where it covers an event and the store has it too.

    An event that is not on record is not waited for.
    """
    tenant, seq = said.get("tenant"), said.get("seq")
    if not isinstance(tenant, str) or type(seq) is not int or not 0 < seq < 2**53:
        raise Unsigned("no event to cover: a tenant and a number are due")
    known = state.logs.get(tenant, Signed())
    with store.read() as conn:
        head, there = heads.newest(conn, tenant), requests.on_record(conn, tenant, seq)
    if head is not None and min(head.size, known.size) >= seq:
        return known.note
    if known.refused:
        raise Unsigned(
            f"the log is signed no further ({known.refused}); see `crossfade signer`"
        )
    if not there:
        raise Unsigned(f"the log of {tenant or 'this deployment'} has no event {seq:,}")
    raise Unready(tenant)


def _checked(store: Store, state: State, name: str, said: Mapping[str, Any]) -> str:
    """The text to be signed for a manifest."""
    try:
        if more := sorted(said.keys() - SAYS):
            raise Unsigned(f"no manifest of an export: none says {', '.join(more)}")
        origin, tenant = str(said["origin"]), str(said["tenant"])
        size, root = said["end_size"], bytes.fromhex(said["end_root"])
        first_us, as_of_us = said["first_digest_us"], said["as_of_us"]
        numbers = [size, first_us, as_of_us, *[said[name] for name in _NUMBERS]]
        if not all(type(one) is int and 0 <= one < 2**53 for one in numbers):
            raise TypeError("not a whole number")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unsigned(f"no manifest of an export ({type(error).__name__}: {error})") from error
    if origin != origin_of(state.deployment, tenant):
        raise Unsigned(f"{origin} is not the log of {tenant or 'this deployment'} here")
    with store.read() as conn:
        _was_signed(conn, state, tenant, (size, root), as_of_us)
        _begins(conn, tenant, first_us, as_of_us)
        _was_asked_for(conn, state, said)
    return manifest_text(origin, name)


def _was_signed(
    conn: Connection, state: State, tenant: str, end: tuple[int, bytes], as_of_us: int
) -> None:
    """Whether a log's size and root are of a checkpoint of that moment, and lead to what this signer remembers of it."""
    size, root = end
    known, head = state.logs.get(tenant), heads.at_size(conn, tenant, size)
    if known is None or head is None or bytes.fromhex(head.root) != root or size > known.size:
        raise Unsigned(f"no checkpoint of {size} events with that root was signed here")
    if head.at_us != as_of_us:
        raise Unsigned(f"the checkpoint of {size} events is of another moment than {as_of_us}")
    try:
        path = consistency_path(size, known.size, heads.subtrees(conn, tenant))
    except LookupError as error:
        raise Unsigned("events are missing from the log; run `crossfade fsck`") from error
    if not verify_consistency(size, known.size, root, known.range().root(), path):
        raise Unsigned("the log is not what was signed any more; run `crossfade fsck`")


def _was_asked_for(conn: Connection, state: State, manifest: Mapping[str, Any]) -> None:
    """Whether the log says what the manifest does: by whom it was asked for, what for, and who agreed.

    A log that is refused is signed no further, and what was signed of it can be exported still: a request
    behind that is believed as it stands in the store.
    """
    tenant = str(manifest["tenant"])
    known = state.logs[tenant]
    why = (
        f"no {requests.REQUESTED} of this log says the same of who asked for it, what for, who agreed and what a "
        "reader must know"
    )
    for seq, body in requests.requests_of(conn, manifest):
        if seq > known.size and not known.refused:
            raise Unready(tenant)
        if seq <= known.size and not _stands(conn, tenant, (seq, body), known):
            raise Unsigned(f"event {seq:,} is not what was signed; run `crossfade fsck`")
        why = requests.cut(conn, manifest, seq)
        if not why:
            return
    raise Unsigned(why)


def _stands(conn: Connection, tenant: str, found: tuple[int, str], known: Signed) -> bool:
    try:
        return requests.stands(conn, tenant, *found, known)
    except LookupError as error:
        raise Unsigned("events are missing from the log; run `crossfade fsck`") from error


def _begins(conn: Connection, tenant: str, told_us: int, as_of_us: int) -> None:
    """Whether a manifest names the first hour that has a digest; 0 where there was none yet when its log ended."""
    first = next(iter(digests.kept(conn, tenant, limit=1)), None)
    hour_us = first.period_us if first else 0
    none_yet = not first or first.period_us + digests.HOUR_US > as_of_us
    if told_us != hour_us and not (told_us == 0 and none_yet):
        raise Unsigned(f"the first digest of the log is of another hour than {told_us}")


def ask(folder: Folder, manifest: Mapping[str, object] | bytes) -> str:
    """Asks for a manifest to be signed; the name under which the answer will be found."""
    content = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    name = hashlib.sha256(content).hexdigest()
    draft = folder.path / "asked" / f".{name}"
    draft.write_bytes(content)
    draft.replace(folder.path / "asked" / f"{name}.json")
    return name
