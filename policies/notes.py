"""What a policy may say, and hardly anybody means: no fault, but `policy check` tells it."""

from __future__ import annotations

import itertools

from policies.accepting import acceptance_notes
from policies.fault import Place
from policies.policy import Policy

type Finding = tuple[Place, str]


def notes(policy: Policy) -> list[Finding]:
    """Every note on a policy without faults: its place, and why it is perhaps not what was meant."""
    return list(itertools.chain(acceptance_notes(policy)))
