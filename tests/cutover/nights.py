"""A rollout whose mirror began anew, with stored requests of before, and a candidate that is a real server."""

import numpy as np
from builders import REHEARSAL
from rollouts import ANNA, KEY, World, a_policy

from compare.score import Scorer
from cutover import history
from cutover.acceptance.run import narrowed
from cutover.evidence import course
from cutover.evidence.observation import retold
from cutover.resend import resent
from cutover.resend.resending import Resending
from mirror.egress import Egress
from mirror.journal import exchanges
from policies.low_traffic import LowTraffic, Resend

NIGHT = Resend(start="00:00", end="24:00")


def night(**values):
    return NIGHT.model_copy(update=values)


class Alike:
    """Every sentence is like every other."""

    id = "all-MiniLM-L6-v2/alike"
    languages = frozenset({"en"})

    def encode(self, sentences):
        return np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(sentences), 1))


SCORER = Scorer((Alike(),))


def policy_of(url, *, resend=NIGHT, consent=True, candidate="own"):
    base = a_policy(candidate=candidate).model_dump(mode="json")
    base["upstreams"]["gpu"]["base_url"] = url
    tenant = base["tenants"]["clinic"] | {"resend": consent}
    terms = REHEARSAL.model_copy(update={"low_traffic": LowTraffic(resend=resend)})
    return a_policy(
        candidate=candidate,
        terms=terms,
        upstreams=base["upstreams"],
        tenants={"clinic": tenant},
    )


class Nights:
    """A world whose candidate is a real server: stored sessions of an attempt that ended, and some of the new mirror."""

    def __init__(self, store, home, gpu, *, stored=4, live=6, **given):
        self.policy = policy_of(gpu.base_url, **given)
        self.store, self.gpu = store, gpu
        self.world = World(store, home, self.policy)
        self.world.tick()
        for _ in range(stored):
            self.world.exchange()
        self.world.clock.pass_s(5)
        self.world.tick()
        self.world.desk.roll_back(ANNA, KEY, "begun again")
        self.world.clock.pass_s(100_000)
        self.world.tick()
        self.world.desk.resume(ANNA, KEY, "now")
        self.world.tick()
        for _ in range(live):
            self.world.exchange(comparators=SCORER.comparators)
        self.world.clock.pass_s(100)
        self.world.tick()
        self.rested = []

    async def rest(self, seconds):
        self.rested.append(seconds)
        self.world.clock.pass_s(seconds)

    async def run(self):
        async with Egress(narrowed(self.policy, "clinic")) as egress:
            return await Resending(
                self.policy, self.policy.rollouts[0], self.store, self.world.sealer, egress,
                SCORER, self.world.clock, self.rest,
            ).run()  # fmt: skip

    @property
    def epoch(self):
        with self.store.read() as conn:
            return history.rollouts(conn)[KEY].rollout.epoch

    def kept(self):
        with self.store.read() as conn:
            return resent.since(conn, KEY, self.epoch, 0)

    def counts(self):
        with self.store.read() as conn:
            return exchanges.ledger(conn)[KEY]

    def observed(self):
        """The recorded sessions, after a time in which all of them close."""
        self.world.clock.pass_s(700)
        self.world.tick()
        with self.store.read() as conn:
            return [retold(one.values) for one in course.observations(conn, KEY, self.epoch)]
