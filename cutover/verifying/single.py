"""One proof in one file, as `crossfade prove` writes it: that an event stands in a log, or that a log grew on.

Standard library only.
"""

from __future__ import annotations

from typing import Any

from cutover.verifying.findings import Fault, Report
from cutover.verifying.heads import hashes_of
from cutover.verifying.keyring import Keyring
from cutover.verifying.lines import event_of
from cutover.verifying.strict_json import NotJson, canonical_json, read_json
from mirror.journal.signed.merkle import leaf_hash, verify_consistency, verify_inclusion
from mirror.journal.signed.note import Checkpoint, Note, NoteInvalid, parse

PROOF_MOST = 16 * 1024 * 1024
_PROOF_KINDS = ("crossfade.inclusion", "crossfade.consistency")


def is_proof(start: bytes) -> bool:
    """Whether a file that begins so may be a proof, and not a bundle."""
    return start.lstrip(b" \t\r\n").startswith(b"{")


def verify_proof(text: bytes, name: str, pinned: bytes | None = None) -> Report:
    """What is wrong with a proof. `pinned` is a `keys.json` from before."""
    report = Report()
    try:
        held = None if pinned is None else Keyring.read(pinned, "--keys")
    except Fault as fault:
        report.add("proof", fault)
    else:
        report.facts = check_proof(text, name, held, report)
    return report


def check_proof(text: bytes, name: str, held: Keyring | None, report: Report) -> dict[str, Any]:
    """What a proof is of, with its `event` where it proves one; what is wrong is reported. `held` are keys from before."""
    facts: dict[str, Any] = {}
    try:
        _proof(text, name, held, facts)
    except Fault as fault:
        report.add("proof", fault)
    except (NotJson, NoteInvalid, KeyError, TypeError, ValueError, AttributeError) as error:
        report.tampered("proof", f"not a proof as crossfade writes it: {error}", name)
    if facts:
        report.saw("proofs", 1)
    return facts


def _proof(text: bytes, name: str, held: Keyring | None, facts: dict[str, Any]) -> None:
    said = read_json(text)
    if said["kind"] not in _PROOF_KINDS:
        raise Fault("a proof of a kind that this verifier does not know", name)
    keys = Keyring.read(canonical_json(said["keys"]), name, held)
    head, note = _checkpoint(said["checkpoint"], keys, name)
    signed_by = _key_name(head)
    path = hashes_of(said["path"])
    more = {}
    if said["kind"] == "crossfade.inclusion":
        event = _included(said, head, path, name)
        keys.in_time(note, signed_by, event["at_us"], name)
        more["event"] = event["seq"]
    else:
        old, _ = _checkpoint(said["old_checkpoint"], keys, name)
        _continued(old, head, path, name)
    facts |= {
        "kind": said["kind"],
        "origin": head.origin,
        "end_size": head.size,
        "end_root": head.root.hex(),
        "keys": keys.told(),
        "keys_pinned": held is not None,
        **more,
    }
    keys.unrevoked(note, signed_by, name)


def _checkpoint(text: Any, keys: Keyring, name: str) -> tuple[Checkpoint, Note]:
    if not isinstance(text, str):
        raise Fault("its checkpoint is no text", name)
    found = Checkpoint.read(parse(text).text)
    return found, keys.open(text.encode(), name, _key_name(found))


def _key_name(head: Checkpoint) -> str:
    return "/".join(head.origin.split("/")[:2])


def _included(said: dict[str, Any], head: Checkpoint, path: Any, name: str) -> dict[str, Any]:
    """The event, whose moment its checkpoint cannot precede."""
    body = said["event"].encode()
    event = event_of(body)
    index, size = said["index"], said["size"]
    if size != head.size or not verify_inclusion(index, size, leaf_hash(body), path, head.root):
        raise Fault("the event is not proven to stand in the log", name, event=event["seq"])
    here = _log_of(head.origin)
    if event["seq"] != index + 1 or event["tenant"] != here[1]:
        raise Fault("the event of another place or another log", name, event=event["seq"])
    return event


def _continued(old: Checkpoint, head: Checkpoint, path: Any, name: str) -> None:
    if old.origin != head.origin:
        raise Fault("its two checkpoints are of two logs", name)
    if not verify_consistency(old.size, head.size, old.root, head.root, path):
        raise Fault(
            f"the log of {old.size:,} events is not the beginning of that of {head.size:,}: "
            "it was written anew",
            name,
        )


def _log_of(origin: str) -> tuple[str, str]:
    """The deployment's key name and the tenant of an origin."""
    first, deployment, tenant = [*origin.split("/", 2), "", ""][:3]
    return f"{first}/{deployment}", tenant
