"""Four rollouts at four places of the way, and comparisons in English, Malay and Chinese, as the control API's JSON."""

from __future__ import annotations

import math
from typing import Any

NOW_US = 1_795_234_200_000_000  # 2026-11-21 04:10 UTC
HOUR_US = 3_600_000_000
STEPS = [
    {
        "percent": 5,
        "sessions": None,
        "min_served": 50,
        "soak_s": 3600,
        "latency_evidence": False,
    },
    {
        "percent": 25,
        "sessions": None,
        "min_served": 50,
        "soak_s": 3600,
        "latency_evidence": True,
    },
    {
        "percent": 50,
        "sessions": None,
        "min_served": 50,
        "soak_s": 3600,
        "latency_evidence": True,
    },
]
GATES = ("equivalence", "errors", "latency", "flags")

PAIRS = [
    {
        "prompt": "How should my father take his metformin? He is 71 and his eGFR is 52.",
        "primary": "Take metformin 500 mg twice daily with meals.\nRecheck kidney function every 3 to 6 months; stop if eGFR falls below 30.",
        "candidate": "Take metformin 850 mg twice daily with meals.\nRecheck kidney function every 3 to 6 months; stop if eGFR falls below 30.",
        "equivalence": 0.71,
        "flags": [
            {"code": "DOSE_CONFLICT", "severity": "fail", "evidence": "primary says 500 mg, candidate says 850 mg"},
            {"code": "NUMBER_MISSING", "severity": "review", "evidence": "500"},
        ],
    },
    {
        "prompt": "Bolehkah saya makan ubat darah tinggi bersama jus limau gedang?",
        "primary": "Elakkan jus limau gedang jika anda mengambil amlodipine atau felodipine, kerana ia boleh meningkatkan kesan ubat. Tanya ahli farmasi anda.",
        "candidate": "Elakkan jus limau gedang jika anda mengambil amlodipine, kerana ia boleh menguatkan kesan ubat. Sila tanya ahli farmasi anda dahulu.",
        "equivalence": 0.93,
        "flags": [],
    },
    {
        "prompt": "孩子发烧38.5度，可以吃多少扑热息痛？体重16公斤。",
        "primary": "按体重计算，每次15毫克/公斤，即约240毫克，每4至6小时一次，24小时内不超过4次。如高烧超过3天请就医。",
        "candidate": "按体重计算，每次15毫克/公斤，即约240毫克，每6小时一次，24小时内不超过4次。若精神差或高烧超过3天请立即就医。",
        "equivalence": 0.88,
        "flags": [{"code": "LENGTH_RATIO", "severity": "info", "evidence": "candidate is 1.1 times as long"}],
    },
    {
        "prompt": "Show me <b>bold</b> text & a link",
        "primary": "Plain: <b>not bold</b>, [link](https://example.invalid), `code`, $x^2$ and :smile: -> 1.",
        "candidate": "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script># Not a heading",
        "equivalence": None,
        "no_score": "there is nothing but markup to compare",
        "flags": [{"code": "FORMAT_CHANGED", "severity": "review", "evidence": "<script>alert(1)</script>"}],
    },
]  # fmt: skip


def history(sessions: int, rates: dict[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """Evidence that grows by the given log10 units per 100 sessions, with a little wobble."""
    moments = []
    for n in [*range(0, sessions, max(1, sessions // 120)), sessions]:
        gates = {
            gate: {
                "for": round(up * n / 100 + 0.12 * math.sin(n / 23 + index), 3) if n else 0.0,
                "against": round(down * n / 100 - 0.05 * math.sin(n / 31 + index), 3)
                if n
                else 0.0,
            }
            for index, (gate, (up, down)) in enumerate(rates.items())
        }
        moments.append(
            {"n": n, "epoch": 1, "at_us": NOW_US - (sessions - n) * 20_000_000, "gates": gates}
        )
    return moments


def evidence(moments: list[dict[str, Any]], sentences: dict[str, str]) -> list[dict[str, Any]]:
    """The last moment of a history as evidence rows."""
    last = moments[-1]
    return [
        {
            "gate": gate, "for": reading["for"], "against": reading["against"], "needed": 1.301,
            "roll_back_at": 2.38, "n": last["n"], "mode": "act", "asked": True, "pooled": None,
            "sentence": sentences.get(gate, ""),
        }
        for gate, reading in last["gates"].items()
    ]  # fmt: skip


def rollout(tenant: str, stage: str, **other: Any) -> dict[str, Any]:
    """A rollout's view; `other` replaces what is usual."""
    moments = other.pop("history", None) or history(0, dict.fromkeys(GATES, (0.0, 0.0)))
    sentences = other.pop("sentences", {})
    slower = other.pop("slower", 1.0)
    usual = {
        "tenant": tenant, "route": "chat", "stage": stage, "share": 0.0, "step": 0, "steps": STEPS,
        "attempt": 1, "epoch": 2, "since_us": NOW_US - 26 * HOUR_US, "held_by": "", "hold_reason": "",
        "verdict": "hold", "reasons": [], "waits_for": "", "late": 0, "frozen": "", "plan": "", "rejection": None, "dry_run": [], "rolled_back": None,
        "unpaired": 0, "pooled": {},
        "primary": {"upstream": "openai", "model": "gpt-4o-2024-05-13"},
        "candidate": {"upstream": "gpu-1", "model": "llama-3.1-70b-instruct"},
        "cloud": "allowed", "pinned": None, "sessions": moments[-1]["n"], "comparisons": 0,
        "ledger": {"seen": 0, "excluded": 0, "unsampled": 0, "shed": 0, "failed": 0, "pending": 0, "compared": 0},
        "evidence": evidence(moments, sentences), "proposal": None, "transitions": [], "history": moments,
        "latency": {
            "primary_ms": [620 + 11 * (n * 37 % 100) for n in range(200)],
            "candidate_ms": [slower * (540 + 13 * (n * 53 % 100)) for n in range(200)],
            "primary_first_ms": [180 + 2 * (n * 37 % 100) for n in range(200)],
            "candidate_first_ms": [slower * (120 + 2 * (n * 53 % 100)) for n in range(200)],
        },
        "flags": {"of": 300, "kinds": [
            {"severity": "fail", "code": "DOSE_CONFLICT", "comparisons": 4},
            {"severity": "info", "code": "LENGTH_RATIO", "comparisons": 75},
            {"severity": "review", "code": "NUMBER_MISSING", "comparisons": 21},
        ]},
    }  # fmt: skip
    return usual | other


def started(at_us: int) -> dict[str, Any]:
    """The first transition of every rollout."""
    return {
        "signal": "start", "from": "off", "to": "mirror", "from_share": 0, "to_share": 0, "epoch": 1,
        "at_us": at_us, "actor": "controller", "reason": "the policy starts this rollout in mirror",
    }  # fmt: skip


def rollouts() -> list[dict[str, Any]]:
    """Four clinics at four places of the way."""
    healthy = dict(
        zip(GATES, [(0.19, -0.10), (0.22, -0.12), (0.17, -0.08), (0.21, -0.11)], strict=True)
    )
    harmed = dict(
        zip(GATES, [(-0.9, 0.86), (0.02, -0.02), (0.1, -0.05), (-0.4, 0.92)], strict=True)
    )
    return [
        rollout(
            "klinik-bangsar", "canary", share=5.0, epoch=3, verdict="promote",
            reasons=["every gate has shown what it asks for", "64 sessions served at 5 %, soaked 1 h 20 min"],
            waits_for="a lead to approve widen (25 %)",
            history=history(820, healthy), comparisons=1_904,
            ledger={"seen": 2_310, "excluded": 31, "unsampled": 350, "shed": 0, "failed": 4, "pending": 21, "compared": 1_904},
            sentences={
                "equivalence": "The candidate agrees with the primary as well as the primary with itself, within 0.15.",
                "errors": "The candidate failed 2 of 820 sessions that the primary answered (bar 1.85 %).",
                "latency": "3.1 % of sessions were slower than 2 s (bar 5 %).",
                "flags": "1.2 % of answers carry a fail flag (bar 4 %).",
            },
            transitions=[started(NOW_US - 30 * HOUR_US), {
                "signal": "enter_canary", "from": "mirror", "to": "canary", "from_share": 0, "to_share": 5, "epoch": 3,
                "at_us": NOW_US - 2 * HOUR_US, "actor": "aisyah", "reason": "Evidence looks clean on all three languages.",
            }],
            since_us=NOW_US - 2 * HOUR_US,
            proposal={
                "id": "p-7", "signal": "widen", "from_share": 5.0, "to_share": 25.0, "proposer": "controller", "reason": "every gate has shown what it asks for",
                "at_us": NOW_US - HOUR_US // 3, "expires_us": NOW_US + 23 * HOUR_US,
                "evidence_sha256": "9f2c1b7e4d0a86f35c1e7b90aa42d6c8f1035e9b7c64d2a8e0b1f39d5a7c6e42",
                "approvals": [], "needed": 1, "ticket": "",
            },
        ),
        rollout(
            "klinik-ipoh", "mirror", reasons=["equivalence is at 62 % of what it needs", "errors are at 70 % of what they need"],
            waits_for="about 330 more sessions until equivalence can be shown", comparisons=610,
            history=history(430, healthy), slower=1.35,
            ledger={"seen": 702, "excluded": 12, "unsampled": 60, "shed": 3, "failed": 1, "pending": 16, "compared": 610},
            transitions=[started(NOW_US - 26 * HOUR_US)],
        ),
        rollout(
            "klinik-johor", "rolled_back", route="reason", epoch=4, verdict="roll_back",
            reasons=["equivalence and fail flags show harm, 10^2.5 to 1 where 10^2.38 is enough"],
            rolled_back={"by": "controller", "reason": "harm shown by equivalence and flags", "at_us": NOW_US - 3 * HOUR_US, "for_harm": True},
            waits_for="a person to resume it, after its rest, which ends 2026-11-22 01:10 UTC (09:10 Kuala Lumpur)", comparisons=901, cloud="forbidden",
            history=history(290, harmed), slower=2.1, since_us=NOW_US - 3 * HOUR_US,
            primary={"upstream": "gpu-old", "model": "qwen2-7b-instruct"},
            ledger={"seen": 1_002, "excluded": 0, "unsampled": 90, "shed": 0, "failed": 11, "pending": 0, "compared": 901},
            transitions=[started(NOW_US - 60 * HOUR_US), {
                "signal": "enter_canary", "from": "mirror", "to": "canary", "from_share": 0, "to_share": 5, "epoch": 3,
                "at_us": NOW_US - 9 * HOUR_US, "actor": "aisyah", "reason": "All gates shown.",
            }, {
                "signal": "roll_back", "from": "canary", "to": "rolled_back", "from_share": 5, "to_share": 0, "epoch": 4,
                "at_us": NOW_US - 3 * HOUR_US, "actor": "controller", "reason": "harm shown by equivalence and flags",
            }],
        ),
        rollout(
            "klinik-penang", "live", share=100.0, epoch=7, step=0, comparisons=8_420, held_by="farid",
            hold_reason="GPU driver update on Tuesday", reasons=["nothing speaks against the candidate"],
            waits_for="farid to lift the hold: GPU driver update on Tuesday", history=history(1_900, healthy), since_us=NOW_US - 300 * HOUR_US,
            ledger={"seen": 9_950, "excluded": 80, "unsampled": 1_420, "shed": 0, "failed": 18, "pending": 12, "compared": 8_420},
            transitions=[started(NOW_US - 700 * HOUR_US)],
        ),
    ]  # fmt: skip


def frozen(found: dict[str, Any]) -> dict[str, Any]:
    """The evidence of a rollout's proposal as it is frozen: that of now."""
    proposal = found["proposal"]
    told = {name: found[name] for name in ("verdict", "reasons", "sessions", "evidence")}
    names = ("id", "reason", "ticket", "at_us", "evidence_sha256")
    kept = {name: proposal.get(name, "") for name in names}
    return {**kept, **told, "state": "open", "why": "", "intact": True}


def comparison(number: int) -> dict[str, Any]:
    """The comparison of that number, made of one of the written pairs."""
    pair = PAIRS[number % len(PAIRS)]
    return {
        "number": number, "exchange_id": f"01JD{number:08d}", "at_us": NOW_US - (60 - number) * 40_000_000,
        "session": f"s-{number // 3}", "serving": "primary", "attribution": "both_answered",
        "noise_floor": 0.9 if number % 5 == 0 else None, "missing": "", "no_score": "", "unpaired": "", "alone": "", "closed": "", "signals": {"alignment": 0.9},
        "performance": {"primary": {"total_ms": 910 + number, "first_token_ms": 210},
                        "candidate": {"total_ms": 780 + number * 2, "first_token_ms": 160}},
        "primary_served": {"upstream": {"value": "openai", "source": "declared"}},
        "candidate_served": {"model": {"value": "llama", "source": "observed"}},
    } | pair  # fmt: skip
