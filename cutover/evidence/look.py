"""What one verdict rests on besides the recorded sessions: enough to reach it again, much later.

It is frozen with every move and proposal. With the sessions of the standing, which are recorded one
by one, it gives the same verdict and the same numbers: see `cutover.evidence.replay`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from cutover.evidence import sample_ratio
from cutover.evidence.judge import judge
from cutover.evidence.observation import Line, OpenSession, Rules, Session, retold, retold_open
from cutover.evidence.sample_ratio import SampleRatio
from cutover.evidence.tally import Views
from cutover.evidence.verdict import Verdict
from cutover.pooling.pooled import Pooled, pooled_of
from cutover.rollout import Rollout
from cutover.stages import Stage

REVISION = 4
"""Changes where the same sessions lead to another verdict, number or sentence than before."""

_PLAIN = ("recorded", "now_us", "alarm", "policy_sha256")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a rollout. `recorded` sessions were closed, those of the `tail` had started behind them.

    `alarm` is the level of the live detectors, `policy_sha256` the policy whose terms were asked,
    `measure` the digest of what that policy measures by ("" where all that was recorded was added up),
    `ratio` how a canary step's sessions were given out, `pooled` what all tenants of the model
    showed where they were asked, `revision` which of crossfade's own ways led to the verdict.
    """

    rollout: Rollout
    recorded: int
    tail: Line
    now_us: int
    alarm: float
    gaps: tuple[str, ...]
    policy_sha256: str
    ratio: SampleRatio | None = None
    pooled: Pooled | None = None
    measure: str = ""
    revision: int = REVISION

    def verdict(self, rules: Rules, views: Views) -> Verdict:
        """What the evidence said at this moment."""
        ratio, seen = self.ratio or views.ratio, views
        if (ratio, self.pooled) != (views.ratio, views.pooled):
            seen = replace(views, ratio=ratio, pooled=self.pooled)
        return judge(
            rules, self.rollout, seen, now_us=self.now_us, alarm=self.alarm, gaps=self.gaps
        )

    def body(self) -> dict[str, object]:
        """As JSON types; `look_of` reads it."""
        told: dict[str, object] = {name: getattr(self, name) for name in _PLAIN}
        told["revision"] = self.revision
        if self.measure:
            told["measure"] = self.measure
        if self.ratio is not None:
            told["ratio"] = self.ratio.body()
        tail = [one.told() for one in self.tail]
        if self.pooled is not None:
            told["pooled"] = self.pooled.body()
        return {**told, "rollout": asdict(self.rollout), "tail": tail, "gaps": [*self.gaps]}


def look_of(body: Mapping[str, Any]) -> Look:
    """A look from what `body` gave, after JSON."""
    rollout = Rollout(**{**body["rollout"], "stage": Stage(body["rollout"]["stage"])})
    tail: list[Session | OpenSession] = [
        retold(one) if "badness" in one else retold_open(one) for one in body["tail"]
    ]
    plain = {name: body[name] for name in _PLAIN}
    ratio = sample_ratio.retold(body["ratio"]) if "ratio" in body else None
    pooled = pooled_of(body["pooled"]) if "pooled" in body else None
    return Look(
        rollout=rollout,
        tail=tuple(tail),
        gaps=tuple(body["gaps"]),
        ratio=ratio,
        pooled=pooled,
        measure=body.get("measure", ""),
        revision=body.get("revision", 1),
        **plain,
    )
