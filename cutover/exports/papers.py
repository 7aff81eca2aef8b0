"""What people read of a bundle, and what other programs do: made of its events once they stand."""

from __future__ import annotations

import json

from cutover.exports.archive import Work
from cutover.exports.planned import Plan
from cutover.exports.tabling import Bodies


def write(work: Work, plan: Plan, bodies: Bodies) -> None:
    """Writes the papers that are not there yet. Raises OSError."""
    if not work.has("README.txt"):
        work.write("README.txt", README)
    if not work.has("custody.json"):
        work.write("custody.json", custody(plan))


def custody(plan: Plan) -> str:
    """The hand-over log, with its first entry: who keeps a copy adds another, and signs it by hand."""
    first = {
        "what": "exported",
        "by": plan.asked.requested_by,
        "approved_by": plan.asked.approved_by,
        "purpose": plan.asked.purpose,
        "events_up_to_us": plan.end.at_us,
    }
    said = {"v": 1, "export_id": plan.export_id, "origin": plan.origin, "entries": [first]}
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


README = """\
This is an export of crossfade: the events of one log between two moments, and all that proves them.

To verify it you need Python 3.9 or newer, and nothing else; no network:

    tar -xf BUNDLE.tar verify.py
    python3 -I verify.py BUNDLE.tar

It says VALID (exit code 0), TAMPERED (1, with file, line and event), NOT WHOLE (2), or that it could not try (3).
A verifier that came with a bundle is as good as the bundle: take verify.py from a copy that you trust. Give
the public keys that you were told on another way with --keys, and a checkpoint that you kept from before
with --old-checkpoint: without any outside copy, who has the whole server and its key could have written
everything anew; with one they cannot without being seen. Keep checkpoints/end.note for the next time.
"""
