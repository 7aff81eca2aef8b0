"""Which probes an upstream is sent, in which order, and what its answers come to.

Pure: a course yields the next body to send and is told what came back. A server that takes all
fields at once is asked three times; one that does not is asked about each of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mirror import surface
from mirror.checks import State
from mirror.dialects import openai
from mirror.dialects.dialect import Dialect
from mirror.dialects.watch import watch
from mirror.exchange import End, Leg, Side
from mirror.probes import PROBES, Field, Probe
from mirror.translate import BODIES, USAGE, Asking, Gap, prepared
from policies.fault import listed
from policies.policy import Policy, Rollout
from policies.translation import Translation

_NO_CALL = (404, 405, 501)
_STREAM = Field("stream", {"stream": True})


@dataclass(frozen=True, slots=True)
class Call:
    """A probe of one model of one upstream, as the proxy would send it.

    `needed` is false for a second call of a route: apps may do without it.
    """

    upstream: str
    model: str
    side: Side
    probe: Probe
    dialect: Dialect
    translation: Translation
    needed: bool = True

    @property
    def title(self) -> str:
        """What it is about, for people."""
        seen = " with an image" if self.probe.image else ""
        return f"{self.probe.path.removeprefix('/v1/')}{seen} {self.model}"

    def body(self, fields: Sequence[Field], leg: Leg = Leg.SERVED) -> bytes | Gap:
        """The body with these fields in the upstream's own words, or what it lacks."""
        asking = Asking(
            dialect=self.dialect,
            path=self.probe.path,
            content_type=self.probe.content_type,
            model=self.model,
            side=self.side,
            leg=leg,
            translation=self.translation,
        )
        return prepared(self.probe.body(self.model, fields), asking)


@dataclass(frozen=True, slots=True)
class Told:
    """What came back: a status and a whole body, or a `fault`."""

    status: int
    body: bytes
    content_type: str = "application/json"
    fault: str = ""

    @property
    def taken(self) -> bool:
        """Whether the request was."""
        return not self.fault and self.status < 400

    @property
    def words(self) -> str:
        """Why not; with the server's own words, which no tenant gave it."""
        if self.fault:
            return self.fault
        if self.status in (401, 403):  # such words may hold a part of a key
            return str(self.status)
        found = openai.object_of(self.body)
        error = found.get("error", found)
        said = error.get("message", error.get("detail")) if isinstance(error, dict) else error
        text = " ".join(str(said or "").split())[:160]
        return f"{self.status}: {text}" if text.isprintable() and text else str(self.status)


type Result = tuple[State, str, str]
type Course = Generator[bytes, Told, Result]


@dataclass(slots=True)
class _Seen:
    """What is known so far of the fields of one call."""

    gaps: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def calls(policy: Policy, upstream: str) -> list[Call]:
    """What to ask of an upstream: a call for each of its models and each path that leads there."""
    found: dict[tuple[str, str, bool], Call] = {}
    for rollout in policy.rollouts:
        for side, target in (
            (Side.CANDIDATE, rollout.candidate),
            (Side.PRIMARY, rollout.primary),
        ):
            if target.upstream != upstream:
                continue
            known = policy.upstreams[upstream].translation
            for place, (probe, dialect) in enumerate(_leading(policy, rollout)):
                key = (target.model, probe.path, probe.image)
                call = Call(upstream, target.model, side, probe, dialect, known, place == 0)
                if key not in found or side is Side.CANDIDATE:
                    found[key] = call
    return list(found.values())


def _leading(policy: Policy, rollout: Rollout) -> Iterator[tuple[Probe, Dialect]]:
    """The probes whose path leads to a rollout's route."""
    rules = [rule for rule in policy.routes if rule.route == rollout.route]
    for probe in PROBES:
        dialect = surface.row_of("POST", probe.path).dialect
        fits = [
            rule
            for rule in rules
            if fnmatchcase(probe.path, rule.path) and (rule.image or False) is probe.image
        ]
        if dialect is not None and fits:
            yield probe, dialect


def course(call: Call) -> Course:
    """Asks about one call; what it comes to is the state, the finding and the advice."""
    plain = call.body(())
    if isinstance(plain, Gap):
        return State.SKIPPED, f"not asked: it lacks {plain}", ""
    told = yield plain
    if told.status in _NO_CALL and not call.needed:
        body = BODIES[call.probe.path]
        advice = f'if your apps use it: {{ refuse: "*", on: [{body}] }} in {_where(call)}'
        return State.WARN, f"it has no such call ({told.status})", advice
    fault = told.words if not told.taken else _fault(call, told)
    if fault:
        advice = "ask its log; without this call no request of the route can be answered"
        return State.FAIL, fault, advice
    seen = _Seen()
    yield from _together(call, seen)
    for one in [each for each in call.probe.fields if each.alone]:
        yield from _alone(call, one, seen)
    if call.dialect.streams and not call.probe.form:
        broken = yield from _streamed(call, seen)
        if broken:
            return State.FAIL, broken, "without whole streams its answers count as failures"
    return _result(call, seen)


def _fault(call: Call, told: Told) -> str:
    fault = call.dialect.fault_of(told.body, told.content_type)
    return fault and f"{told.status}, and the body is {fault}"


def _together(call: Call, seen: _Seen) -> Generator[bytes, Told]:
    fields = [one for one in call.probe.fields if not one.alone and _goes(call, one, seen)]
    if not fields:
        return
    told = yield _sent(call, fields)
    if told.taken:
        _heed(fields, told, seen)
        return
    before = len(seen.refused)
    for one in fields:
        yield from _alone(call, one, seen)
    if len(seen.refused) == before:
        seen.notes.append(f"refuses them together ({told.words})")


def _goes(call: Call, one: Field, seen: _Seen) -> bool:
    """Whether a field is sent at all; the policy may keep it or know that the server lacks it."""
    if isinstance(call.body([one]), Gap):
        seen.gaps.append(one.name)
        return False
    body = BODIES[call.probe.path]
    if any(rule.drop == one.name and not rule.only for rule in call.translation.of(body)):
        seen.out.append(one.name)
        return False
    return True


def _alone(call: Call, one: Field, seen: _Seen) -> Generator[bytes, Told]:
    told = yield _sent(call, [one])
    if told.taken:
        _heed([one], told, seen)
    else:
        seen.refused.append(one.name)


def _heed(fields: Sequence[Field], told: Told, seen: _Seen) -> None:
    answer = openai.object_of(told.body)
    seen.ignored += [one.name for one in fields if one.heeded and not one.heeded(answer)]


def _sent(call: Call, fields: Sequence[Field], leg: Leg = Leg.SERVED) -> bytes:
    body = call.body(fields, leg)
    assert isinstance(body, bytes), "what it lacks was left out"
    return body


def _streamed(call: Call, seen: _Seen) -> Generator[bytes, Told, str]:
    """A stream as a copy would ask for it. What is broken about it; empty for a whole one."""
    body = _sent(call, [_STREAM], Leg.SHADOW)
    told = yield body
    if not told.taken:
        return f"it does not stream ({told.words})"
    read = watch(call.dialect, told.status, told.content_type, "")
    if not read.streaming:
        return f"it answers `stream: true` with {told.content_type or 'no content type'}"
    read.feed(told.body)
    end, why = read.end()
    if end is not End.COMPLETE:
        return f"its stream is {end}: {why}"
    if b"include_usage" in body and b'"usage"' not in told.body:
        seen.ignored.append(".".join(USAGE))
    return ""


def _result(call: Call, seen: _Seen) -> Result:
    parts = [
        f"{words} {listed(names)}"
        for words, names in (
            ("refuses", seen.refused),
            ("ignores", seen.ignored),
            ("is not sent", seen.out),
            ("lacks", seen.gaps),
        )
        if names
    ]
    found = "; ".join(["answers", *parts, *seen.notes])
    if call.side is Side.PRIMARY or not (seen.refused or seen.ignored or seen.notes):
        return State.OK, found, ""
    name = (seen.refused or seen.ignored or ["NAME"])[0]
    advice = (
        f"if your apps use it: {{ drop: {name} }} or {{ refuse: {name} }} in {_where(call)}"
    )
    return State.WARN, found, advice


def _where(call: Call) -> str:
    return f"`upstreams.{call.upstream}.translate`"
