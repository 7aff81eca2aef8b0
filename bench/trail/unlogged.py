"""The proxy as it is, but that it keeps no record of anything: what the log's cost is measured against. Never run in production.

python -m bench.trail.unlogged run proxy ...    with the words of `crossfade run proxy`
"""

from __future__ import annotations

from collections.abc import Iterable

from cutover.cli import main
from mirror.egress_record import Done, Intent
from mirror.exchange import Accept, Large, Reply
from mirror.journal.breakers import Tripped
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.proxy import process


class NoSpool:
    """Says that everything was kept, and keeps nothing."""

    fill = (0, 1, 0.0)

    @classmethod
    def open(cls, home: Home, sealer: Sealer, name: str) -> NoSpool:
        """Needs no folder."""
        return cls()

    def accept(self, accept: Accept) -> bool:
        """Forgets an accepted request."""
        return True

    def keep(
        self, exchange_id: str, part: str, length: int, body: Iterable[bytes]
    ) -> Large | None:
        """Keeps no long body."""
        return None

    def lose(self, exchange_id: str, part: str) -> None:
        """Counts nothing."""

    def reply(self, reply: Reply) -> bool:
        """Forgets how a leg ended."""
        return True

    def egress(self, entry: Intent | Done) -> bool:
        """Forgets what left."""
        return True

    def tripped(self, tripped: Tripped) -> bool:
        """Forgets a breaker."""
        return True

    async def durable(self) -> bool:
        """Nothing waits for a disk."""
        return True

    def close(self) -> None:
        """Nothing was opened."""


if __name__ == "__main__":
    vars(process)["Spool"] = (
        NoSpool  # all else is as in production, so that the log alone is measured
    )
    main()
