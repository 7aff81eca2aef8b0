"""Counters and histograms of one proxy process, in the Prometheus text format (version 0.0.4).

Where OpenTelemetry's conventions for generative AI name a metric, it has that name and its buckets.
Every label's values come from the policy or from an enumeration of ours, none from a request; beyond
`MOST_SERIES` of a histogram, what is new is counted under `other`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mirror.capacity import SERVED, Load, Rank
from policies.capacity import Capacity

TYPES = {
    "crossfade_requests_total": ("counter", "Requests by who asked, where the rollout stood and who answered."),
    "crossfade_failovers_total": ("counter", "Answers of the primary in place of a failing candidate."),
    "crossfade_unanswered_total": ("counter", "Requests that no permitted upstream answered."),
    "crossfade_served_by_other_total": ("counter", "Answers in the candidate's name that were another's."),
    "crossfade_refused_total": ("counter", "Requests that were refused here, by reason."),
    "crossfade_spool_drops_total": ("counter", "Records that the spool did not take."),
    "crossfade_spool_bytes": ("gauge", "Bytes of this process's records that are not in the store yet."),
    "crossfade_spool_limit_bytes": ("gauge", "Beyond how many records are dropped."),
    "crossfade_spool_oldest_seconds": ("gauge", "For how long the oldest of them that could be in the store waits; 0 for none."),
    "crossfade_turned_away_total": ("counter", "Clients' requests that waited for a place at an upstream, or not, and found none."),
    "crossfade_kept_away_total": ("counter", "Requests that went to the failover at once: the candidate at its cap, or its breaker open."),
    "crossfade_connects_total": ("counter", "CONNECT requests of clients that take us for their proxy, by answer."),
    "crossfade_tls_failures_total": ("counter", "TLS handshakes with clients that failed, by reason."),
    "crossfade_in_flight": ("gauge", "Requests being answered now."),
    "crossfade_upstream_in_flight": ("gauge", "Requests in flight at an upstream, from all processes of this data folder."),
    "crossfade_upstream_cap": ("gauge", "How many may be in flight at an upstream."),
    "crossfade_upstream_waiting": ("gauge", "Clients' requests that wait for a place at an upstream, in all processes of this data folder."),
    "crossfade_breaker_open": ("gauge", "Circuit breakers that divert requests now."),
    "crossfade_certificate_fault": ("gauge", "Certificates in use whose files have become faulty."),
    "crossfade_certificate_expires_seconds": ("gauge", "When the certificate in use expires, in seconds since 1970."),
    "crossfade_policy_info": ("gauge", "1 for the digest of the policy in force."),
    "crossfade_policy_number": ("gauge", "Number of the policy in force; grows with each that is applied."),
    "crossfade_policy_fault": ("gauge", "1 while the policy applied last cannot be used here."),
    "crossfade_policy_unread": ("gauge", "1 while it is not known what the policy applied last forbids: nothing goes to a cloud."),
    "crossfade_table_version": ("gauge", "Version of the route table in force."),
    "crossfade_table_published_seconds": ("gauge", "When the route table in force was published, in seconds since 1970."),
    "crossfade_table_fault": ("gauge", "1 while the route table's file cannot be obeyed."),
}  # fmt: skip

HISTOGRAMS = {
    "gen_ai_client_operation_duration_seconds": (
        "From the send to an upstream to the last byte of its answer.",
        (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
    ),
    "gen_ai_client_operation_time_to_first_chunk_seconds": (
        "From the send to the first part of a stream that a reader would see.",
        (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    ),
    "gen_ai_client_operation_time_per_output_chunk_seconds": (
        "Between two events of a stream that carry words, to 1/16; the wait for a slow client is left out.",
        (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 10.0),
    ),
    "crossfade_capacity_wait_seconds": (
        "How long a client's request that found a place had waited for it.",
        (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    ),
    "gen_ai_client_token_usage": (
        "Tokens of requests and answers, where the answer tells.",
        tuple(4.0**power for power in range(14)),
    ),
}  # fmt: skip
MOST_SERIES = 2000

type Labels = tuple[tuple[str, str], ...]
type Sample = tuple[str, Labels, float]


@dataclass(slots=True)
class Histogram:
    """Observations under one set of labels: how many fell into each bucket, and their sum."""

    bounds: tuple[float, ...]
    buckets: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.buckets = [0] * (len(self.bounds) + 1)

    def add(self, value: float, times: int = 1) -> None:
        """Takes one observation, or as many that are alike."""
        self.buckets[bisect_left(self.bounds, value)] += times
        self.total += value * times

    def lines(self, name: str, labels: Labels) -> Iterator[str]:
        """Its samples, cumulative as Prometheus has them."""
        below = 0
        for bound, number in zip((*self.bounds, None), self.buckets, strict=True):
            below += number
            le = "+Inf" if bound is None else f"{bound:g}"
            yield f"{name}_bucket{_labels((*labels, ('le', le)))} {below}"
        yield f"{name}_sum{_labels(labels)} {self.total:.9g}"
        yield f"{name}_count{_labels(labels)} {below}"


@dataclass(slots=True)
class Metrics:
    """What this process has counted since its start."""

    counts: Counter[tuple[str, Labels]] = field(default_factory=Counter)
    histograms: dict[str, dict[Labels, Histogram]] = field(
        default_factory=lambda: {name: {} for name in HISTOGRAMS}
    )
    in_flight: int = 0

    def count(self, name: str, **labels: str) -> None:
        """Adds one."""
        self.counts[name, tuple(labels.items())] += 1

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None:
        """Adds an observation to a histogram, or as many that are alike."""
        series, key = self.histograms[name], tuple(labels.items())
        if key not in series:
            if len(series) >= MOST_SERIES:
                key = tuple((label, "other") for label in labels)
            series.setdefault(key, Histogram(HISTOGRAMS[name][1]))
        series[key].add(value, times)

    def total(self, name: str, **labels: str) -> int:
        """The sum over everything that has these labels."""
        wanted = set(labels.items())
        return sum(
            number
            for (counted, given), number in self.counts.items()
            if counted == name and wanted <= set(given)
        )

    def text(self, gauges: Iterable[tuple[str, Labels, float]]) -> str:
        """The page that Prometheus reads, with gauges that only the caller knows."""
        counts = [(name, labels, float(n)) for (name, labels), n in self.counts.items()]
        own: Sample = ("crossfade_in_flight", (), self.in_flight)
        lines = [page(TYPES, [*counts, own, *gauges]).removesuffix("\n")]
        for name, (meaning, _) in HISTOGRAMS.items():
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} histogram"]
            for labels, histogram in self.histograms[name].items():
                lines += histogram.lines(name, labels)
        return "\n".join([*lines, ""])


def load_samples(upstream: str, load: Load, cap: Capacity) -> list[Sample]:
    """The load of one upstream. Clients' requests are counted only under a cap."""
    of = ("upstream", upstream)
    found: list[Sample] = [
        ("crossfade_upstream_in_flight", (of, ("class", rank.word)), load.in_flight[rank])
        for rank in (Rank if cap.capped else (Rank.COPY,))
    ]
    if cap.capped:
        found += [
            ("crossfade_upstream_waiting", (of, ("class", rank.word)), load.waiting[rank])
            for rank in SERVED
        ]
    if cap.in_flight is not None:
        found.append(("crossfade_upstream_cap", (of,), cap.in_flight))
    return found


def spool_samples(used: int, limit: int, since_s: float, now_s: float) -> list[Sample]:
    """How full this process's spool is, in bytes, and for how long its oldest part waits; 0 for since when is none."""
    return [
        ("crossfade_spool_bytes", (), used),
        ("crossfade_spool_limit_bytes", (), limit),
        ("crossfade_spool_oldest_seconds", (), max(0.0, now_s - since_s) if since_s else 0.0),
    ]


def page(types: Mapping[str, tuple[str, str]], samples: Iterable[Sample]) -> str:
    """Samples in the order of their types, which are a kind and a meaning by name."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, labels, value in samples:
        found[name].append(f"{name}{_labels(labels)} {value:.16g}")
    lines: list[str] = []
    for name, (kind, meaning) in types.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}", *found[name]]
    return "\n".join([*lines, ""])


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
