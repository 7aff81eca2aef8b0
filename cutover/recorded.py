"""Between which moments events were recorded, as the signed checkpoints around them say, whatever time they tell."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, select

from mirror.journal.signed.tables import log_checkpoint
from mirror.journal.tables import event

type Name = tuple[str, int]
"""Whose log, and the number there."""

_HEAD = log_checkpoint.c
_OF = select(_HEAD.at_us).where(_HEAD.tenant == event.c.tenant).correlate(event).limit(1)
_AFTER = _OF.where(_HEAD.size < event.c.seq).order_by(_HEAD.size.desc()).scalar_subquery()
_BEFORE = _OF.where(_HEAD.size >= event.c.seq).order_by(_HEAD.size).scalar_subquery()


def spans(conn: Connection, names: Iterable[Name]) -> dict[Name, tuple[int, int]]:
    """After which moment each event was recorded, and before which: microseconds by the signer's clock.

    0 where nothing was signed before it, and where it is not signed yet.
    """
    found: dict[Name, tuple[int, int]] = {}
    for tenant, group in groupby(sorted(names), key=itemgetter(0)):
        numbers = [number for _, number in group]
        query = select(event.c.seq, _AFTER, _BEFORE).where(
            event.c.tenant == tenant, event.c.seq.in_(numbers)
        )
        for number, after_us, before_us in conn.execute(query):
            found[tenant, number] = (after_us or 0, before_us or 0)
    return found
