"""What the metrics are told of one served exchange."""

from __future__ import annotations

from mirror.dialects.usage import usage_in
from mirror.exchange import End
from mirror.proxy.engine import Answer
from mirror.proxy.metrics import Metrics
from mirror.proxy.record import Ending
from mirror.routing import Plan


def tell(metrics: Metrics, plan: Plan, ending: Ending) -> None:
    """Counts an exchange that has ended, and how long its answer took. Never raises."""
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
    used = None if answer.watch.encoding else usage_in(answer.watch.body)
    if used is not None:
        name = "gen_ai_client_token_usage"
        metrics.observe(name, used.input, **labels, gen_ai_token_type="input")
        metrics.observe(name, used.output, **labels, gen_ai_token_type="output")
