"""The exports that the fake control API tells of, and what people do to them."""

from __future__ import annotations

import hashlib
from typing import Any

from fake_rollouts import HOUR_US, NOW_US

BUNDLE = b"manifest.json" + bytes(10_000)


def order(number: int, **other: Any) -> dict[str, Any]:
    """An export that waits for a second person; `other` replaces what is usual."""
    usual = {
        "number": number, "id": f"e{number:031}", "tenant": "klinik-penang", "from_us": NOW_US - 720 * HOUR_US, "to_us": NOW_US,
        "profile": "full", "purpose": "Quarterly audit", "ticket": "CHG-4711", "state": "requested", "requested_by": "cora",
        "requested_us": NOW_US - HOUR_US, "expires_us": 10**17, "approved_by": "", "approved_us": 0, "started_us": 0,
        "ended_by": "", "ended_us": 0, "reason": "", "sha256": "", "bytes": 0, "kept_until_us": 0, "deleted_us": 0,
    }  # fmt: skip
    return usual | other


def done(number: int, **other: Any) -> dict[str, Any]:
    """One whose bundle is there."""
    made = {
        "state": "done", "approved_by": "dewi", "approved_us": NOW_US, "started_us": NOW_US, "ended_us": NOW_US,
        "sha256": hashlib.sha256(BUNDLE).hexdigest(), "bytes": len(BUNDLE), "kept_until_us": NOW_US + 168 * HOUR_US,
    }  # fmt: skip
    return order(number, **made | other)


def answer(
    orders: list[dict[str, Any]],
    method: str,
    path: str,
    person: dict[str, Any],
    body: dict[str, Any],
) -> tuple[int, Any] | None:
    """What the API says of exports; None for any other path."""
    parts = path.strip("/").split("/")
    if parts[:2] != ["v1", "exports"]:
        return None
    if method == "GET" and len(parts) == 2:
        return 200, _page(orders, person, body)
    if method == "POST" and len(parts) == 2:
        return _asked(orders, person, body)
    one = next((each for each in orders if each["id"] == parts[2]), None)
    if one is None:
        return 404, {
            "detail": "no export has this id; the list of exports has those of your tenants"
        }
    act = parts[3] if len(parts) > 3 else ""
    if method == "GET":
        return 200, BUNDLE if act == "bundle" else _seen(one, person)
    return _act(one, act, person, body)


def _page(
    orders: list[dict[str, Any]], person: dict[str, Any], query: dict[str, Any]
) -> dict[str, Any]:
    fit = [
        one for one in orders
        if one["number"] < int(query.get("before", 10**9)) and query.get("state") in (None, one["state"])
    ]  # fmt: skip
    shown = fit[: int(query.get("limit", 50))]
    onward = shown[-1]["number"] if len(shown) < len(fit) else None
    return {"exports": [_seen(one, person) for one in shown], "next": onward}


def _seen(one: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    return one | {"allowed": _allowed(one, person)}


def _allowed(one: dict[str, Any], person: dict[str, Any]) -> list[str]:
    mine, waits = one["requested_by"] == person["name"], one["state"] == "requested"
    may = {"compliance", "lead"} & set(person["roles"])
    allowed = ["approve", "refuse"] if may and waits and not mine else []
    allowed += ["withdraw"] if mine and one["state"] in ("requested", "approved") else []
    there = one["state"] == "done" and not one["deleted_us"]
    return allowed + (["download"] if there and "compliance" in person["roles"] else [])


def _asked(
    orders: list[dict[str, Any]], person: dict[str, Any], body: dict[str, Any]
) -> tuple[int, Any]:
    if "compliance" not in person["roles"]:
        return 403, {"detail": f"{person['name']} has no role `compliance`"}
    state = "requested" if body["profile"] == "full" else "approved"
    told = {"ticket": body.get("ticket", ""), "state": state, "requested_by": person["name"]}
    made = order(len(orders) + 1, **body | told)
    orders.insert(0, made)
    return 201, _seen(made, person)


def _act(
    one: dict[str, Any], act: str, person: dict[str, Any], body: dict[str, Any]
) -> tuple[int, Any]:
    if act not in _allowed(one, person):
        return 409, {"detail": f"this export is {one['state']}"}
    if act == "approve" and body["proof"] != "correct horse battery":
        return 403, {"detail": "neither the password nor a code that the app shows now"}
    states = {"approve": "approved", "refuse": "refused", "withdraw": "withdrawn"}
    one["state"] = states[act]
    if act == "approve":
        one |= {"approved_by": person["name"], "approved_us": NOW_US}
    else:
        one |= {"ended_by": person["name"], "ended_us": NOW_US, "reason": body["reason"]}
    return 200, _seen(one, person)
