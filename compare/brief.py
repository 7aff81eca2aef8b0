"""What evidence reads of a comparison, without what makes a row of the ledger large: to read very many at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from itertools import starmap
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from compare.comparison import Severity, score_of
from compare.ledger import comparisons


class Brief(NamedTuple):
    """One comparison; see `ledger.Row`. `signals` are those that were asked for."""

    number: int
    exchange_id: str
    session: str
    accepted_us: int
    serving: str
    streaming: bool
    attribution: str
    equivalence: float | None
    noise_floor: float | None
    fail_codes: tuple[str, ...]
    candidate_us: int | None
    candidate_first_token_us: int | None
    primary_us: int | None
    primary_first_token_us: int | None
    signals: Mapping[str, float]
    late: str
    recorded_key: str
    at_us: int
    unpaired: str
    comparators: str
    resent: bool = False


_table = comparisons.c
_READ = [_table["flags" if name == "fail_codes" else name] for name in Brief._fields[:-1]]
_NONE: Mapping[str, float] = MappingProxyType({})


def since(
    conn: Connection,
    place: tuple[str, str, int],
    after_number: int,
    limit: int,
    signals: Collection[str],
) -> list[Brief]:
    """A standing's comparisons numbered above `after_number`, by number, at most `limit`, each with these signals.

    `place` is tenant, route and epoch.
    """
    tenant, route, epoch = place
    query = (
        select(*_READ)
        .where(_table.tenant == tenant, _table.route == route, _table.epoch == epoch)
        .where(_table.number > after_number)
        .order_by(_table.number)
        .limit(limit)
    )
    return _briefs(conn.execute(query).all(), signals)


def _briefs(rows: Sequence[Sequence[Any]], signals: Collection[str]) -> list[Brief]:
    """These rows, column by column: of hundreds of thousands each is made once. Texts that most have in common are held once."""
    told: Mapping[str, Callable[[Any], Any]] = {
        "signals": partial(_some, names=signals),
        **_TOLD,
    }
    if not rows:
        return []
    columns = zip(Brief._fields[:-1], zip(*rows, strict=True), strict=True)
    made = [map(told[name], read) if name in told else read for name, read in columns]
    return list(starmap(Brief, zip(*made, strict=True)))


@lru_cache(maxsize=1024)  # nearly all are of a few kinds
def _fail_codes(flags: str) -> tuple[str, ...]:
    if flags == "[]":
        return ()
    return tuple([code for code, severity in json.loads(flags) if severity == Severity.FAIL])


def _some(text: str, names: Collection[str]) -> Mapping[str, float]:
    """These signals of a JSON object of them; it is read only where one of their names stands in it."""
    for name in names:
        if name in text:
            break
    else:
        return _NONE
    found = json.loads(text)
    return {name: found[name] for name in names if name in found}


_TOLD: Mapping[str, Callable[[Any], Any]] = {
    "serving": intern,
    "attribution": intern,
    "equivalence": score_of,
    "noise_floor": score_of,
    "fail_codes": _fail_codes,
    "late": intern,
    "unpaired": intern,
    "comparators": intern,
}
