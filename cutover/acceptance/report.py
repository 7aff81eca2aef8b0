"""A report of acceptance: as JSON, what it comes to, and what is kept of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cutover.acceptance.prompts import candidates
from cutover.acceptance.rows import Row, Says
from cutover.accepted import Report, targets_digest
from mirror.candidate import candidate_fingerprint
from policies.policy import Policy
from policies.routes import Route


@dataclass(frozen=True, slots=True)
class Reached:
    """What load on a tenant's candidates reached.

    `routes` are those of its requests; `servers` is what the servers told of themselves under it.
    """

    policy: Policy
    tenant: str
    rows: Sequence[Row]
    concurrency: int
    requests: int
    routes: frozenset[Route]
    at_us: int
    servers: Sequence[Mapping[str, object]] = ()

    @property
    def code(self) -> int:
        """0 where every target is reached, 1 where one is missed, 3 where one is not known to be, or there is none."""
        says = {row.says for row in self.rows}
        return 1 if Says.FAIL in says else 0 if says == {Says.PASS} else 3

    @property
    def passed(self) -> bool:
        """Whether every target is reached, and there are any."""
        return bool(self.routes) and self.code == 0

    def told(self) -> dict[str, object]:
        """As JSON types."""
        rollouts = candidates(self.policy, self.tenant)
        return {
            "deployment": self.policy.deployment,
            "production": self.policy.production,
            "tenant": self.tenant,
            "candidates": {
                route.value: f"{one.candidate.upstream}/{one.candidate.model}"
                for route, one in rollouts.items()
            },
            "fingerprints": self.fingerprints,
            "targets_sha256": targets_digest(self.policy),
            "at_us": self.at_us,
            "concurrency": self.concurrency,
            "requests": self.requests,
            "passed": self.passed,
            "rows": [row.told() for row in self.rows],
            "servers": list(self.servers),
        }

    @property
    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of what the policy declares as candidate, by each route that was asked anything."""
        return {
            route.value: candidate_fingerprint(self.policy, one)
            for route, one in candidates(self.policy, self.tenant).items()
            if route in self.routes
        }

    @property
    def text(self) -> str:
        """The file that `--out` writes, to the byte."""
        return json.dumps(self.told(), indent=2) + "\n"

    @property
    def sha256(self) -> str:
        """Of that file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def kept(self) -> list[Report]:
        """What is kept of it, one for each route."""
        of = targets_digest(self.policy), self.sha256, self.passed, self.at_us
        return [
            Report(self.tenant, route, candidate, *of)
            for route, candidate in self.fingerprints.items()
        ]

    @property
    def says(self) -> dict[str, str]:
        """What each row comes to, by its name."""
        return {row.name: row.says.value for row in self.rows}
