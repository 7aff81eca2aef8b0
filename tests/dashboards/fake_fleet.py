"""What the control API tells of the fleet beside its rollouts, by path."""

from __future__ import annotations

import json
from typing import Any

from fake_rollouts import HOUR_US, NOW_US


def incident(id: int, **other: Any) -> dict[str, Any]:
    """An open incident; `other` replaces what is usual."""
    usual = {
        "id": id, "exchange_id": f"01JD{id:08d}", "tenant": "klinik-penang", "route": "chat",
        "upstream": "gpu-1", "model": "llama-3.1-70b-instruct", "by": "mei",
        "reason": "It doubled the dose of metformin", "at_us": NOW_US - id * HOUR_US,
        "closed_by": "", "closed_reason": "", "closed_us": 0,
    }  # fmt: skip
    return usual | other


def spent(tenant: str, route: str, **other: Any) -> dict[str, Any]:
    """One rollout's day, or with "" the deployment's."""
    usual = {
        "tenant": tenant, "route": route, "currency": "USD", "spent": 3.2, "avoided": 41.5, "budget": None,
        "legs": 1_204, "estimated": 31, "is_spent": False,
    }  # fmt: skip
    return usual | other


def fact(value: float) -> dict[str, Any]:
    """A number and its page."""
    return {"value": value, "source": "http://gpu-1:8000/metrics"}


def server(**other: Any) -> dict[str, Any]:
    """One upstream that tells of itself."""
    usual = {
        "upstream": "gpu-1", "declared": 64, "accepted": 32, "factor": 0.5, "why": "its queue grew for 2 min",
        "since_us": NOW_US - HOUR_US, "way": "more replicas", "advice": "14 requests wait inside the servers.",
        "facts": {"queue": fact(14), "running": fact(31), "cache": fact(0.913), "memory": fact(0.88),
                  "p95": {"low_s": 1.0, "high_s": 2.5, "n": 4_120.0, "source": "http://gpu-1:8000/metrics"}},
        "gpus": [{"gpu": "0", "memory": 0.88, "celsius": 71.0, "hot": "", "xids": []},
                 {"gpu": "1", "memory": 0.86, "celsius": 91.0, "hot": "over 90 °C", "xids": [79]}],
        "pages": [{"url": "http://gpu-1:8000/metrics", "kind": "vllm", "age_s": 3.0, "stale": False, "fault": ""},
                  {"url": "http://gpu-1:9400/metrics", "kind": "dcgm", "age_s": None, "stale": True, "fault": "connection refused"}],
    }  # fmt: skip
    return usual | other


def load() -> dict[str, Any]:
    """What is in flight and waits."""
    return {
        "upstreams": [
            {"upstream": "gpu-1", "cap": 64, "in_flight": {"interactive": 21, "batch": 0, "copy": 10}, "waiting": {"interactive": 4, "batch": 0}},
            {"upstream": "openai", "cap": None, "in_flight": {"interactive": 3, "batch": 0, "copy": 0}, "waiting": {"interactive": 0, "batch": 0}},
        ],
        "backlog": [
            {"tenant": "klinik-ipoh", "route": "chat", "kind": "score", "count": 16, "oldest_us": NOW_US, "oldest_s": 42.5},
            {"tenant": "klinik-bangsar", "route": "chat", "kind": "shadow", "count": 2, "oldest_us": NOW_US, "oldest_s": 190.0},
        ],
        "shed": [{"tenant": "klinik-ipoh", "route": "chat", "reason": "backlog", "why": "too many copies waited", "exchanges": 3}],
        "breakers": [{"tenant": "klinik-penang", "route": "chat", "upstream": "gpu-1", "open_s": 75.0}],
    }  # fmt: skip


def told() -> dict[str, dict[str, Any]]:
    """What each path answers."""
    closed = {"closed_by": "aisyah", "closed_reason": "prompt mended", "closed_us": NOW_US}
    return {
        "/v1/incidents": {"incidents": [incident(7), incident(6, **closed)]},
        "/v1/spending": {
            "resumes_us": NOW_US + 12 * HOUR_US,
            "spending": [
                spent("", "", budget=20.0),
                spent("klinik-penang", "chat", spent=0.4, avoided=41.5),
                spent("klinik-ipoh", "chat", spent=2.8, avoided=0.0, budget=2.5, is_spent=True),
            ],
        },
        "/v1/spending/days": {
            "days": [
                {
                    "day_us": NOW_US - days * 24 * HOUR_US,
                    "currency": "USD",
                    "spent": 3.0,
                    "avoided": 43.0,
                }
                for days in (3, 2, 1)
            ]
        },
        "/v1/servers": {"servers": [server()]},
        "/v1/load": load(),
        "/v1/health": health(),
        "/v1/targets": targets(),
        "/v1/switches": {"drains": [], "emergencies": []},
    }


def emergency(**other: Any) -> dict[str, Any]:
    """Everything goes to the primary; `other` replaces what is usual."""
    usual = {
        "tenant": "", "route": "", "by": "gina", "reason": "Smoke in the GPU room", "at_us": NOW_US - HOUR_US,
        "name": "all",
    }  # fmt: skip
    return usual | other


def drain(**other: Any) -> dict[str, Any]:
    """A server that is sent nothing; `other` replaces what is usual."""
    usual = {
        "upstream": "gpu-1", "until_us": 0, "by": "farid", "reason": "New driver", "at_us": NOW_US - HOUR_US,
    }  # fmt: skip
    return usual | other


def measured(name: str, **other: Any) -> dict[str, Any]:
    """One target that is reached; `other` replaces what is usual."""
    usual = {
        "name": name, "at_most": 120.0, "at_least": None, "unit": "ms", "measured": 84.0, "interval_95": [80.0, 91.0],
        "n": 400, "says": "pass", "note": "",
    }  # fmt: skip
    return usual | other


def targets() -> dict[str, Any]:
    """What is asked, and one candidate that was measured and one that was not."""
    note = {
        "unit": "s",
        "at_most": 2.0,
        "measured": 2.4,
        "interval_95": [2.1, None],
        "says": "fail",
    }
    share = {
        "unit": "share",
        "at_most": None,
        "at_least": 0.999,
        "measured": 0.9995,
        "interval_95": [0.998, 1.0],
    }
    rows = [
        measured("first token, median"),
        measured("SOAP, p95", note="30 chats beside", **note),
        measured("availability", says="not enough requests to say", **share),
    ]
    report = {
        "at_us": NOW_US, "passed": False, "by_these_targets": False, "sha256": "5" * 64, "requests": 1_200,
        "concurrency": 16, "rows": rows,
    }  # fmt: skip
    usual = {"upstream": "gpu-1", "model": "llama-3.1-70b-instruct"}
    return {
        "targets": {"reason_p95_s": 2.0, "audio_p95_s": None, "first_token_ms": 120.0, "availability": 0.999, "together": 16},
        "candidates": [usual | {"route": "chat", "rollouts": 3, "report": report},
                       usual | {"route": "reason", "rollouts": 1, "report": None}],
        "next": None,
    }  # fmt: skip


def health() -> dict[str, Any]:
    """A deployment of which one proxy is behind."""
    outcomes = {
        "excluded": 43,
        "unsampled": 500,
        "shed": 3,
        "failed": 16,
        "pending": 37,
        "compared": 3_415,
    }
    return {
        "controller": {"acting": True, "trouble": "", "ticks": 812, "last_tick_s": 0.041, "ended_us": NOW_US},
        "proxies": {"proxies": [{"name": "proxy-1", "version": 3 * 2**32 + 12, "since_us": NOW_US, "behind": False, "turn": 3, "number": 12},
                                {"name": "proxy-2", "version": 3 * 2**32 + 11, "since_us": NOW_US, "behind": True, "turn": 3, "number": 11}], "why": ""},
        "busy": [{"owner": "worker-1", "kind": "score", "held": 8}],
        "queues": [{"kind": "score", "count": 29, "oldest_s": 42.0}, {"kind": "shadow", "count": 8, "oldest_s": 3.0}],
        "spool": {"bytes": 1_480_000, "why": ""},
        "ledger": {"seen": 4_014, "outcomes": outcomes, "comparisons": 3_415, "adds_up": True, "gaps": 0},
        "signing": {"ever": True, "waits_s": 12.0, "refused": []},
        "reviews": {"at": "03:10", "late": False, "last": {
            "at_us": NOW_US, "by": "controller", "outcome": "whole", "logs": 2, "events": 8_410, "checkpoints": 37, "digests": 48,
            "took_s": 2.4, "payloads": False, "problems": 0, "first": []}},
        "keys_missing": [],
    }  # fmt: skip


def event(seq: int, **other: Any) -> dict[str, Any]:
    """An event of the log; `other` replaces what is usual."""
    usual = {
        "seq": seq, "at_us": NOW_US, "type": "hold.placed", "actor": {"kind": "human", "name": "aisyah"},
        "object": {"kind": "rollout", "id": "klinik-penang/chat"}, "outcome": "ok", "reason": "GPU driver",
        "details": {"epoch": 7}, "tenant": "klinik-penang",
    }  # fmt: skip
    told = usual | other
    return told | {
        "body": json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    }


def log(all: list[dict[str, Any]], query: dict[str, Any]) -> dict[str, Any]:
    """A page of the log, newest first; of one event where it is asked by its number."""
    if "seq" in query:
        here = (query["tenant"], int(query["seq"]))
        return {
            "events": [one for one in all if (one["tenant"], one["seq"]) == here],
            "next": None,
        }
    begin, limit = int(query.get("cursor", 0)), int(query.get("limit", 50))
    onward = str(begin + limit) if begin + limit < len(all) else None
    return {"events": all[begin : begin + limit], "next": onward}


def found(one: dict[str, Any]) -> dict[str, Any]:
    """A comparison without its texts, as those of all rollouts are found."""
    kept = (
        "number",
        "exchange_id",
        "at_us",
        "session",
        "serving",
        "attribution",
        "equivalence",
        "noise_floor",
        "missing",
        "no_score",
        "unpaired",
        "alone",
    )
    flags = [{"code": flag["code"], "severity": flag["severity"]} for flag in one["flags"]]
    whose = {"tenant": "klinik-bangsar", "route": "chat", "stage": "canary"}
    return {**{name: one[name] for name in kept}, **whose, "flags": flags, "labels": one.get("labels", [])}  # fmt: skip


def comparisons(
    all: list[dict[str, Any]], path: str, query: dict[str, Any]
) -> tuple[int, Any] | None:
    """The page of those found, or the one opened; None for any other path."""
    if path == "/v1/comparisons":
        fit = [
            found(one) for one in all
            if (not query.get("flag") or query["flag"] in [flag["code"] for flag in one["flags"]])
            and query.get("tenant", "klinik-bangsar") == "klinik-bangsar"
        ]  # fmt: skip
        begin, limit = int(query.get("cursor", 0)), int(query.get("limit", 50))
        onward = str(begin + limit) if begin + limit < len(fit) else None
        return 200, {"comparisons": fit[begin : begin + limit], "next": onward}
    if path.startswith("/v1/comparisons/"):
        one = next((each for each in all if path.endswith(f"/{each['number']}")), None)
        whose = {"tenant": "klinik-bangsar", "route": "chat", "labels": []}
        return (
            (404, {"detail": "there is no such comparison"})
            if one is None
            else (200, whose | one)
        )
    return None


def label(
    all: list[dict[str, Any]], number: int, name: str, body: dict[str, Any]
) -> tuple[int, Any]:
    """One person's label, in place of the one they gave before."""
    one = next(each for each in all if each["number"] == number)
    given = {"name": name, "label": body["label"], "note": body["note"], "at_us": NOW_US}
    one["labels"] = [*[each for each in one.get("labels", []) if each["name"] != name], given]
    unsafe = {"incident": 9, "held": ["klinik-bangsar/chat"]}
    led = unsafe if body["label"] == "unsafe" else {"incident": None, "held": []}
    return 201, {"label": given, "labels": one["labels"], **led}


def act(
    told_of: dict[str, dict[str, Any]], action: str, name: str, body: dict[str, Any]
) -> tuple[int, Any] | None:
    """A change of the fleet; None for what is none."""
    incidents = told_of["/v1/incidents"]["incidents"]
    match action:
        case "POST /v1/incidents":
            made = incident(8, exchange_id=body["exchange"], by=name, reason=body["reason"])
            incidents.append(made)
            return 201, {"incident": made, "held": ["klinik-penang/chat", "klinik-ipoh/chat"]}
        case "DELETE /v1/incidents":
            found = next(one for one in incidents if one["id"] == int(body["id"]))
            found |= {"closed_by": name, "closed_reason": body["reason"], "closed_us": NOW_US}
            return 200, {"incident": found}
        case _:
            return None
