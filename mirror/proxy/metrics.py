"""Counters of one proxy process, in the Prometheus text format (version 0.0.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

TYPES = {
    "crossfade_requests_total": ("counter", "Requests by who asked, where the rollout stood and who answered."),
    "crossfade_failovers_total": ("counter", "Answers of the primary in place of a failing candidate."),
    "crossfade_unanswered_total": ("counter", "Requests that no permitted upstream answered."),
    "crossfade_served_by_other_total": ("counter", "Answers in the candidate's name that were another's."),
    "crossfade_refused_total": ("counter", "Requests that were refused here, by reason."),
    "crossfade_spool_drops_total": ("counter", "Records that the spool did not take."),
    "crossfade_connects_total": ("counter", "CONNECT requests of clients that take us for their proxy, by answer."),
    "crossfade_tls_failures_total": ("counter", "TLS handshakes with clients that failed, by reason."),
    "crossfade_in_flight": ("gauge", "Requests being answered now."),
    "crossfade_breaker_open": ("gauge", "Circuit breakers that divert requests now."),
    "crossfade_certificate_fault": ("gauge", "Certificates in use whose files have become faulty."),
    "crossfade_certificate_expires_seconds": ("gauge", "When the certificate in use expires, in seconds since 1970."),
    "crossfade_policy_info": ("gauge", "1 for the digest of the policy in force."),
    "crossfade_policy_number": ("gauge", "Number of the policy in force; grows with each that is applied."),
    "crossfade_policy_fault": ("gauge", "1 while the policy applied last cannot be used here."),
    "crossfade_table_version": ("gauge", "Version of the route table in force."),
    "crossfade_table_fault": ("gauge", "1 while the route table's file cannot be obeyed."),
}  # fmt: skip

type Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Metrics:
    """What this process has counted since its start."""

    counts: Counter[tuple[str, Labels]] = field(default_factory=Counter)
    in_flight: int = 0

    def count(self, name: str, **labels: str) -> None:
        """Adds one."""
        self.counts[name, tuple(labels.items())] += 1

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
        samples = [(name, labels, float(n)) for (name, labels), n in self.counts.items()]
        samples += [("crossfade_in_flight", (), self.in_flight), *gauges]
        lines: list[str] = []
        for name, (kind, meaning) in TYPES.items():
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
            lines += [
                f"{name}{_labels(labels)} {value:g}"
                for found, labels, value in samples
                if found == name
            ]
        return "\n".join([*lines, ""])


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
