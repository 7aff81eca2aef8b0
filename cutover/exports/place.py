"""Where the controller keeps the bundles that people asked for: DATA/exports, for its owner alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from cutover.exports.order import Order

FOLDER = "exports"


class NotHere(Exception):
    """A bundle that is not where it was put, or not as long."""


def bundle(folder: Path, id: str) -> Path:
    """The bundle of an order, whether it is there or not."""
    return folder / f"{id}.tar"


def lock(folder: Path, id: str) -> Path:
    """The file that is held by the process that makes an order's bundle."""
    return folder / f".{id}.lock"


def id_of(path: Path) -> str:
    """The order that a file or folder here belongs to; "" for what is none of ours."""
    name = path.name.removeprefix(".")
    return name.partition(".")[0] if ".tar" in name or name.endswith(".lock") else ""


def opened(folder: Path, order: Order) -> BinaryIO:
    """A bundle that is done, to be read from its start. Raises NotHere and OSError."""
    path = bundle(folder, order.id)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotHere(
            "this bundle is not on this machine any more; another controller made it, or somebody took it away"
        ) from None
    if os.fstat(file.fileno()).st_size != order.bytes:
        file.close()
        raise NotHere(
            "this bundle is not as long as when it was made; ask for the export again"
        )
    return file
