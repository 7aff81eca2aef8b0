"""The manifest of a bundle, and every file against it: its bytes, its SHA-256, and none too many.

Standard library only.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

from cutover.verifying.cells import FORM, FORMS
from cutover.verifying.findings import Fault, Report
from cutover.verifying.keyring import Keyring
from cutover.verifying.strict_json import NotJson, read_canonical
from cutover.verifying.tarball import TABLE_NAMES, Archive
from mirror.journal.signed.note import (
    Note,
    NoteInvalid,
    deployment_name,
    manifest_text,
    origin_of,
    read_manifest,
)

MANIFEST, MANIFEST_SIG = "manifest.json", "manifest.sig"
_MANIFEST_MOST = 128 * 1024 * 1024
_HEX64 = re.compile(r"[0-9a-f]{64}")
_WHOLE = (
    "from_us",
    "to_us",
    "first_seq",
    "last_seq",
    "end_size",
    "as_of_us",
    "first_digest_us",
)
_PAYLOADS = "payloads.jsonl"
_PAPERS = (
    *("README.txt", "verify.py", "keys.json", "custody.json", "s90A-certificate.txt"),
    *("auditevent.ndjson", "summary.html", "summary.pdf"),
    *[f"{name}.parquet" for name in TABLE_NAMES],
)
_TEXTS = ("origin", "deployment", "tenant", "profile", "end_root", "export_id")


class Listed(NamedTuple):
    """What the manifest says of one file. `rows` is None for a file that has none."""

    bytes: int
    sha256: str
    rows: int | None


class Manifest(NamedTuple):
    """What a bundle claims to be. Numbers of events count from 1; an empty range ends before it begins."""

    body: dict[str, Any]
    origin: str
    name: str
    first_seq: int
    last_seq: int
    end_size: int
    end_root: bytes
    files: dict[str, Listed]


def check_belongs(manifest: Manifest, report: Report) -> None:
    """That the bundle has what every one of its profile has: whoever signs it anew leaves nothing out unseen.

    What the checks of the events need is asked for by them.
    """
    due = set(_PAPERS) | ({_PAYLOADS} if manifest.body["profile"] == "full" else set())
    for name in sorted(due - manifest.files.keys()):
        report.gap("files", "every bundle of this profile has it, and this one has not", name)
    if _PAYLOADS in manifest.files.keys() - due:
        report.tampered("files", "payloads, where the profile has none", _PAYLOADS)


def read_manifest_of(archive: Archive) -> Manifest:
    """The manifest, of the right shape. Raises Fault."""
    try:
        body = read_canonical(archive.content(MANIFEST, _MANIFEST_MOST))
    except NotJson as error:
        raise Fault(str(error), MANIFEST) from None
    try:
        return _manifest_of(body)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Fault(
            "not the manifest of an export that this verifier knows", MANIFEST
        ) from None


def check_signature(archive: Archive, manifest: Manifest, keys: Keyring) -> Note:
    """That the deployment's key signed exactly this manifest, and was good at its end; the note. Raises Fault."""
    signed = keys.open(archive.content(MANIFEST_SIG, 64 * 1024), MANIFEST_SIG, manifest.name)
    sha256 = hashlib.sha256(archive.content(MANIFEST, _MANIFEST_MOST)).hexdigest()
    try:
        told = read_manifest(signed.text)
    except NoteInvalid as error:
        raise Fault(f"it signs something else: {error}", MANIFEST_SIG) from None
    if told != (manifest.origin, sha256) or signed.text != manifest_text(*told):
        raise Fault("the signature is of another manifest than this", MANIFEST)
    keys.in_time(signed, manifest.name, manifest.body["as_of_us"], MANIFEST_SIG)
    keys.signed_behind(signed, manifest.name, MANIFEST_SIG)
    return signed


def check_files(archive: Archive, manifest: Manifest, report: Report) -> None:
    """Every file's length and SHA-256, that none is missing, and that there is none too many."""
    there = {name for name in archive.members if name not in (MANIFEST, MANIFEST_SIG)}
    for name in sorted(there - manifest.files.keys()):
        report.tampered("files", "the manifest does not list it", name)
    for name, listed in sorted(manifest.files.items()):
        if name not in there:
            report.gap("files", "the manifest lists it, and it is not in the bundle", name)
            continue
        if archive.size(name) != listed.bytes:
            said = f"{archive.size(name):,} bytes, the manifest says {listed.bytes:,}"
            report.tampered("files", said, name)
            continue
        hashed = hashlib.sha256()
        for piece in archive.chunks(name):
            hashed.update(piece)
        if hashed.hexdigest() != listed.sha256:
            report.tampered("files", "its SHA-256 is not that of the manifest", name)
    report.saw("files", len(manifest.files))


def _manifest_of(body: Any) -> Manifest:
    if type(body["v"]) is not int or body["kind"] != "crossfade.export":
        raise ValueError
    if body["v"] > FORM:
        raise Fault(f"of form {body['v']}, and this verifier knows none after {FORM}; take a newer one", MANIFEST)  # fmt: skip
    if body["v"] not in FORMS:
        raise ValueError
    whole = [body[name] for name in _WHOLE]
    texts = [body[name] for name in _TEXTS]
    if not all(type(one) is int and one >= 0 for one in whole):
        raise ValueError
    if not all(isinstance(one, str) for one in texts):
        raise ValueError
    first, last, end = whole[2:5]
    if first < 1 or last < first - 1 or end < last:
        raise ValueError
    origin = origin_of(body["deployment"], body["tenant"])
    if origin != body["origin"] or not _HEX64.fullmatch(body["end_root"]):
        raise ValueError
    files = _listed(body["files"])
    root = bytes.fromhex(body["end_root"])
    name = deployment_name(body["deployment"])
    return Manifest(body, origin, name, first, last, end, root, files)


def _listed(said: list[dict[str, Any]]) -> dict[str, Listed]:
    paths = [one["path"] for one in said]
    if paths != sorted(set(paths)) or not all(isinstance(path, str) for path in paths):
        raise ValueError
    files = {}
    for one in said:
        counts = [one["bytes"], one.get("rows", 0)]
        if not all(type(many) is int and many >= 0 for many in counts):
            raise ValueError
        if not _HEX64.fullmatch(one["sha256"]):
            raise ValueError
        files[one["path"]] = Listed(one["bytes"], one["sha256"], one.get("rows"))
    return files
