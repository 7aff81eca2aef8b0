"""What a deployment is called and whether it is for production, kept beside its store.

The policy says so; a person who looks into the folder of a deployment whose controller is down
has no policy at hand, and must not take a rehearsal's numbers for production's.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from policies.policy import Policy

NAME = "deployment.json"


def tell(data: Path, policy: Policy) -> None:
    """Writes the note, whole or not at all. Raises OSError where the folder cannot be written."""
    note = {"deployment": policy.deployment, "production": policy.production}
    draft = data / f".{NAME}.{os.getpid()}"
    draft.write_text(json.dumps(note) + "\n")
    draft.replace(data / NAME)


def told(data: Path) -> dict[str, object]:
    """`deployment` and `production` of a folder; None where no controller ever told."""
    try:
        found = json.loads((data / NAME).read_text())
    except (OSError, ValueError):
        found = {}
    known = found if isinstance(found, dict) else {}
    return {key: known.get(key) for key in ("deployment", "production")}
