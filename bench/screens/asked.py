"""Every question that the pages ask of the control API, with searches that find much, little and nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cutover import clocks

HOUR_US = 3_600_000_000


def calls(tenant: str, number: int) -> Iterator[tuple[str, str]]:
    """What is timed: a name and a path. `tenant` is one with evidence, `number` a comparison."""
    yield from _rollouts(tenant)
    yield from _deployment()
    yield from _comparisons(tenant, number)


def _rollouts(tenant: str) -> Iterator[tuple[str, str]]:
    yield "board_first_page", "/v1/rollouts?limit=50"
    yield "board_200_rows", "/v1/rollouts"
    yield "board_searched", f"/v1/rollouts?limit=50&q={tenant[:9]}+mirror"
    yield "board_found_nothing", "/v1/rollouts?limit=50&q=nobody"
    yield "board_needs_person", "/v1/rollouts?limit=50&needs_person=true"
    yield "board_needs_nobody", "/v1/rollouts?limit=50&needs_person=false"
    yield "rollout", f"/v1/rollouts/{tenant}/chat"
    yield "rollout_comparisons", f"/v1/rollouts/{tenant}/chat/comparisons?limit=10"
    yield "rollout_events", f"/v1/rollouts/{tenant}/chat/events"
    yield "approvals", "/v1/approvals"
    yield "plan", "/v1/plan"
    yield "freezes", "/v1/freezes"


def _deployment() -> Iterator[tuple[str, str]]:
    yield "deployment", "/v1/deployment"
    yield "incidents", "/v1/incidents"
    yield "load", "/v1/load"
    yield "switches", "/v1/switches"
    yield "servers", "/v1/servers"
    yield "spending", "/v1/spending"
    yield "spending_days", "/v1/spending/days"
    yield "health", "/v1/health"
    yield "events_newest", "/v1/events"
    yield "events_of_person", "/v1/events?actor=person-7"
    yield "events_of_kind", "/v1/events?kind=approval.given"
    yield "events_of_nobody", "/v1/events?actor=nobody"
    yield "users", "/v1/users"
    yield "exports", "/v1/exports"
    yield "legal_holds", "/v1/legal-holds"


def _comparisons(tenant: str, number: int) -> Iterator[tuple[str, str]]:
    path, hour_ago = "/v1/comparisons", clocks.now_us() - HOUR_US
    yield "comparison", f"{path}/{number}"
    yield "comparisons_newest", path
    yield "comparisons_of_tenant", f"{path}?tenant={tenant}"
    yield "comparisons_of_route", f"{path}?route=chat"
    yield "comparisons_of_no_route", f"{path}?route=vision"
    yield "comparisons_with_rare_flag", f"{path}?flag=DOSE_CONFLICT"
    yield "comparisons_fail_of_tenant", f"{path}?severity=fail&tenant={tenant}"
    yield "comparisons_of_flag_and_route", f"{path}?flag=SIDE_CONFLICT&route=chat"
    yield "comparisons_of_session", f"{path}?session=s77"
    yield (
        "comparisons_of_an_hour",
        f"{path}?since_us={hour_ago}&until_us={hour_ago + HOUR_US // 60}",
    )
    yield "comparisons_labelled", f"{path}?labelled=true"
    yield "comparisons_unlabelled", f"{path}?labelled=false"
