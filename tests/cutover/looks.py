"""Looks at rollouts, as `status` and `watch` take them."""

from functools import cache

from rollouts import a_policy

from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.views import NOT_JUDGED, Known, view

PROPOSAL = {"id": "p1", "to_share": 5.0, "proposer": "controller"}


@cache
def _whole():
    policy = a_policy()
    rollout = Rollout("clinic", "chat", Stage.MIRROR, 0, 1, 1, 0, "one")
    return view(policy, policy.rollouts[0], Known(rollout, NOT_JUDGED, None, {})).body()


def a_row(tenant="clinic", route="chat", **given):
    """A rollout with everything that the control API tells of one; what is given is as it is told."""
    waits = {"verdict": "hold", "waits_for": "212 more sessions", "reasons": []}
    return _whole() | waits | {"tenant": tenant, "route": route, **given}


def a_look(*rows, **given):
    return {
        "production": True,
        "rollouts": list(rows),
        "switches": {"emergencies": [], "drains": []},
        "load": {"upstreams": [], "backlog": [], "shed": [], "breakers": []},
        **given,
    }
