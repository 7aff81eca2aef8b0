"""A control API to test the dashboard against: the real JSON over real HTTP, kept in memory.

    with FakeControl() as control:
        control.url, control.calls, control.rollout("klinik-bangsar", "chat")

Run by hand (`python tests/dashboards/fake_control.py 8081`) it serves until interrupted.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import fake_exports
import fake_fleet
import fake_keeping
from fake_plan import Plans
from fake_rollouts import NOW_US, comparison, frozen, rollouts

PASSWORD = "correct horse battery"
FROM_PROVIDER = {"sign_in_again": "http://localhost:9/again?anew=true", "fresh_until_us": 1}
PEOPLE = {
    "token-aisyah": {"name": "aisyah", "roles": ["viewer", "engineer", "lead"]},
    "token-farid": {"name": "farid", "roles": ["viewer", "engineer"]},
    "token-siti": {"name": "siti", "roles": ["viewer"], "tenants": {"klinik-ipoh": ["lead"]}},
    "token-lim": {"name": "lim", "roles": ["clinical-reviewer"]},
    "token-mei": {"name": "mei", "roles": ["viewer"]},
    "token-cora": {"name": "cora", "roles": ["compliance"]},
    "token-dewi": {"name": "dewi", "roles": ["compliance"]},
    "token-gina": {"name": "gina", "roles": ["break-glass"]},
    "token-nurul": {"name": "nurul@idp", "roles": ["lead"], **FROM_PROVIDER},
    "token-omar": {
        "name": "omar@idp",
        "roles": ["lead"],
        **FROM_PROVIDER,
        "fresh_until_us": 10**17,
    },
}


@dataclass
class FakeControl:
    """The server. `refuse` maps an action to the problem it answers with; `calls` keeps every call."""

    port: int = 0
    production: bool = False
    page_of: int = 200
    ways: dict[str, Any] = field(default_factory=lambda: {"oidc": None, "provider": None})
    version: str = field(default_factory=lambda: version("crossfade"))
    zone: str = "Asia/Kuala_Lumpur"
    rollouts: list[dict[str, Any]] = field(default_factory=rollouts)
    comparisons: list[dict[str, Any]] = field(
        default_factory=lambda: [comparison(number) for number in range(60, 0, -1)]
    )
    told_of: dict[str, dict[str, Any]] = field(default_factory=fake_fleet.told)
    log: list[dict[str, Any]] = field(
        default_factory=lambda: [fake_fleet.event(seq) for seq in range(120, 0, -1)]
    )
    exports: list[dict[str, Any]] = field(
        default_factory=lambda: [fake_exports.order(2), fake_exports.done(1)]
    )
    holds: list[dict[str, Any]] = field(default_factory=lambda: [fake_keeping.hold(1)])
    frozen: dict[str, dict[str, Any]] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)
    refuse: dict[str, tuple[int, str] | tuple[int, str, str]] = field(default_factory=dict)
    """By action: the status, the detail and, where it has one, the type of what it is refused with."""
    late: dict[str, threading.Event] = field(default_factory=dict)
    """By action: it is done at once, and answered when this is set."""
    keys: list[str] = field(default_factory=list)
    """The key of every change that was asked for, also of those that were done before."""
    answered: dict[str, tuple[int, Any]] = field(default_factory=dict)
    instead: Callable[[], tuple[int, Any]] | None = None
    """What every look but that at oneself is answered with."""
    calls: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"control": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends serving; once more does nothing."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rollout(self, tenant: str, route: str) -> dict[str, Any] | None:
        wanted = (r for r in self.rollouts if (r["tenant"], r["route"]) == (tenant, route))
        return next(wanted, None)

    def posted(self, action: str) -> list[tuple[str, dict[str, Any]]]:
        """Token and body of every change of that kind that was asked for."""
        return [
            (token, body)
            for method, path, token, body in self.calls
            if method != "GET" and path.endswith("/" + action)
        ]

    def answer(
        self, method: str, path: str, token: str, body: dict[str, Any]
    ) -> tuple[int, Any]:
        if path == "/healthz":
            return 200, {"status": "ok"}
        if path == "/v1/sign-in":
            return 200, self.ways
        self.calls.append((method, path, token, body))
        if path in ("/v1/sessions", "/v1/sessions/handovers"):
            return self.sessions(method, token, body)
        person = PEOPLE.get(token)
        if person is None:
            return 401, problem(401, "unknown token")
        if self.instead is not None and path not in ("/v1/me", "/v1/deployment"):
            return self.instead()
        told = self.told(path, person, body) if method == "GET" else None
        return (
            told
            or fake_exports.answer(self.exports, method, path, person, body)
            or fake_keeping.answer(self.holds, method, path, person, body)
            or self.of_fleet(method, path, person["name"], body)
            or self.asked(method, path, person, body)
        )

    def once(
        self, key: str, method: str, path: str, token: str, body: dict[str, Any]
    ) -> tuple[int, Any]:
        """The answer to a change, done where there was none with this key; late where it is to be."""
        self.keys.append(key)
        if key not in self.answered:
            status, told = self.answer(method, path, token, body)
            if status >= 300:
                return status, told
            self.answered[key] = status, told
        if event := self.late.get(path.rpartition("/")[2]):
            event.wait(120)
        return self.answered[key]

    def refusal(self, action: str) -> tuple[int, Any]:
        """What an action is refused with."""
        status, *said = self.refuse[action]
        return status, problem(status, *said)

    def of_fleet(
        self, method: str, path: str, name: str, body: dict[str, Any]
    ) -> tuple[int, Any] | None:
        """A deed that is of no one rollout, or a look at the plan; None for any other path."""
        if path not in (*self.plans.paths, *self.told_of):
            return None
        if method != "GET" and (action := path.rpartition("/")[2]) in self.refuse:
            return self.refusal(action)
        if path in self.told_of:
            return fake_fleet.act(self.told_of, f"{method} {path}", name, body)
        status, answered = self.plans.answer(method, path, name, body)
        return status, problem(status, answered) if status >= 400 else answered

    def asked(
        self, method: str, path: str, person: dict[str, Any], body: dict[str, Any]
    ) -> tuple[int, Any]:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts[1] == "comparisons" and parts[-1] == "labels":
            return fake_fleet.label(self.comparisons, int(parts[2]), person["name"], body)
        found = self.rollout(parts[2], parts[3]) if len(parts) >= 4 else None
        if found is None:
            return 404, problem(404, "there is no such rollout")
        action = parts[4] if len(parts) > 4 else ""
        if method == "GET":
            if action == "proposals":
                return self.frozen_of(found, parts[5])
            return 200, found if not action else self.page(body)
        if action in self.refuse:
            return self.refusal(action)
        return self.act(found, f"{method} {action}", person["name"], body)

    def told(
        self, path: str, person: dict[str, Any], query: dict[str, Any]
    ) -> tuple[int, Any] | None:
        """What is told of no one rollout; None for any other path."""
        match path:
            case "/v1/me":
                return 200, person
            case "/v1/approvals":
                return 200, self.approvals()
            case "/v1/events" if "events" in self.refuse:
                return self.refusal("events")
            case "/v1/events":
                return 200, fake_fleet.log(self.log, query)
            case "/v1/deployment":
                return 200, self.deployment()
            case "/v1/rollouts":
                found = self.board(query)
                return found.get("status", 200), found
            case _ if path in self.told_of:
                return 200, self.told_of[path]
            case _:
                return fake_fleet.comparisons(self.comparisons, path, query)

    def approvals(self) -> dict[str, Any]:
        """Proposals and rejections of all rollouts, as their views have them."""

        def of(name: str) -> list[dict[str, Any]]:
            return [
                {**r[name], "tenant": r["tenant"], "route": r["route"]}
                for r in self.rollouts
                if r[name]
            ]

        return {"open": of("proposal"), "rejected": of("rejection")}

    def frozen_of(self, found: dict[str, Any], id: str) -> tuple[int, Any]:
        """The evidence of a proposal: that of its rollout, as it was first asked for."""
        proposal = found["proposal"]
        if proposal is None or proposal["id"] != id:
            return 404, problem(404, "there is no such proposal")
        told = self.frozen.setdefault(id, frozen(found))
        return 200, told

    def deployment(self) -> dict[str, Any]:
        told = {"production": self.production, "version": self.version, "zone": self.zone}
        return {"name": "klinik-group", **told}

    def sessions(self, method: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        if method == "DELETE":
            return 200, {"name": PEOPLE[token]["name"]}
        if "browser" in body and body["code"] != "from-the-provider":
            return 401, problem(401, "this sign-in is nobody's")
        body = {"name": "omar", "password": PASSWORD} if "browser" in body else body
        token = f"token-{body['name']}"
        if token not in PEOPLE or body["password"] != PASSWORD:
            why = "this name with this password, or this code, is nobody's"
            return 403, problem(403, why, "/problems/not-proven")
        session = {
            "token": token,
            "name": body["name"],
            "auth_us": NOW_US,
            "expires_us": NOW_US,
        }
        return 201, session

    def board(self, query: dict[str, Any] | None = None) -> dict[str, Any]:
        asked = query or {}
        heavy = ("transitions", "history", "latency", "flags")
        all_needs = [needs(r) for r in self.rollouts]
        fit = [
            (r, need) for r, need in zip(self.rollouts, all_needs, strict=True)
            if asked.get("stage") in (None, r["stage"])
            and asked.get("verdict") in (None, r["verdict"])
            and asked.get("needs_person") in (None, "true" if need else "false")
            and all(word in findable(r) for word in asked.get("q", "").lower().split())
        ]  # fmt: skip
        if not (cursor := asked.get("cursor", "0")).isdecimal():
            return problem(422, "`cursor` is no cursor that a page gave")
        begin = int(cursor)
        end = begin + min(self.page_of, int(asked.get("limit", 200)))
        listed = [
            {**{k: v for k, v in r.items() if k not in heavy}, "needs": need}
            for r, need in fit[begin:end]
        ]
        count = {
            "stages": Counter(r["stage"] for r in self.rollouts),
            "verdicts": Counter(r["verdict"] for r in self.rollouts),
            "needs": Counter(filter(None, all_needs)),
            "needs_person": len(list(filter(None, all_needs))),
            "held": sum(bool(r["held_by"]) for r in self.rollouts),
        }
        return {
            "production": self.production, "deployment": "klinik-group", "rollouts": listed,
            "found": len(fit), "next": str(end) if end < len(fit) else None,
            "summary": {"rollouts": len(self.rollouts), **count},
        }  # fmt: skip

    def page(self, query: dict[str, Any]) -> dict[str, Any]:
        before, limit = int(query.get("before", 10**9)), int(query.get("limit", 20))
        flag = query.get("flag", "")
        fit = [
            c for c in self.comparisons
            if c["number"] < before and (not flag or flag in [f["code"] for f in c["flags"]])
        ]  # fmt: skip
        more = len(fit) > limit
        return {"comparisons": fit[:limit], "next": fit[limit - 1]["number"] if more else None}

    def act(
        self, found: dict[str, Any], action: str, name: str, body: dict[str, Any]
    ) -> tuple[int, Any]:
        match action:
            case "POST approvals":
                proposal, found["proposal"] = found["proposal"], None
                found |= {"stage": "canary", "share": proposal["to_share"], "step": 1}
                found |= {"verdict": "hold", "reasons": ["a new step has begun"]}
                found |= {"waits_for": "50 sessions served by the candidate at 25 %"}
                move = self._move(found, "widen", proposal["from_share"], name, body["reason"])
                return 201, {"approval": {}, "applied": True, "why": "", "transition": move}
            case "POST rollbacks":
                share = found["share"]
                found |= {"stage": "rolled_back", "share": 0.0, "proposal": None}
                found |= {
                    "verdict": "roll_back",
                    "reasons": [f"rolled back by {name}: {body['reason']}"],
                }
                found["rolled_back"] = {
                    "by": name,
                    "reason": body["reason"],
                    "at_us": NOW_US,
                    "for_harm": False,
                }
                move = self._move(found, "roll_back", share, name, body["reason"])
                return 201, {"transition": move}
            case "POST holds":
                found |= {"held_by": name, "hold_reason": body["reason"]}
                return 201, {}
            case "DELETE holds":
                found |= {"held_by": "", "hold_reason": ""}
                return 200, {}
            case "POST rejections":
                found["rejection"] = {
                    "id": body["proposal"], "to_share": 25.0, "name": name, "reason": body["reason"],
                    "at_us": NOW_US, "sentence": f"{name} rejected it: {body['reason']}",
                }  # fmt: skip
                found["proposal"] = None
                return 201, {}
            case "DELETE rejections":
                found["rejection"] = None
                return 200, {}
            case "POST proposals":
                found["proposal"] = rollouts()[0]["proposal"] | {"proposer": name, "id": "p-8"}
                return 201, {"proposal": found["proposal"]}
        return 405, problem(405, "no such action")

    def _move(
        self, found: dict[str, Any], signal: str, from_share: float, name: str, reason: str
    ) -> dict[str, Any]:
        found["epoch"] += 1
        move = {
            "signal": signal, "from": "canary", "to": found["stage"], "from_share": from_share,
            "to_share": found["share"], "epoch": found["epoch"], "at_us": NOW_US, "actor": name, "reason": reason,
        }  # fmt: skip
        found["transitions"] = [*found["transitions"], move]
        return move


def needs(rollout: dict[str, Any]) -> str | None:
    """What a rollout needs a person for."""
    if rollout["held_by"]:
        return "hold"
    if rollout["proposal"]:
        return None if rollout["frozen"] or rollout["plan"] else "approval"
    return "resume" if rollout["stage"] == "rolled_back" else None


def findable(rollout: dict[str, Any]) -> str:
    """The words that a rollout is found by."""
    models = (rollout["primary"]["model"], rollout["candidate"]["model"])
    parts = (rollout["tenant"], rollout["route"], *models, rollout["stage"], rollout["verdict"])
    return " ".join(parts).lower()


def problem(status: int, detail: str, type: str = "about:blank") -> dict[str, Any]:
    return {"type": type, "title": "refused", "status": status, "detail": detail}


class _Handler(BaseHTTPRequestHandler):
    control: FakeControl
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else {}
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        asked = (self.command, parts.path, token, query | sent)
        key = self.headers.get("idempotency-key", "")
        before = key in self.control.answered
        status, body = self.control.once(key, *asked) if key else self.control.answer(*asked)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/json" if status < 400 else "application/problem+json"
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        if before:
            self.send_header("idempotency-replayed", "true")
        self.end_headers()
        with suppress(OSError):  # who asked may not wait any longer
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `calls` instead."""


if __name__ == "__main__":
    with FakeControl(port=int(sys.argv[1])) as fake:
        threading.Event().wait()
