"""Three clinics with one candidate on one server, whose sessions tests make up one by one."""

import json
from dataclasses import replace

from builders import REHEARSAL
from rollouts import World, a_policy, insert_exchange

from compare.comparison import Attribution
from mirror.exchange import End, Side
from mirror.journal import events

TENANTS = ("a", "b", "c")
RESTS = REHEARSAL.model_copy(update={"cooldown_s": 3600})


def of(tenant, start="mirror"):
    return {
        "tenant": tenant,
        "route": "chat",
        "start": start,
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }


def three(**changes):
    """Clinics a and b begin to mirror at once, c when somebody starts it."""
    tenants = {
        name: {"identify": {"header": name}, "cloud": "allowed", "reask": True}
        for name in TENANTS
    }
    rollouts = [of("a"), of("b"), of("c", "off")]
    given = {"tenants": tenants, "rollouts": rollouts, "terms": RESTS}
    return a_policy(**given | changes)


class Fleet(World):
    def act(self, tenant, sessions, **values):
        """So many sessions of one clinic, all within a second or two."""
        self.key = (tenant, "chat")
        for _ in range(sessions):
            self.clock.pass_s(0.1)
            self.count += 1
            insert_exchange(self, **values)

    def slow(self, tenant, sessions):
        """After three in mirror slowness is likely, after four it is shown, and by far after six."""
        self.act(tenant, sessions, replied=slowly)

    def stages(self):
        return [self.controller.view((one, "chat")).stage for one in TENANTS]

    def told(self, tenant, prefix="rollback."):
        with self.store.read() as conn:
            found = [json.loads(one.body) for one in events.read(conn, tenant, limit=100_000)]
        return [one for one in found if one["type"].startswith(prefix)]

    def rolled_back(self, tenant):
        moves = self.told(tenant, "state.transition")
        return [one["reason"] for one in moves if one["details"]["signal"] == "roll_back"]


def slowly(reply):
    return replace(reply, total_us=9_000_000) if reply.side is Side.CANDIDATE else reply


def failing(side):
    def fail(reply):
        return replace(reply, end=End.HTTP_ERROR, status=500) if reply.side is side else reply

    return fail


def primary_down(fleet, tenant="b", sessions=25):
    fleet.act(
        tenant,
        sessions,
        replied=failing(Side.PRIMARY),
        attribution=Attribution.PRIMARY_FAILED,
        equivalence=None,
        noise_floor=None,
    )


def in_canary(fleet, *tenants):
    for tenant in tenants or ("a",):
        fleet.key = (tenant, "chat")
        fleet.to_canary()
