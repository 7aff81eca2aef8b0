"""Builders of the values that tests need, so that a test says only what it is about."""

from dataclasses import dataclass, field, replace

from compare.comparison import Attribution
from cutover.evidence.gates import Basis
from cutover.evidence.observation import Rules
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.candidate import candidate_fingerprint
from mirror.egress_record import Intent, Purpose
from mirror.exchange import Accept, End, Leg, Outcome, Reply, Side
from policies.gates import FirstTokenGate, SevereGate, WatchGate
from policies.policy import (
    Alpha,
    Approvals,
    Coverage,
    EquivalenceGate,
    FlagsGate,
    Gates,
    LatencyGate,
    Policy,
    Sessions,
    ShareGate,
    Step,
    Terms,
)

SECOND = 1_000_000

# Deadlines that no machine, however busy, reaches by being slow; and those of tests that wait for them.
PATIENT = {"first_event_s": 60, "answer_s": 60}
PROMPT = {"first_event_s": 0.3, "answer_s": 0.3}

# The rehearsal's wide margins: everything moves within a hundred sessions.
REHEARSAL = Terms(
    gates=Gates(
        equivalence=EquivalenceGate(margin=0.15, clip=0.5, weight=0.30),
        errors=ShareGate(at_most=0.10, weight=0.20),
        latency=LatencyGate(at_most=0.10, weight=0.15),
        flags=FlagsGate(at_most=0.15, weight=0.35),
        severe=SevereGate(at_most=0.10, weight=0.02),
        first_token=FirstTokenGate(at_most=0.10, weight=0.01),
        schema_validity=WatchGate(at_most=0.10, weight=0.02),
    ),
    alpha=Alpha(promote=0.05, roll_back=0.05, mirror_part=0.2),
    steps=(
        Step(percent=20, min_served=10, soak_s=0),
        Step(percent=50, min_served=10, soak_s=0, latency_evidence=True),
    ),
    approvals=Approvals(to_canary=1, to_live=1),
    sessions=Sessions(exchanges=1, open_s=0),
    coverage=Coverage(hours=0),
    mixture_every=5,
    cooldown_s=60,
)
REHEARSAL_RULES = Rules(REHEARSAL, Basis.NOISE)


@dataclass(frozen=True)
class Scored:
    """One compared exchange, as evidence sees it; a good one unless said."""

    exchange_id: str
    session: str
    accepted_us: int
    serving: str = "primary"
    streaming: bool = False
    resent: bool = False
    attribution: str = Attribution.BOTH_ANSWERED.value
    equivalence: float | None = 0.95
    noise_floor: float | None = 0.95
    fail_codes: tuple[str, ...] = ()
    candidate_us: int | None = 500_000
    candidate_first_token_us: int | None = None
    primary_us: int | None = 500_000
    primary_first_token_us: int | None = None
    signals: dict[str, float] = field(default_factory=dict)
    late: str = ""
    recorded_key: str = ""
    unpaired: str = ""
    at_us: int | None = None  # compared at once
    comparators: str = ""

    def __post_init__(self):
        if self.at_us is None:
            object.__setattr__(self, "at_us", self.accepted_us)


def scored(number, *, session=None, at_s=None, **values):
    """The exchange of a number: its own session, a second after the one before."""
    return Scored(
        exchange_id=f"e{number:06}",
        session=f"s{number:06}" if session is None else session,
        accepted_us=round((number if at_s is None else at_s) * SECOND),
        **values,
    )


def failure(row):
    """The same exchange, had the candidate failed alone."""
    scored = [name for name in ("schema", "judge") if f"{name}_primary" in row.signals]
    owed = {f"{name}_candidate": 0.0 for name in scored}
    return replace(
        row,
        signals=row.signals | owed,
        attribution=Attribution.CANDIDATE_FAILED.value,
        equivalence=None,
        fail_codes=(),
        candidate_us=None,
        candidate_first_token_us=None,
    )


def unasked(number, **values):
    """An exchange that the candidate was not asked for, because it lacks what it needs."""
    return scored(
        number,
        attribution=Attribution.CAPABILITY_GAP.value,
        equivalence=None,
        noise_floor=None,
        candidate_us=None,
        **values,
    )


def missed(number, **values):
    """An exchange whose copy to the candidate was shed."""
    told = {"attribution": "not_copied", "equivalence": None, "noise_floor": None}
    return scored(number, candidate_us=None, unpaired="backlog", **told | values)


def rollout(stage=Stage.MIRROR, step=0, **values):
    """A rollout at its first attempt, in this stage since time zero."""
    given = {"epoch": 1, "attempt": 1, "since_us": 0, "candidate": "c" * 64, **values}
    return Rollout("clinic", "chat", stage, step, **given)


def two_sided(primary, candidate, *, deadlines=None, capacity=None, **changes):
    """A policy of two base URLs: `cloud` the primary, `gpu` the candidate, models `big` and `own`.

    `capacity` is the candidate's. Tenant `clinic` may use the cloud; tenant `hospital` may not, though its rollout says so.
    """
    terms = {"deadlines": deadlines or PATIENT}
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    written = {
        "version": 1,
        "deployment": "test",
        "production": False,
        "upstreams": {
            "cloud": {"base_url": primary, "location": "cloud", "models": ["big"]},
            "gpu": {
                "base_url": candidate,
                "location": "onprem",
                "models": ["own"],
                "capacity": capacity or {},
            },
        },
        "tenants": {
            "clinic": {
                "identify": {"header": "clinic"},
                "cloud": "allowed",
                "pass_through": "cloud",
            },
            "hospital": {"identify": {"header": "hospital"}, "cloud": "forbidden"},
        },
        "terms": terms,
        "rollouts": [
            {"tenant": tenant, "route": "chat", **sides} for tenant in ("clinic", "hospital")
        ],
    }
    return Policy.model_validate(written | changes)


def believed(table, policy):
    """The route table as it is when its rollouts were judged with the policy's candidates."""
    rows = dict(table.standings)
    for key, row in table.standings.items():
        if rollout := policy.rollout_of(*key):
            rows[key] = replace(row, candidate=candidate_fingerprint(policy, rollout))
    return replace(table, standings=rows)


def accepted(number, **changes):
    """An accepted chat request of clinic, to be compared unless said."""
    values = {
        "id": f"e{number:06}",
        "tenant": "clinic",
        "route": "chat",
        "session": f"s{number:06}",
        "accepted_us": 1_700_000_000 * SECOND + number,
        "method": "POST",
        "path": "/v1/chat/completions",
        "requested_model": "big",
        "streaming": False,
        "stage": "mirror",
        "epoch": 1,
        "serving": Side.PRIMARY,
        "outcome": Outcome.PENDING,
        "headers": {"content-type": "application/json"},
        "body": b'{"model": "big", "messages": []}',
    }
    return Accept(**values | changes)


def replied(number, leg=Leg.SERVED, **changes):
    """The complete reply of one leg; the primary's from the cloud, the candidate's from the GPU server."""
    candidate = leg is Leg.SHADOW
    values = {
        "exchange_id": f"e{number:06}",
        "leg": leg,
        "side": Side.CANDIDATE if candidate else Side.PRIMARY,
        "upstream": "gpu" if candidate else "cloud",
        "location": "onprem" if candidate else "cloud",
        "model": "own" if candidate else "big",
        "sent_us": 1_700_000_000 * SECOND + number,
        "end": End.COMPLETE,
        "status": 200,
        "total_us": 250_000,
        "body": b'{"choices": []}',
    }
    return Reply(**values | changes)


def intended(number, **changes):
    """A request to the cloud that is about to leave, for an answer to clinic unless said."""
    values = {
        "id": f"d{number:06}",
        "exchange_id": f"e{number:06}",
        "purpose": Purpose.SERVED,
        "tenant": "clinic",
        "upstream": "cloud",
        "call": "POST /v1/chat/completions",
        "sent_bytes": 32,
        "at_us": 1_700_000_000 * SECOND + number,
        "before": False,
    }
    return Intent(**values | changes)
