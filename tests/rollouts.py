"""A controller that tests drive tick by tick, on rows that are in the store without any proxy."""

from dataclasses import dataclass, field, replace
from functools import cache

from builders import REHEARSAL
from sqlalchemy import insert

from compare import ledger, legs
from compare.canonical import Answer
from compare.comparison import Attribution, Comparison, Flag, Severity
from compare.performance import performance
from cutover import people
from cutover.approving import approvals
from cutover.approving.approvals import Proposal
from cutover.controller import Controller
from cutover.desk import Desk, Yes
from cutover.identity import passwords
from cutover.identity.tables import credential
from cutover.people import CONTROLLER, Actor, Kind, Person, Role
from cutover.stages import Signal
from mirror.exchange import Accept, End, Leg, Outcome, Reply, Side, exchange_id
from mirror.journal import exchanges, queue
from mirror.journal.seal import Sealer
from policies.policy import Policy

SECOND = 1_000_000
START_US = 1_700_000_000 * SECOND
KEY = ("clinic", "chat")

ANNA = Person("anna", frozenset({Role.LEAD}))
BEN = Person("ben", frozenset({Role.LEAD}))
ERIK = Person("erik", frozenset({Role.ENGINEER}))
VERA = Person("vera", frozenset({Role.VIEWER}))
ROOT = Actor(Kind.HUMAN, "os:root")

TEXT, SHA = approvals.freeze({"verdict": "promote", "sessions": 60})
PROPOSAL = Proposal(
    id="p1",
    tenant="clinic",
    route="chat",
    signal=Signal.ENTER_CANARY,
    from_share=0.0,
    to_share=20.0,
    epoch=4,
    proposer=CONTROLLER,
    reason="all gates are shown",
    at_us=100,
    expires_us=1_000,
    policy_sha256="p" * 64,
    candidate="c" * 64,
    evidence=TEXT,
    evidence_sha256=SHA,
)


def a_policy(*, candidate="own", terms=REHEARSAL, start="mirror", route="chat", **changes):
    """One tenant, `clinic`, with consent to re-ask, on its way from `big` to `own`."""
    written = {
        "version": 1,
        "deployment": "test",
        "production": False,
        "upstreams": {
            "cloud": {
                "base_url": "http://127.0.0.1:9/v1",
                "location": "cloud",
                "models": ["big"],
            },
            "gpu": {
                "base_url": "http://127.0.0.1:8/v1",
                "location": "onprem",
                "models": [candidate],
            },
        },
        "tenants": {
            "clinic": {"identify": {"header": "clinic"}, "cloud": "allowed", "reask": True}
        },
        "terms": terms.model_dump(mode="json"),
        "rollouts": [
            {
                "tenant": "clinic",
                "route": route,
                "start": start,
                "primary": {"upstream": "cloud", "model": "big"},
                "candidate": {"upstream": "gpu", "model": candidate},
            }
        ],
    }
    return Policy.model_validate(written | changes)


PASSWORD = "correct horse battery"


@dataclass
class Clock:
    """Microseconds that pass when a test says so."""

    now_us: int = START_US
    jumped_us: int = 0

    def __call__(self):
        return self.now_us

    def steady_us(self):
        return self.now_us - self.jumped_us

    def jump_s(self, seconds):
        """The wall clock is set; no time passes."""
        self.now_us += round(seconds * SECOND)
        self.jumped_us += round(seconds * SECOND)

    def pass_s(self, seconds):
        self.now_us += round(seconds * SECOND)


@dataclass
class World:
    """A store, a clock, and the controllers that use them. Each exchange is its own session."""

    store: object
    home: object
    policy: Policy = field(default_factory=a_policy)
    clock: Clock = field(default_factory=Clock)
    tables: list = field(default_factory=list)
    count: int = 0
    key: tuple[str, str] = KEY

    def __post_init__(self):
        self.sealer = Sealer.open(self.home)
        self.controller = self.another("first")

    def another(self, owner, policy=None):
        """A further controller on the same store, which has asked for the lease."""
        controller = Controller(
            policy or self.policy,
            self.store,
            self.tables.append,
            self.clock,
            owner=owner,
            steady_us=self.clock.steady_us,
        )
        controller.cabinet.lead()
        return controller

    @property
    def desk(self):
        return Desk(self.controller)

    def view(self, controller=None):
        return (controller or self.controller).view(self.key)

    def standing(self):
        """What the proxies obey now."""
        return self.tables[-1].standings[self.key]

    def tick(self, times=1):
        for _ in range(times):
            self.clock.pass_s(1)
            self.controller.tick()

    def exchange(self, **values):
        """The id of one good exchange, compared unless `pending`; a second passes."""
        self.clock.pass_s(1)
        self.count += 1
        return insert_exchange(self, **values)

    def good(self, sessions, **values):
        """As many good sessions, with a look after each."""
        for _ in range(sessions):
            self.exchange(**values)
            self.controller.tick()

    def until(self, stage, *, most=300, **values):
        """Good sessions until the rollout stands there; how many it took."""
        for number in range(1, most + 1):
            self.good(1, **values)
            if self.view().stage == stage:
                return number
        raise AssertionError(f"still {self.view().stage} after {most}: {self.view().reasons}")

    def until_proposed(self, *, most=300, **values):
        """Good sessions until there is a proposal; the proposal."""
        for _ in range(most):
            self.good(1, **values)
            if self.view().proposal:
                return self.view().proposal
        raise AssertionError(f"no proposal after {most}: {self.view().reasons}")

    def approve(self, person=ANNA, reason="looks right", **said):
        yes = Yes(reason, **said)
        return self.desk.approve(person, self.key, self.view().proposal["id"], yes)

    def to_canary(self):
        """Good sessions until a lead has let it into canary."""
        self.until_proposed()
        assert self.approve().applied

    def events(self, type=None):
        """Types, or the bodies of one type, of the tenant's events."""
        import json

        from mirror.journal import events

        with self.store.read() as conn:
            found = [json.loads(one.body) for one in events.read(conn, "clinic", limit=100_000)]
        return [one for one in found if one["type"] == type] if type else found

    def add(self, *people_):
        """Tokens of people, by name; each has the password PASSWORD."""
        with self.store.write() as conn:
            tokens = {
                one.name: people.add(conn, one.name, one.roles, by=ROOT, at_us=self.clock())
                for one in people_
            }
            for one in people_:
                a_password(conn, one.name)
        return tokens


def a_password(conn, name):
    """Gives a user the password PASSWORD, without a word in the event log."""
    none = {"totp": None, "totp_step": 0, "set_us": 0}
    conn.execute(insert(credential).values(none | {"name": name, "password": _hashed()}))


@cache
def _hashed():
    return passwords.hashed(PASSWORD)


def insert_exchange(
    world,
    *,
    session=None,
    serving=None,
    pending=False,
    bad=False,
    copy_after_us=0,
    ahead_us=0,
    legs=tuple(Leg),
    replied=lambda reply: reply,
    **values,
):
    """One exchange with its replies, at the epoch of now; compared unless `pending`.

    In canary every session is served by the candidate unless said. `bad` answers have a fail flag;
    `ahead_us` is how far the proxy's clock is. `legs` are those that were asked, `replied` may make each reply another.
    """
    standing = world.standing()
    side = serving or (Side.CANDIDATE if standing.stage in ("canary", "live") else Side.PRIMARY)
    accept = Accept(
        id=exchange_id(world.clock(), world.count.to_bytes(10)),
        tenant=world.key[0],
        route=world.key[1],
        session=session or f"s{world.count}",
        accepted_us=world.clock() - SECOND // 2 + ahead_us,
        method="POST",
        path="/v1/chat/completions",
        requested_model="big",
        streaming=False,
        stage=standing.stage,
        epoch=standing.epoch,
        serving=side,
        outcome=Outcome.PENDING,
        reask=True,
        body=b'{"messages":[{"role":"user","content":"question %d"}]}' % world.count,
    )
    with world.store.write() as conn:
        exchanges.record_accept(conn, accept, world.sealer)
        for leg, who in (
            (Leg.SERVED, side),
            (Leg.SHADOW, side.other),
            (Leg.REASK, Side.PRIMARY),
        ):
            reply = _reply(accept, leg, who)
            if leg not in legs:
                continue
            if leg is Leg.SHADOW:
                reply = replace(reply, sent_us=reply.sent_us + copy_after_us)
            exchanges.record_reply(conn, replied(reply), world.sealer)
        if not pending:
            _compare(conn, world, exchanges.load(conn, accept.id, world.sealer), bad, values)
    return accept.id


def _compare(conn, world, exchange, bad, values):
    given = {
        "attribution": Attribution.BOTH_ANSWERED,
        "equivalence": 0.2 if bad else 0.95,
        "noise_floor": 0.95,
        "missing": "",
        "flags": (Flag("DOSE_CONFLICT", Severity.FAIL, "5 mg / 50 mg"),) if bad else (),
        "signals": {"length_ratio": 1.0},
        "performance": performance(legs.of(exchange.replies), Answer(), Answer()),
        "comparators": "test",
    }
    comparison = Comparison(exchange_id=exchange.accept.id, **given | values)
    ledger.record(conn, exchange, comparison, world.sealer, world.clock())
    exchanges.settle(conn, exchange.accept.id, Outcome.COMPARED, "")
    queue.remove(conn, exchange.accept.id)


def _reply(accept, leg, side):
    said = f"answer of the {side} to {accept.body[39:-4].decode()}"
    return Reply(
        exchange_id=accept.id,
        leg=leg,
        side=side,
        upstream="gpu" if side is Side.CANDIDATE else "cloud",
        location="onprem" if side is Side.CANDIDATE else "cloud",
        model="own" if side is Side.CANDIDATE else "big",
        sent_us=accept.accepted_us,
        end=End.COMPLETE,
        status=200,
        total_us=200_000,
        first_byte_us=100_000,
        first_token_us=110_000,
        content_type="application/json",
        body=b'{"choices":[{"message":{"role":"assistant","content":"%s"}}]}' % said.encode(),
    )
