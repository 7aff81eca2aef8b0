"""The legal holds that the fake control API tells of, and what people have erased over it."""

from __future__ import annotations

from typing import Any

from fake_rollouts import HOUR_US, NOW_US

SUBJECT = "QZ4XK7M2A5BCDEFGHIJ2"


def hold(number: int, **other: Any) -> dict[str, Any]:
    """One that stands on all of a clinic; `other` replaces what is usual."""
    usual = {
        "id": number, "tenant": "klinik-penang", "exchange_id": "", "subject": "", "from_us": 0, "until_us": 0, "by": "cora",
        "reason": "court order 12", "at_us": NOW_US - HOUR_US, "lifted_by": "", "lifted_reason": "", "lifted_us": 0,
    }  # fmt: skip
    return usual | other


def answer(
    holds: list[dict[str, Any]],
    method: str,
    path: str,
    person: dict[str, Any],
    body: dict[str, Any],
) -> tuple[int, Any] | None:
    """What the API says of holds and erasures; None for any other path."""
    parts = path.strip("/").split("/")
    if parts[:2] not in (["v1", "legal-holds"], ["v1", "erasures"]):
        return None
    if method == "GET":
        return 200, _page(holds, body)
    if "compliance" not in person["roles"]:
        return 403, {"detail": f"{person['name']} has no role `compliance`"}
    if body["proof"] != "correct horse battery":
        return 403, {"detail": "neither the password nor a code that the app shows now"}
    if parts[1] == "erasures":
        return _erased(holds, body)
    if len(parts) == 2:
        scope = {name: body[name] for name in ("from_us", "until_us") if name in body}
        subject = SUBJECT if body.get("patient") else body.get("pseudonym", "")
        told = {
            "tenant": body["tenant"],
            "exchange_id": body["exchange_id"],
            "reason": body["reason"],
        }
        made = hold(len(holds) + 1, subject=subject, by=person["name"], **told, **scope)
        holds.insert(0, made)
        return 201, {"hold": made, "covers": 3}
    one = next(each for each in holds if each["id"] == int(parts[2]))
    one |= {"lifted_by": person["name"], "lifted_reason": body["reason"], "lifted_us": NOW_US}
    return 200, one


def _page(holds: list[dict[str, Any]], query: dict[str, Any]) -> dict[str, Any]:
    fit = [
        one for one in holds if not one["lifted_us"] and one["id"] < int(query.get("before", 10**9))
    ]  # fmt: skip
    shown = fit[: int(query.get("limit", 50))]
    return {"holds": shown, "next": shown[-1]["id"] if len(shown) < len(fit) else None}


def _erased(holds: list[dict[str, Any]], body: dict[str, Any]) -> tuple[int, Any]:
    if any(one["tenant"] == body["tenant"] and not one["lifted_us"] for one in holds):
        said = "on legal hold, so nothing was erased: 0 exchanges can be erased; 2 under a legal hold"
        return 409, {"detail": said, "type": "/problems/legal-hold"}
    kept = {"held": 0, "incidents": 1, "by_law": 0, "under_way": 0}
    return 201, {"tenant": body["tenant"], "subject": SUBJECT, "erased": 2, **kept}
