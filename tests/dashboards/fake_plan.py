"""What the fake control API tells of the plan and of freezes, as the control API's JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fake_rollouts import HOUR_US, NOW_US

DAY_US = 24 * HOUR_US


def entry(name: str, **changes: Any) -> dict[str, Any]:
    """An entry of the plan: tomorrow, after the first one."""
    return {
        "name": name, "until": "live", "begins_us": NOW_US + DAY_US, "begins": "", "if_held": ["pilot"],
        "drill": False, "rollouts": ["klinik-ipoh/chat", "klinik-johor/reason"], "of": 2, "reached": 0,
        "done": False, "waits": "begins 2026-11-22 12:10 Asia/Kuala_Lumpur", "frozen": "", **changes,
    }  # fmt: skip


def planned(tenant: str, route: str, **changes: Any) -> dict[str, Any]:
    """A rollout of the plan that waits for its entry."""
    waits = "the plan's `week-two` begins 2026-11-22 12:10 Asia/Kuala_Lumpur"
    return {
        "tenant": tenant, "route": route, "stands": "in mirror", "waits": waits, "shown": 1.2, "needed": 1.9, **changes,
    }  # fmt: skip


def plan() -> dict[str, Any]:
    """A plan of two entries: one under way, one ahead."""
    pilot = {"begins_us": 0, "if_held": [], "drill": True, "waits": "", "reached": 1}
    return {
        "name": "november", "false_discoveries": 0.05, "declared": 4, "zone": "Asia/Kuala_Lumpur", "now_us": NOW_US,
        "entries": [
            entry("pilot", rollouts=["klinik-bangsar/chat", "klinik-penang/chat"], **pilot),
            entry("week-two", frozen="frozen until 2026-11-22 23:00 UTC (Nov 23 07:00 Kuala Lumpur): weekend"),
        ],
        "rollouts": [planned("klinik-johor", "reason"), planned("klinik-penang", "chat", waits="", needed=None)],
    }  # fmt: skip


def freeze(tenant: str, route: str, by: str = "farid", **changes: Any) -> dict[str, Any]:
    """A freeze that somebody placed an hour ago, until it is lifted."""
    name = f"{tenant or '*'}/{route or '*'}" if tenant or route else "all"
    return {
        "tenant": tenant, "route": route, "kind": "placed", "until_us": 0, "by": by,
        "reason": "audit of the pharmacy", "at_us": NOW_US - HOUR_US, "name": name, **changes,
    }  # fmt: skip


@dataclass
class Plans:
    """The state: change it, then look. Paths are those it answers."""

    plan: dict[str, Any] | None = field(default_factory=plan)
    freezes: list[dict[str, Any]] = field(default_factory=lambda: [freeze("klinik-ipoh", "")])
    frozen: dict[str, str] = field(
        default_factory=lambda: {"klinik-ipoh/chat": "frozen: audit of the pharmacy (farid)"}
    )
    page_of: int = 0  # 0: all at once, as controllers of before pages answer
    paths: tuple[str, ...] = ("/v1/plan", "/v1/freezes", "/v1/freezes/breaks")

    def _page(self, name: str, rows: list[Any], query: dict[str, Any]) -> dict[str, Any]:
        begin = int(query.get("cursor", 0))
        end = begin + self.page_of
        return {name: rows[begin:end], "next": str(end) if end < len(rows) else None}

    def answer(
        self, method: str, path: str, name: str, body: dict[str, Any]
    ) -> tuple[int, Any]:
        match method, path:
            case "GET", "/v1/plan" if self.page_of and self.plan:
                return 200, self.plan | self._page("rollouts", self.plan["rollouts"], body)
            case "GET", "/v1/freezes" if self.page_of:
                page = self._page("frozen", list(self.frozen.items()), body)
                return 200, {"freezes": self.freezes, **page, "frozen": dict(page["frozen"])}
            case "GET", "/v1/plan":
                return (200, self.plan) if self.plan else (404, "the policy has no `plan`")
            case "GET", "/v1/freezes":
                return 200, {"freezes": self.freezes, "frozen": self.frozen}
            case "POST", "/v1/freezes":
                placed = freeze(body["tenant"], body["route"], name, reason=body["reason"])
                self.freezes.append(placed)
                return 201, {"freeze": placed}
            case "DELETE", _:
                scope = body.get("tenant", ""), body.get("route", "")
                self.freezes[:] = [
                    one for one in self.freezes if (one["tenant"], one["route"]) != scope
                ]
                return 200, {"tenant": scope[0], "route": scope[1]}
        return 405, "no such action"
