"""A proxy that keeps no record of anything: what the log's cost is measured against. Never run in production.

python -m bench.trail.unlogged DATA FRONT_PORT DIRECT_PORT
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from cutover.cli.inforce import policy_in_force
from mirror.egress_record import Done, Intent
from mirror.exchange import Accept, Large, Reply
from mirror.journal.home import Home
from mirror.proxy.process import Places, Proxy
from mirror.publish import Watcher


class NoRecord:
    """Says that everything was kept, and keeps nothing."""

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

    async def durable(self) -> bool:
        """Nothing waits for a disk."""
        return True


async def serve(data: Path, front: int, direct: int) -> None:
    """Answers until it is ended."""
    home = Home.open(data)
    found = policy_in_force(home, dict(os.environ))
    places = Places(("127.0.0.1", front), ("127.0.0.1", direct))
    async with Proxy(found.policy, NoRecord(), Watcher(home.routes_file), places):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
