"""Files of payloads that go: named on disk before the commit that erases their rows, deleted after it.

Who is killed before the commit leaves files that rows still point to: they stay, and only the words about them go. Who is
killed after it leaves words, and `settle` deletes what no row points to any more.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from cutover.retention import holds
from cutover.tenure import Storage
from mirror.exchange import Leg
from mirror.journal import tables
from mirror.journal.committed import REQUEST
from mirror.journal.home import sync_folder
from mirror.journal.seal import Sealer
from mirror.journal.signed.folder import write_whole

FOLDER = "going"
_POINTS = 33  # bytes of a column that name its file
_log = logging.getLogger("crossfade.retention")


@dataclass(frozen=True, slots=True)
class Going:
    """Files that a transaction takes leave of, and where that is written down; both empty where there are none."""

    files: tuple[Path, ...] = ()
    words: Path | None = None

    def delete(self) -> None:
        """Deletes them, once the transaction is committed. May be repeated. Raises OSError: `settle` goes on."""
        for file in self.files:
            file.unlink(missing_ok=True)
        for folder in {file.parent for file in self.files}:
            if folder.exists():
                sync_folder(folder)
        if self.words is not None:
            self.words.unlink(missing_ok=True)


def announced(conn: Connection, sealer: Sealer, ids: Sequence[str]) -> Going:
    """What goes with these exchanges, on disk when it returns. The caller holds `holds.in_turn`. Raises OSError."""
    columns = [one for one in _columns(conn, ids) if sealer.file_of(one) is not None]
    _clear_strays(sealer, ids, columns)
    if not columns:
        return Going()
    folder = _folder(sealer)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)
    words = folder / f"{secrets.token_hex(8)}.json"
    said = {"v": 1, "exchanges": list(ids), "columns": [one[:_POINTS].hex() for one in columns]}
    write_whole(words, json.dumps(said).encode())
    return Going(_files(sealer, columns), words)


def settle(store: Storage, sealer: Sealer) -> int:
    """Ends what others began and were killed at; how many files went. Asks the store nothing where there is nothing.

    Raises:
        StoreError, OSError: what is not ended then is tried again.
    """
    folder, count = _folder(sealer), 0
    if not any(folder.glob("*")):
        return 0
    with store.write() as conn:
        holds.in_turn(conn)  # nobody is between their words and their commit now
        for words in sorted(folder.glob("[!.]*.json")):
            count += _settled(conn, sealer, words)
        for half in folder.glob(".*"):  # words that were not all written say nothing
            half.unlink(missing_ok=True)
    return count


def _settled(conn: Connection, sealer: Sealer, words: Path) -> int:
    try:
        said: Mapping[str, list[str]] = json.loads(words.read_bytes())
        ids, columns = said["exchanges"], [bytes.fromhex(one) for one in said["columns"]]
    except FileNotFoundError:
        return 0  # who wrote them was not killed, and is done
    except (ValueError, KeyError, TypeError):
        _log.error("%s: not what says which payloads go; look at it, and move it away", words)
        return 0
    kept = {one[:_POINTS] for one in _columns(conn, ids)}
    files = _files(sealer, [one for one in columns if one not in kept and len(one) == _POINTS])
    there = sum(file.exists() for file in files)
    Going(files, words).delete()
    return there


def _clear_strays(sealer: Sealer, ids: Sequence[str], columns: Sequence[bytes]) -> None:
    """Deletes what was written of these exchanges and no row points to: its writer was killed, failed, or came second."""
    contexts = [f"{id}/{part}" for id in ids for part in (REQUEST, *Leg)]
    strays = sealer.files_of(contexts) - set(_files(sealer, columns))
    for file in strays:
        file.unlink(missing_ok=True)
    for folder in {file.parent for file in strays}:
        sync_folder(folder)


def _columns(conn: Connection, ids: Sequence[str]) -> list[bytes]:
    exchange, reply = tables.exchange.c, tables.reply.c
    return [
        *conn.scalars(select(exchange.body).where(exchange.id.in_(ids))),
        *conn.scalars(select(reply.body).where(reply.exchange_id.in_(ids))),
    ]


def _files(sealer: Sealer, columns: Sequence[bytes]) -> tuple[Path, ...]:
    return tuple(file for one in columns if (file := sealer.file_of(one)) is not None)


def _folder(sealer: Sealer) -> Path:
    return sealer.blobs.with_name(FOLDER)
