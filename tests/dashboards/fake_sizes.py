"""The fake control API with nothing in it, and with very much of everything, in names and sentences as long as they get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fake_exports
import fake_fleet
from fake_plan import entry, freeze, planned
from fake_rollouts import HOUR_US, NOW_US, comparison, rollout, rollouts

if TYPE_CHECKING:
    from fake_control import FakeControl

TENANT = "hospital-universiti-kebangsaan-malaysia-cheras"
WHY = (
    "The candidate gave the dose for an adult where the prompt said that the child weighs 16 kg; Dr Siti of the "
    "paediatric ward noticed it on the evening round and asks that nothing goes on before the prompt is mended."
)


def empty(control: FakeControl) -> None:
    """A deployment on its first day."""
    control.rollouts.clear()
    control.comparisons.clear()
    control.log.clear()
    control.exports.clear()
    control.plans.plan = None
    control.plans.freezes.clear()
    control.plans.frozen.clear()
    health = fake_fleet.health()
    ledger = dict.fromkeys(health["ledger"]["outcomes"], 0)
    control.told_of |= {
        "/v1/incidents": {"incidents": []},
        "/v1/spending": {"resumes_us": NOW_US + 12 * HOUR_US, "spending": []},
        "/v1/spending/days": {"days": []},
        "/v1/servers": {"servers": []},
        "/v1/targets": fake_fleet.targets() | {"candidates": []},
        "/v1/load": {"upstreams": [], "backlog": [], "shed": [], "breakers": []},
        "/v1/health": health | {
            "proxies": {"proxies": [], "why": "no proxy of this machine runs"}, "busy": [], "queues": [],
            "ledger": health["ledger"] | {"seen": 0, "outcomes": ledger, "comparisons": 0},
        },
    }  # fmt: skip


def large(control: FakeControl, number: int = 10_000) -> None:
    """A group of thousands of clinics, where everything has a long name and a long reason."""
    first = rollouts()
    waiting = [_waiting(at) for at in range(120)]
    others = [rollout(_tenant(at), "mirror", waits_for=WHY) for at in range(120, number)]
    control.rollouts[:] = [*first, *waiting, *others]
    markup = "<script>alert(1)</script>\u202e**x** \x1b[31m" * 25_000
    control.comparisons[:] = [comparison(at) for at in range(2_000, 0, -1)]
    control.comparisons[0] |= {
        "candidate": markup,
        "flags": control.comparisons[0]["flags"] * 8,
    }
    control.log[:] = [
        fake_fleet.event(
            seq, reason=WHY, details={"sha256": "9f2c1b7e" * 8, "path": "a/b" * 30}
        )
        for seq in range(5_000, 0, -1)
    ]
    control.exports[:] = [
        fake_exports.order(
            at, tenant=_tenant(at), purpose=WHY, state=state, reason=WHY, ended_us=NOW_US
        )
        for at, state in zip(
            range(2_000, 0, -1),
            ["requested", "failed", "running", "expired"] * 500,
            strict=True,
        )
    ]
    _large_plan(control)
    _large_fleet(control)


def _tenant(at: int) -> str:
    return f"{TENANT}-{at:05}"


def _waiting(at: int) -> dict[str, object]:
    one = rollouts()[0]
    ends = one["proposal"]["expires_us"] + at * HOUR_US
    asked = {
        "id": f"q-{at}",
        "expires_us": ends,
        "ticket": f"CHG-{at:04}",
        "proposer": "nurul.aisyah@hospital.example",
    }
    return one | {
        "tenant": _tenant(at),
        "proposal": one["proposal"] | asked,
        "hold_reason": WHY,
    }


def _large_plan(control: FakeControl) -> None:
    names = [f"{_tenant(at)}/chat" for at in range(40)]
    control.plans.plan = {
        "name": "the-move-of-all-clinics", "false_discoveries": 0.05, "declared": 10_000, "zone": "Asia/Kuala_Lumpur",
        "now_us": NOW_US, "entries": [entry(f"week-{at:02}", rollouts=names, of=400) for at in range(52)],
        "rollouts": [planned(_tenant(at), "reason", waits=WHY) for at in range(3_000)],
    }  # fmt: skip
    control.plans.freezes[:] = [freeze(_tenant(at), "chat", reason=WHY) for at in range(40)]
    control.plans.frozen = {
        f"{_tenant(at)}/chat": f"frozen: {WHY} (farid)" for at in range(3_000)
    }


def _large_fleet(control: FakeControl) -> None:
    closed = {
        "closed_by": "nurul.aisyah@hospital.example",
        "closed_reason": WHY,
        "closed_us": NOW_US,
    }
    incidents = [
        fake_fleet.incident(at, tenant=_tenant(at), reason=WHY) for at in range(1, 101)
    ]
    control.told_of["/v1/incidents"] = {
        "incidents": [one | (closed if one["id"] > 50 else {}) for one in incidents]
    }
    control.told_of["/v1/servers"] = {
        "servers": [fake_fleet.server(upstream=f"gpu-{at}") for at in range(12)]
    }
    load = control.told_of["/v1/load"]
    load["backlog"] = [
        load["backlog"][0] | {"tenant": _tenant(at), "oldest_s": float(at)}
        for at in range(3_000)
    ]
    load["shed"] = [load["shed"][0] | {"tenant": _tenant(at)} for at in range(3_000)]
    spent = [fake_fleet.spent(_tenant(at), "chat", avoided=float(at)) for at in range(3_000)]
    control.told_of["/v1/spending"]["spending"][1:] = spent


SIZES = {"small": lambda control: None, "empty": empty, "large": large}
