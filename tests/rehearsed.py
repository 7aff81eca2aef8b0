"""Views, tallies and reports for the tests of the rehearsal, as the control API tells them."""

from cutover.rehearsal.control import View
from cutover.rehearsal.policy import EXAMPLE, Cast, Wire, staged, with_tenants
from mirror.exchange import Side
from policies.load import load


def a_body(**changes):
    """One rollout as JSON types: in mirror, nothing seen."""
    ledger = {"seen": 0, "excluded": 0, "unsampled": 0, "shed": 0, "failed": 0, "pending": 0, "compared": 0}  # fmt: skip
    body = {
        "tenant": "clinic-1",
        "route": "chat",
        "stage": "mirror",
        "share": 0.0,
        "epoch": 1,
        "step": 0,
        "steps": [{"percent": 20.0}, {"percent": 50.0, "latency_evidence": True}],
        "verdict": "hold",
        "reasons": ["equivalence is not shown yet"],
        "waits_for": "more sessions",
        "sessions": 0,
        "comparisons": 0,
        "ledger": ledger,
        "evidence": [
            {"gate": "errors", "for": 0.5, "against": -0.2, "needed": 1.0, "roll_back_at": 2.0,
             "n": 9, "sentence": "no failure in 9 sessions"}
        ],
        "proposal": None,
        "transitions": [],
    }  # fmt: skip
    changed = {**body, **changes}
    changed["ledger"] = {**ledger, **changes.get("ledger", {})}
    return changed


def a_view(**changes):
    """One rollout as the rehearsal reads it."""
    return View.model_validate(a_body(**changes))


def a_proposal(**changes):
    """A proposal of the controller to enter canary."""
    proposal = {"id": "p1", "signal": "enter_canary", "from_share": 0.0, "to_share": 20.0}
    return {**proposal, **changes}


def a_move(before, after, at_s, **changes):
    """A move at a second since 1970."""
    move = {
        "signal": "roll_back", "from": before, "to": after, "from_share": 0.0, "to_share": 0.0,
        "epoch": 2, "at_us": round(at_s * 1e6), "actor": "controller", "reason": "harm was shown",
    }  # fmt: skip
    return {**move, **changes}


def a_staged_policy(primary="http://127.0.0.1:9/v1", candidate="http://127.0.0.1:9/v1"):
    """The shipped rehearsal policy for `clinic-1`, whose upstreams listen there."""
    urls = {Side.PRIMARY: primary, Side.CANDIDATE: candidate}
    return staged(
        with_tenants(load(EXAMPLE), 1, ["chat"]),
        cast=Cast("gpt", "own"),
        wire=Wire(("chat",)),
        base_url=lambda _, side: urls[side],
    )
