"""What the metrics are told of one served exchange."""

from __future__ import annotations

import logging

from mirror import telemetry
from mirror.dialects.usage import usage_in
from mirror.exchange import End
from mirror.pace import bounds_of
from mirror.proxy.engine import Answer
from mirror.proxy.metrics import Metrics
from mirror.proxy.record import Ending
from mirror.routing import Plan

_log = logging.getLogger(__name__)


def tell(metrics: Metrics, plan: Plan, ending: Ending, request_id: str) -> None:
    """Counts an exchange that has ended, and logs one that did not end well. Never raises."""
    _count(metrics, plan, ending)
    _trace(plan, ending)
    failed_over = isinstance(ending.found, Answer) and bool(ending.found.failed_over)
    if failed_over or ending.end not in (End.COMPLETE, End.CLIENT_ABORT):
        known: dict[str, object] = {
            "request_id": request_id,
            "tenant": plan.tenant,
            "route": plan.route.value,
            "stage": plan.stage,
            "end": ending.end.value,
            "took_ms": ending.total_us // 1000,
        }
        if isinstance(ending.found, Answer):
            choice = ending.found.choice
            known |= {"side": choice.side.value, "upstream": choice.upstream}
        what = "was answered by the failover" if failed_over else "was not answered well"
        _log.warning("request %s", what, extra=known)


def _trace(plan: Plan, ending: Ending) -> None:
    known = {
        "crossfade.tenant": plan.tenant,
        "crossfade.route": plan.route.value,
        "crossfade.stage": plan.stage,
        "crossfade.epoch": str(plan.epoch),
    }
    if isinstance(ending.found, Answer):
        choice = ending.found.choice
        known |= {
            "crossfade.side": choice.side.value,
            "crossfade.upstream": choice.upstream,
            "gen_ai.request.model": choice.model,
            "gen_ai.response.model": ending.found.watch.model,
        }
    telemetry.tell(known, "" if ending.end is End.COMPLETE else ending.end.value)


def _count(metrics: Metrics, plan: Plan, ending: Ending) -> None:
    labels = {"tenant": plan.tenant, "route": plan.route.value}
    match ending.found:
        case Answer() as answer:
            side = answer.choice.side.value
            if answer.failed_over:
                metrics.count("crossfade_failovers_total", **labels)
            _observe(metrics, labels, answer, ending)
        case _:
            side = "none"
            metrics.count("crossfade_unanswered_total", **labels)
    metrics.count(
        "crossfade_requests_total", **labels, stage=plan.stage, side=side, end=ending.end
    )


def _observe(metrics: Metrics, labels: dict[str, str], answer: Answer, ending: Ending) -> None:
    """Times and tokens, labelled by the model that was asked: names in answers are not bounded."""
    choice = answer.choice
    labels = {
        **labels,
        "side": choice.side.value,
        "upstream": choice.upstream,
        "gen_ai_request_model": choice.model,
    }
    failed = "" if ending.end is End.COMPLETE else ending.end.value
    took_s = ending.total_us / 1e6
    name = "gen_ai_client_operation_duration_seconds"
    metrics.observe(name, took_s, **labels, error_type=failed)
    first_us = answer.times.first_token_us
    if answer.watch.streaming and first_us is not None:
        name = "gen_ai_client_operation_time_to_first_chunk_seconds"
        metrics.observe(name, first_us / 1e6, **labels)
        name = "gen_ai_client_operation_time_per_output_chunk_seconds"
        for bucket, number in answer.times.pacer.gaps:
            metrics.observe(name, sum(bounds_of(bucket)) / 2e6, number, **labels)
    used = None if answer.watch.encoding else usage_in(answer.watch.body)
    if used is not None:
        name = "gen_ai_client_token_usage"
        metrics.observe(name, used.input, **labels, gen_ai_token_type="input")
        metrics.observe(name, used.output, **labels, gen_ai_token_type="output")
