"""Random sequences of stages, faults, retries, reloads and restarts: a forbidden cloud sees nothing.

The relay, its engine, the egress and the shadow sender's way of sending are real, on real sockets.
The oracle stands outside: a server in the cloud's place, which counts connections, and the event
loop's resolver, which counts look-ups of its name and would lead them there.
"""

import asyncio
import json
from dataclasses import replace

import pytest
from builders import accepted, believed, two_sided
from fakes import FakeUpstream, Mode
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from proxied import Recorded, table

from mirror.choice import Choice
from mirror.egress import FAULTS, Egress, OutRequest
from mirror.exchange import Leg, Outcome, Side
from mirror.proxy.application import application
from mirror.proxy.breaker import Breakers
from mirror.proxy.engine import Engine
from mirror.proxy.limits import Quotas
from mirror.proxy.metrics import Metrics
from mirror.proxy.record import Recording
from mirror.proxy.relay import Relay
from mirror.send import send
from policies.policy import Location

CLOUD = "api.cloud.invalid"
STEPS = 10
TENANTS = ["hospital", "ward", "nobody"]
FAULTY = [
    Mode.OK,
    Mode.ERROR,
    Mode.LIMITED,
    Mode.GARBAGE,
    Mode.NOT_HTTP,
    Mode.CUT,
    Mode.NO_TERMINAL,
    Mode.ERROR_FIRST,
    Mode.SILENT,
    Mode.HANG,
]
HANGING = (Mode.SILENT, Mode.HANG)
DEADLINES = {"first_event_s": 0.01, "answer_s": 0.01}  # after which a failover would be asked
LEAVES_S, STAYS_S = 0.005, 0.05  # how long a client waits for a server that hangs
PATHS = [
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/files",
    "/v1/models",
    "/rerank",
    "/v1//api.cloud.invalid/v1",
    "/v1/../x",
]
BODIES = [
    {"model": "big", "messages": [{"role": "user", "content": "a"}]},
    {"model": "big", "messages": [{"role": "user", "content": "a"}], "stream": True},
    {"model": "big", "messages": [], "store": True},
    {"model": "own", "input": "x", "store": False},
    {},
]


class World:
    """One loop, one server in the cloud's place, one GPU server: for all sequences."""

    def __init__(self, runner):
        self.runner = runner
        self.cloud, self.gpu = FakeUpstream(), FakeUpstream()
        self.lookups = []
        self.policies = {}
        loop = runner.get_loop()
        known = loop.getaddrinfo

        async def getaddrinfo(host, port, **rest):
            if host == CLOUD:
                self.lookups.append(host)
                host = "127.0.0.1"
            return await known(host, port, **rest)

        loop.getaddrinfo = getaddrinfo

    async def __aenter__(self):
        await self.cloud.__aenter__()
        await self.gpu.__aenter__()
        return self

    async def __aexit__(self, *_):
        await self.cloud.stop()
        await self.gpu.stop()

    def policy(self, variant):
        """The policy in one of the ways that could lead to the cloud by mistake; a value, made once."""
        if variant not in self.policies:
            self.policies[variant] = self._policy(variant)
        return self.policies[variant]

    def _policy(self, variant):
        cloud = f"http://{CLOUD}:{self.cloud.port}/v1"
        gpu = self.gpu.base_url
        read = two_sided(cloud, gpu, deadlines=DEADLINES).model_dump(mode="json")
        sides = read["rollouts"][0]
        hospital = {"identify": {"header": "hospital"}, "cloud": "forbidden"}
        ward = {"identify": {"header": "ward"}, "cloud": "forbidden", "reask": True}
        read["tenants"] = {
            "clinic": read["tenants"]["clinic"],
            "hospital": hospital | {"pass_through": "cloud"},
            "ward": ward | {"pass_through": "cloud" if variant == "passing" else "gpu"},
        }
        turned = sides | {"primary": sides["candidate"], "candidate": sides["primary"]}
        read["rollouts"] = [
            sides,
            sides | {"tenant": "hospital"},
            turned | {"tenant": "ward"},
        ]
        if variant == "alias":  # the cloud's own address, called on-premises
            read["upstreams"]["gpu"]["base_url"] = cloud
        if variant == "unknown":
            read |= {"unknown_tenants": "pass_through", "unknown_upstream": "gpu"}
        if variant == "before":
            read["egress_record"] = "before"
        return type(two_sided(cloud, gpu)).model_validate(read)


class Forbidden(RuleBasedStateMachine):
    """One deployment whose tenants all forbid the cloud."""

    world: World

    def __init__(self):
        super().__init__()
        self.world.gpu.mode = Mode.OK
        self.world.gpu.headers = {}
        self.world.cloud.accepts = 0
        self.world.lookups.clear()
        self.rows = table("mirror")
        self.variant = "plain"
        self.recorded = Recorded()
        self.start()

    def run(self, coroutine):
        return self.world.runner.run(coroutine)

    def start(self):
        self.policy = self.world.policy(self.variant)
        self.egress = Egress(self.policy, {}, self.recorded)
        self.relay = Relay(
            self.policy,
            Engine(self.egress, Breakers()),
            Recording(self.recorded, Metrics()),
            lambda: believed(self.rows, self.policy),
            Metrics(),
            Quotas.of(self.policy),
        )

    def teardown(self):
        self.run(self.egress.aclose())

    @rule(
        stage=st.sampled_from(["off", "mirror", "canary", "live", "rolled_back"]),
        share=st.sampled_from([0.0, 50.0, 100.0]),
        emergency=st.booleans(),
        reverse=st.sampled_from([0.0, 10.0, 100.0]),
    )
    def published(self, stage, share, emergency, reverse):
        rows = table(stage, share)
        standings = {
            key: replace(row, reverse_percent=reverse) for key, row in rows.standings.items()
        }
        for row in list(standings.values()):
            standings["ward", row.route] = replace(row, tenant="ward")
        self.rows = replace(rows, standings=standings)

    @rule(mode=st.sampled_from(FAULTY))
    def failing(self, mode):
        self.world.gpu.mode = mode

    @rule()
    def redirecting(self):
        location = f"http://{CLOUD}:{self.world.cloud.port}/v1/x"
        self.world.gpu.headers = {"location": location, "alt-svc": f'h2="{CLOUD}:443"'}

    @rule(variant=st.sampled_from(["plain", "passing", "alias", "unknown", "before"]))
    def reloaded(self, variant):
        self.variant = variant
        self.run(self.egress.aclose())
        self.start()

    @rule()
    def restarted(self):
        self.recorded = Recorded()
        self.reloaded(self.variant)

    @rule(
        tenant=st.sampled_from(TENANTS),
        path=st.sampled_from(PATHS),
        body=st.sampled_from(BODIES),
        times=st.integers(1, 3),
        stays=st.booleans(),
    )
    def asked(self, tenant, path, body, times, stays):
        hanging_s = STAYS_S if stays else LEAVES_S
        waits_s = hanging_s if self.world.gpu.mode in HANGING else 20
        for _ in range(times):
            self.run(self.ask(tenant, path, body, waits_s))

    @rule(
        tenant=st.sampled_from(["hospital", "ward"]),
        leg=st.sampled_from([Leg.SHADOW, Leg.REASK]),
        upstream=st.sampled_from(["cloud", "gpu"]),
    )
    def copied(self, tenant, leg, upstream):
        known = [one for one in self.recorded.accepts if one.tenant == tenant]
        accept = known[-1] if known else accepted(1, tenant=tenant)
        to = Choice(Side.PRIMARY, upstream, Location.ONPREM, "big")
        timeout_s = LEAVES_S if self.world.gpu.mode in HANGING else 5
        self.run(send(self.egress, accept, leg, to, timeout_s))

    @rule(tenant=st.sampled_from(TENANTS), path=st.sampled_from(PATHS))
    def reached_for(self, tenant, path):
        async def reach():
            request = OutRequest("POST", path, {}, b"{}")
            with pytest.raises(FAULTS):
                async with self.egress.open(tenant, "cloud", request):
                    pass

        self.run(reach())

    @invariant()
    def nothing_is_planned_to_leave(self):
        """Whatever the rate, the primary in the cloud is to be sent no copy of what the candidate answers."""
        for accept in self.recorded.accepts:
            if accept.serving is Side.CANDIDATE and accept.tenant == "hospital":
                assert accept.outcome is not Outcome.PENDING or accept.reason
                assert not accept.reask

    @invariant()
    def nothing_left(self):
        assert (self.world.cloud.accepts, self.world.lookups) == (0, [])
        assert self.recorded.egresses == []

    async def ask(self, tenant, path, body, waits_s):
        content = json.dumps(body).encode()
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (b"content-type", b"application/json"),
                (b"x-crossfade-tenant", tenant.encode()),
                (b"host", CLOUD.encode()),
                (b"forwarded", b"host=" + CLOUD.encode()),
            ],
            "client": ("127.0.0.1", 1),
        }
        parts = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive():
            if parts:
                return parts.pop()
            await asyncio.sleep(waits_s)
            return {"type": "http.disconnect"}

        async def sent(message):
            """Nobody reads it."""

        await application(lambda: self.relay)(scope, receive, sent)


def sequences(count):
    with asyncio.Runner() as runner:
        world = World(runner)
        runner.run(world.__aenter__())
        Forbidden.world = world
        try:
            run_state_machine_as_test(
                Forbidden,
                settings=settings(
                    max_examples=count,
                    stateful_step_count=STEPS,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                    database=None,
                ),
            )
            assert reached_by_failover(world) == (1, [CLOUD])
        finally:
            runner.run(world.__aexit__())


def reached_by_failover(world):
    """What the oracle sees of a tenant that may use the cloud, whose candidate lets a deadline pass."""
    permitted = Forbidden()
    permitted.rows = table("live")
    world.gpu.mode = Mode.HANG
    permitted.run(permitted.ask("clinic", PATHS[0], BODIES[0], 20))
    permitted.teardown()
    return world.cloud.accepts, world.lookups


def test_no_sequence_leads_a_forbidden_tenant_to_the_cloud():
    sequences(500)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_no_sequence_of_many_leads_a_forbidden_tenant_to_the_cloud():
    sequences(10_000)
