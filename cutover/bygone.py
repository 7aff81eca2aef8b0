"""Policies that were in force here before, by the digest that decisions are bound to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cutover.evidence.dossier import rules_of
from cutover.evidence.observation import Rules
from cutover.history import Key
from cutover.moves import policy_digest
from mirror import applied
from policies.load import PolicyError
from policies.policy import Policy


@dataclass(slots=True)
class Bygone:
    """Those that are `given`, and those that the data folder keeps in `folder`, read when first asked for."""

    folder: Path | None = None
    given: Sequence[Policy] = ()
    _known: dict[str, Policy] | None = field(default=None, init=False)

    def rules(self, key: Key, sha256: str) -> Rules | None:
        """The rules of a rollout in the policy with that digest ("" for the newest); None where it is not kept."""
        known = self._read()
        policy = known.get(sha256) if sha256 else next(iter(known.values()), None)
        rollouts = policy.rollouts if policy else ()
        declared = [one for one in rollouts if (one.tenant, one.route.value) == key]
        return rules_of(policy, declared[0]) if policy and declared else None

    def _read(self) -> dict[str, Policy]:
        if self._known is None:
            policies = list(self.given)
            for one in applied.kept(self.folder) if self.folder else ():
                with suppress(
                    PolicyError
                ):  # one that cannot be used any more is as good as gone
                    policies.append(applied.load(one, None))
            self._known = {}
            for policy in policies:
                self._known.setdefault(policy_digest(policy), policy)
        return self._known
