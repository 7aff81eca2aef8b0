"""What evidence reads of a comparison, without what makes a row of the ledger large: to read very many at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
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
    return [_brief(tuple(row), signals) for row in conn.execute(query)]


def _brief(read: tuple[Any, ...], signals: Collection[str]) -> Brief:
    """A row; texts that most rows have in common are held once."""
    row = Brief(*read)
    return row._replace(
        serving=intern(row.serving),
        attribution=intern(row.attribution),
        equivalence=score_of(row.equivalence),
        noise_floor=score_of(row.noise_floor),
        fail_codes=_fail_codes(str(row.fail_codes)),
        signals=_some(str(row.signals), signals),
        late=intern(row.late),
        unpaired=intern(row.unpaired),
        comparators=intern(row.comparators),
    )


def _fail_codes(flags: str) -> tuple[str, ...]:
    if flags == "[]":
        return ()
    return tuple([code for code, severity in json.loads(flags) if severity == Severity.FAIL])


def _some(text: str, names: Collection[str]) -> Mapping[str, float]:
    """These signals of a JSON object of them; it is read only where one of their names stands in it."""
    if not any(name in text for name in names):
        return _NONE
    found = json.loads(text)
    return {name: found[name] for name in names if name in found}
