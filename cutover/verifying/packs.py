"""A pack: a bundle with the reports of the same time beside it, and the proof of the event that lists all of them.

The event stands in the tenant's own log, behind all that the bundle has. Its proof says of every file of the folder how
long it is and its SHA-256; it is the last that is written, so a folder without it is not whole. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import Any, NamedTuple

from cutover.verifying.checks import KEYS, Kept, Progress, verify_bundle
from cutover.verifying.findings import GAP, WARNING, Fault, Report
from cutover.verifying.heads import hashes_of
from cutover.verifying.keyring import Keyring
from cutover.verifying.lines import event_of
from cutover.verifying.single import PROOF_MOST, check_proof
from cutover.verifying.strict_json import read_json
from cutover.verifying.tarball import Archive
from mirror.journal.signed.merkle import verify_consistency

PACK_BUNDLE, PACK_PROOF = "bundle.tar", "reports.proof.json"
PACK_EVENT = "report.created"
PACK_REPORTS = tuple(
    [f"{name}.{form}" for name in ("access", "promotion", "egress") for form in ("csv", "json")]
)
PACK_FILES = (PACK_BUNDLE, *PACK_REPORTS)
"""What every pack lists; a later one may list more."""
_PACK_NAME = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,99}")
_PACK_HEX = re.compile(r"[0-9a-f]{64}")
_PACK_PIECE = 1024 * 1024
_PACK_STRAYS = ("verify.py", "Thumbs.db", "desktop.ini")
"""What comes into a folder by itself, or by who verifies it; so do names that begin with a dot."""
_PACK_UNWHOLE = (
    "the pack is not whole: the proof of its reports is the last that is written, and it is not here. Nothing vouches for "
    "the reports; run the same `crossfade report pack` again, it goes on"
)


class _PackTold(NamedTuple):
    """What the event says: each file by its name, with its length and its SHA-256."""

    event: dict[str, Any]
    files: dict[str, tuple[int, str]]


def verify_pack(
    folder: str,
    kept: tuple[Kept, ...] = (),
    pinned: bytes | None = None,
    progress: Progress = lambda done, of: None,
) -> Report:
    """What is wrong with a pack; `kept` and `pinned` are as of `verify_bundle`.

    Raises OSError where a file cannot be read; never for what the files hold.
    """
    there = sorted(os.listdir(folder))
    report, keys = _pack_bundle(folder, kept, pinned, progress)
    if PACK_PROOF not in there:
        report.gap("reports", _PACK_UNWHOLE, PACK_PROOF)
        return report
    try:
        told = _pack_proven(folder, keys, report)
        if told is not None:
            _pack_whole(folder, there, told, report)
    except Fault as fault:
        report.add("reports", fault)
    return report


def _pack_bundle(
    folder: str, kept: tuple[Kept, ...], pinned: bytes | None, progress: Progress
) -> tuple[Report, Keyring | None]:
    """What is wrong with the bundle, and the keys that the proof is held to: the reader's, or those of the bundle."""
    held = None if pinned is None else Keyring.read(pinned, "--keys")
    path = os.path.join(folder, PACK_BUNDLE)
    report = Report()
    if not _pack_is_plain(path):
        fault = Fault("it is not in the pack, or is no plain file", PACK_BUNDLE, kind=GAP)
        report.add("reports", fault)
        return report, held
    with open(path, "rb") as file:
        report = verify_bundle(file, kept, pinned, progress)
        if held is None and "keys" in report.facts:
            text = Archive(file).content(KEYS, PROOF_MOST)
            held = Keyring.read(text, f"{KEYS} of {PACK_BUNDLE}")
    return report, held


def _pack_proven(folder: str, keys: Keyring | None, report: Report) -> _PackTold | None:
    """What the event lists; None where it is not proven, which is reported. Raises Fault."""
    path = os.path.join(folder, PACK_PROOF)
    if not _pack_is_plain(path):
        raise Fault("no plain file", PACK_PROOF)
    with open(path, "rb") as file:
        text = file.read(PROOF_MOST)
    facts = check_proof(text, PACK_PROOF, keys, report)
    if not facts:
        return None
    said = read_json(text)
    try:
        told = _pack_told(event_of(said["event"].encode()))
        if "end_root" in report.facts:  # else what is wrong with the bundle is reported
            _pack_belongs(said, facts, told.event, report)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Fault("not the proof of a pack as crossfade writes it", PACK_PROOF) from None
    _pack_facts(facts, told.event, report)
    return told


def _pack_told(event: dict[str, Any]) -> _PackTold:
    if (event["type"], event["outcome"]) != (PACK_EVENT, "ok"):
        raise Fault(f"of an event {event['type']}, which makes no pack", PACK_PROOF)
    files = {}
    for one in event["details"]["files"]:
        name, many, sha256 = one["name"], one["bytes"], one["sha256"]
        if not _PACK_NAME.fullmatch(name) or not _PACK_HEX.fullmatch(sha256) or name in files:
            raise ValueError("not a file of a pack")
        if type(many) is not int or many < 0:
            raise ValueError("not a length")
        files[name] = many, sha256
    return _PackTold(event, files)


def _pack_belongs(
    said: dict[str, Any], facts: dict[str, Any], event: dict[str, Any], report: Report
) -> None:
    """That bundle and reports are of one log and one time; what is wrong is reported."""
    bundle, seq = report.facts, event["seq"]
    span = event["details"]["from_us"], event["details"]["to_us"]
    size, path = said["extends"]["size"], hashes_of(said["extends"]["path"])
    old, new = bytes.fromhex(bundle["end_root"]), bytes.fromhex(facts["end_root"])
    follows = size == bundle["end_size"] <= facts["end_size"] and verify_consistency(
        size, facts["end_size"], old, new, path
    )
    if facts["origin"] != bundle["origin"]:
        what = f"of the log {facts['origin']}, and the bundle is of {bundle['origin']}"
        report.tampered("reports", what, PACK_PROOF, event=seq)
    elif span != (bundle["from_us"], bundle["to_us"]):
        what = "its reports are of another time than the bundle"
        report.tampered("reports", what, PACK_PROOF, event=seq)
    elif not follows:
        what = (
            f"the log that the bundle ends with, of {bundle['end_size']:,} events, is not shown to be the beginning of the "
            "one that its reports are listed in"
        )
        report.tampered("reports", what, PACK_PROOF, event=seq)


def _pack_whole(folder: str, there: list[str], told: _PackTold, report: Report) -> None:
    """Every file as the event lists it, none missing and none too many; what is wrong is reported."""
    for name in sorted(set(PACK_FILES) - told.files.keys()):
        report.gap("reports", "every pack has it, and this one does not list it", name)
    for name, (many, sha256) in sorted(told.files.items()):
        if name not in there:
            if name != PACK_BUNDLE:  # which is reported already
                report.gap("reports", "the pack lists it, and it is not there", name)
            continue
        try:
            _pack_same(os.path.join(folder, name), name, many, sha256)
        except Fault as fault:
            report.add("reports", fault)
    report.saw("files of the pack", len(told.files))
    for name in there:
        if name not in told.files and name != PACK_PROOF:
            report.add("reports", _pack_stray(name))


def _pack_same(path: str, name: str, many: int, sha256: str) -> None:
    """Raises Fault where a file is another than the one that was listed."""
    if not _pack_is_plain(path):
        raise Fault("no plain file, where the pack lists one", name)
    size = os.path.getsize(path)
    if size != many:
        raise Fault(f"{size:,} bytes, where the pack lists {many:,}: it was changed", name)
    hashed = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_PACK_PIECE):
            hashed.update(piece)
    if hashed.hexdigest() != sha256:
        raise Fault("its SHA-256 is not the one that the pack lists: it was changed", name)


def _pack_stray(name: str) -> Fault:
    if name.startswith(".") or name in _PACK_STRAYS:
        return Fault("no part of the pack, and nothing vouches for it", name, kind=WARNING)
    return Fault("the pack does not list it: it was put there later", name)


def _pack_facts(facts: dict[str, Any], event: dict[str, Any], report: Report) -> None:
    """What a reader wants to know of the reports: which event lists them, when and by whom they were made."""
    known = {one["id"]: one for one in [*report.facts.get("keys", []), *facts["keys"]]}
    report.facts["keys"] = [one for _, one in sorted(known.items())]
    report.facts["reports"] = {
        "event": event["seq"],
        "at_us": event["at_us"],
        "by": event["actor"]["name"],
        "origin": facts["origin"],
        "end_size": facts["end_size"],
        "end_root": facts["end_root"],
    }


def _pack_is_plain(path: str) -> bool:
    """Whether it is a file: no link, no pipe, no folder."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False
