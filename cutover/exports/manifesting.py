"""The manifest and the keys of a bundle, from the files that were made."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cutover.exports.archive import Work
from cutover.exports.planned import Plan, manifest
from cutover.exports.source import Source
from cutover.verifying.contents import MANIFEST, MANIFEST_SIG
from mirror.journal.signed.note import parse

ROWS = "rows.json"
"""How many rows each file has: kept beside what was made, and said in the manifest."""


def written(work: Work, plan: Plan) -> bytes:
    """The manifest over all files that are there. Raises OSError."""
    counts = rows_of(work)
    files = []
    for name in sorted(name for name in work.files() if name not in (MANIFEST, MANIFEST_SIG)):
        listed = work.listed(name)
        if name in counts:
            listed["rows"] = counts[name]
        files.append(listed)
    return manifest(plan, files)


def count(work: Work, rows: Mapping[str, int]) -> None:
    """Keeps how many rows files have, all at once. Raises OSError."""
    work.write(ROWS, json.dumps({**rows_of(work), **rows}, sort_keys=True))


def rows_of(work: Work) -> dict[str, int]:
    """How many rows each file has, by its name. Raises OSError."""
    return dict(json.loads(work.read(ROWS))) if work.has(ROWS) else {}


def lists(keys: str, note: str) -> bool:
    """Whether a list of keys, as `keys` makes it, has one that signed a note. Raises NoteInvalid."""
    known = {one["id"] for one in json.loads(keys)}
    return any(one.key_id.hex() in known for one in parse(note).signatures)


def keys(source: Source) -> str:
    """The public keys, as JSON."""
    found = [
        {
            "id": one.id,
            "name": one.name,
            "public": base64.b64encode(bytes.fromhex(one.public)).decode(),
            "since_us": one.since_us,
            "until_us": one.until_us,
            "revoked_us": one.revoked_us,
            "statement": one.statement,
        }
        for one in source.public_keys()
    ]
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=True) + "\n"
