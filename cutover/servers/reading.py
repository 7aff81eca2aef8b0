"""What one page of metrics says, whichever names its kind and version have for it.

Only the lines of known names are parsed: a page may hold thousands of others. A number that cannot
be one (negative, not finite, DCGM's marks for "not known") is left out, and never guessed.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from policies.servers import ServerKind

MOST_LINES = 20_000
"""Of known names; a page with more is not what it should be."""
BLANK = 1e14
"""DCGM writes numbers beyond this for what it does not know (dcgm_structs.h: 2^47, 2^63 - 14)."""

_RANKS = frozenset({"tp_rank", "pp_rank", "moe_ep_rank"})
"""Labels of SGLang's processes that tell of the same queue."""
_SLOWED = {
    0x08: "hw_slowdown",
    0x20: "sw_thermal",
    0x40: "hw_thermal",
    0x80: "hw_power_brake",
}
"""Bits of NVML's clock event reasons that slow a GPU down against its will, as dcgm-exporter names them."""

type Labels = Mapping[str, str]
type Buckets = tuple[tuple[float, float], ...]
"""Upper bounds in seconds with how many requests lie below each so far, the last bound infinite."""
type _Samples = Mapping[str, list[tuple[Labels, float]]]


class PageFault(ValueError):
    """A page that says nothing that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU. `memory` is the share in use, `slowed` why its clock is held down.

    `hot_for` counts how long it was held down by heat so far, in the exporter's unit; `xids` are
    the driver's errors that are told of it.
    """

    memory: float | None = None
    celsius: float | None = None
    slowed: tuple[str, ...] = ()
    hot_for: float | None = None
    xids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page says; None is not told. `cache` is the share of the KV cache in use.

    `queued_us` counts how long requests have waited so far, `p95_s` is the server's own estimate.
    `names` are the metrics that each came from.
    """

    queue: float | None = None
    running: float | None = None
    cache: float | None = None
    queued_us: float | None = None
    p95_s: float | None = None
    latency: Buckets | None = None
    gpus: Mapping[str, Gpu] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Source:
    """Metrics of one fact, the newest name first, and how its series make one number."""

    names: tuple[str, ...]
    made: Callable[[Iterable[tuple[Labels, float]]], float | None]
    where: Labels = field(default_factory=dict)
    scale: float = 1.0


def _total(series: Iterable[tuple[Labels, float]]) -> float | None:
    """The sum, where ranks that tell of the same are one."""
    groups: dict[frozenset[tuple[str, str]], float] = {}
    for labels, value in series:
        key = frozenset((name, of) for name, of in labels.items() if name not in _RANKS)
        groups[key] = max(value, groups.get(key, 0.0))
    return sum(groups.values()) if groups else None


def _most(series: Iterable[tuple[Labels, float]]) -> float | None:
    return max((value for _, value in series), default=None)


def _share(series: Iterable[tuple[Labels, float]]) -> float | None:
    found = _most(series)
    return found if found is not None and found <= 1.001 else None


_WAITING = {"request_type": "waiting"}
_ACTIVE = {"request_type": "active"}
_FACTS: Mapping[ServerKind, Mapping[str, tuple[_Source, ...]]] = {
    ServerKind.VLLM: {
        "queue": (_Source(("vllm:num_requests_waiting",), _total),),
        "running": (_Source(("vllm:num_requests_running",), _total),),
        "cache": (_Source(("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"), _share),),
    },
    ServerKind.SGLANG: {
        "queue": (_Source(("sglang:num_queue_reqs",), _total),),
        "running": (_Source(("sglang:num_running_reqs",), _total),),
        "cache": (_Source(("sglang:token_usage",), _share),),
    },
    ServerKind.TRITON: {
        # TensorRT-LLM has a queue of its own, behind the one that Triton itself tells.
        "queue": (
            _Source(("nv_trt_llm_request_metrics",), _total, _WAITING),
            _Source(("nv_inference_pending_request_count",), _total),
        ),
        "running": (_Source(("nv_trt_llm_request_metrics",), _total, _ACTIVE),),
        "cache": (
            _Source(
                ("nv_trt_llm_kv_cache_block_metrics",),
                _share,
                {"kv_cache_block_type": "fraction"},
            ),
        ),
        "queued_us": (_Source(("nv_inference_queue_duration_us",), _total),),
        "p95_s": (
            _Source(("nv_inference_request_summary_us",), _most, {"quantile": "0.95"}, 1e-6),
        ),
    },
    ServerKind.DCGM: {},
}
_LATENCY = {
    ServerKind.VLLM: "vllm:e2e_request_latency_seconds",
    ServerKind.SGLANG: "sglang:e2e_request_latency_seconds",
}
_GPU = {
    ServerKind.DCGM: (
        "DCGM_FI_DEV_",
        "DCGM_EXP_CLOCK_EVENTS_COUNT",
        "DCGM_EXP_XID_ERRORS_COUNT",
    ),
    ServerKind.TRITON: ("nv_gpu_memory_",),
}


def reading(kind: ServerKind, text: str) -> Reading:
    """What a page in the Prometheus text format says. Raises PageFault."""
    samples = _samples(text, _wanted(kind))
    if not samples:
        raise PageFault(
            f"has no metric that a page of {kind} has; look at its `kind` and address"
        )
    found: dict[str, float | None] = {}
    names: dict[str, str] = {}
    for fact, sources in _FACTS[kind].items():
        for source in sources:
            name, value = _of(source, samples)
            if value is not None:
                found[fact], names[fact] = value, name
                break
    buckets = _buckets(samples.get(f"{_LATENCY.get(kind)}_bucket", ()))
    if buckets:
        names["latency"] = _LATENCY[kind]
    gpus = _gpus(samples) if kind in _GPU else {}
    return Reading(**found, latency=buckets, gpus=gpus, names=names)


def _wanted(kind: ServerKind) -> tuple[str, ...]:
    facts = [name for some in _FACTS[kind].values() for one in some for name in one.names]
    latency = [f"{_LATENCY[kind]}_bucket"] if kind in _LATENCY else []
    return (*facts, *latency, *_GPU.get(kind, ()))


def _samples(text: str, wanted: tuple[str, ...]) -> _Samples:
    """The sound samples of the wanted names."""
    lines = [line for line in text.splitlines() if line.startswith(wanted)]
    if len(lines) > MOST_LINES:
        raise PageFault(f"has {len(lines):,} lines of known names; {MOST_LINES:,} at most")
    found: defaultdict[str, list[tuple[Labels, float]]] = defaultdict(list)
    try:
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            for one in family.samples:
                if math.isfinite(one.value) and 0 <= one.value < BLANK:
                    found[one.name].append((one.labels, float(one.value)))
    except (ValueError, KeyError, IndexError) as error:
        raise PageFault("is not in the Prometheus text format") from error
    return found


def _of(source: _Source, samples: _Samples) -> tuple[str, float | None]:
    for name in source.names:
        series = [
            (labels, value)
            for labels, value in samples.get(name, ())
            if source.where.items() <= labels.items()
        ]
        if (made := source.made(series)) is not None:
            return name, made * source.scale
    return "", None


def _buckets(series: Iterable[tuple[Labels, float]]) -> Buckets | None:
    """The histograms of all models and ranks as one; None where it has no end or falls."""
    below: defaultdict[float, float] = defaultdict(float)
    for labels, value in series:
        try:
            below[float(labels.get("le", ""))] += value
        except ValueError:
            return None
    found = tuple(sorted(below.items()))
    rising = all(one <= other for (_, one), (_, other) in itertools.pairwise(found))
    return found if found and math.isinf(found[-1][0]) and rising else None


def _gpus(samples: _Samples) -> dict[str, Gpu]:
    """Every GPU that any metric is told of, by its UUID."""
    told: defaultdict[str, dict[str, list[tuple[Labels, float]]]] = defaultdict(dict)
    for name, series in samples.items():
        for labels, value in series:
            gpu = _id(labels)
            if gpu:
                told[gpu].setdefault(name, []).append((labels, value))
    return {gpu: _gpu(told[gpu]) for gpu in sorted(told)}


def _id(labels: Labels) -> str:
    uuid = labels.get("UUID") or labels.get("uuid") or labels.get("gpu_uuid")
    number = labels.get("gpu", "")
    return uuid or (f"{labels.get('Hostname', '')}:{number}" if number else "")


def _gpu(told: _Samples) -> Gpu:
    return Gpu(
        memory=_memory(told),
        celsius=_most(told.get("DCGM_FI_DEV_GPU_TEMP", ())),
        slowed=_slowed(told),
        hot_for=_most(told.get("DCGM_FI_DEV_THERMAL_VIOLATION", ())),
        xids=_xids(told),
    )


def _memory(told: _Samples) -> float | None:
    """The share in use, of the fullest part where a GPU is divided (MIG)."""
    pairs = (
        ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"),
        ("nv_gpu_memory_used_bytes", "nv_gpu_memory_total_bytes"),
    )
    shares = []
    for used, other in pairs:
        rest = {labels.get("GPU_I_ID", ""): value for labels, value in told.get(other, ())}
        for labels, value in told.get(used, ()):
            of = rest.get(labels.get("GPU_I_ID", ""))
            whole = (of or 0) + (value if other.endswith("_FREE") else 0)
            if of is not None and whole > 0 and value <= whole:
                shares.append(value / whole)
    return max(shares, default=None)


def _slowed(told: _Samples) -> tuple[str, ...]:
    """Why it is slower than it could be; running out of its power budget is its usual state."""
    bits = 0
    for name in ("DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS"):
        for _, value in told.get(name, ()):
            bits |= int(value)
    counted = {
        labels.get("clock_event", "")
        for labels, value in told.get("DCGM_EXP_CLOCK_EVENTS_COUNT", ())
        if value > 0
    }
    return tuple(word for bit, word in _SLOWED.items() if bits & bit or word in counted)


def _xids(told: _Samples) -> tuple[int, ...]:
    found = {int(value) for _, value in told.get("DCGM_FI_DEV_XID_ERRORS", ())}
    for labels, value in told.get("DCGM_EXP_XID_ERRORS_COUNT", ()):
        if value > 0 and labels.get("xid", "").isdecimal():
            found.add(int(labels["xid"]))
    return tuple(sorted(found - {0}))
