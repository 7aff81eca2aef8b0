"""For every alarm a course of its metrics in which it fires, and one in which it must not.

Values are Prometheus' own notation for series, one a minute: `0x10` is ten zeros more, `0+1x10`
counts up, `_` is nothing. At minute `at` it is looked.
"""

from dataclasses import dataclass, field

PROXY, CONTROL = 'job="crossfade-proxy",instance="p"', 'job="crossfade-controller",instance="c"'
ROLLOUT = 'tenant="clinic",route="chat"'


@dataclass(frozen=True)
class Case:
    """One alarm: the series with which it fires, and those with which it does not.

    `says` is the sentence that people get then, for those whose sentence depends on their labels.
    """

    name: str
    fires: dict
    quiet: dict
    at: int = 20
    says: str = ""
    labels: dict = field(default_factory=dict)


def proxy(metric, labels=""):
    return f"{metric}{{{PROXY}{',' + labels if labels else ''}}}"


def control(metric, labels=""):
    return f"{metric}{{{CONTROL}{',' + labels if labels else ''}}}"


def level(name, series, bad, good):
    """An alarm on one gauge."""
    return Case(name, {series: f"{bad}x30"}, {series: f"{good}x30"})


def counted(name, series, by=PROXY):
    """An alarm on a counter: it fires at its first count too, when there was no series before.

    What was counted before Prometheus came to look is no news.
    """
    up = f"up{{{by}}}"
    return Case(
        name, {series: "_x87 1x10", up: "1x100"}, {series: "_x87 7x10", up: "_x87 1x10"}, at=90
    )


UP = "up{%s}"
REQUESTS = proxy(
    "crossfade_requests_total", f'{ROLLOUT},stage="live",side="candidate",end="complete"'
)
FAILOVERS = proxy("crossfade_failovers_total", ROLLOUT)
ACTING, ENDED = control("crossfade_controller_acting"), control("crossfade_tick_ended_seconds")
SPENT = control("crossfade_spent_today", f'{ROLLOUT},currency="USD"')
BUDGET = control("crossfade_budget_per_day", f'{ROLLOUT},currency="USD"')
TICKS, TICK_S = control("crossfade_ticks_total"), control("crossfade_tick_seconds_total")
MOVES = control("crossfade_moves_total", 'to="rolled_back",by="controller"')
PERSON = control("crossfade_moves_total", 'to="canary",by="person"')
EXPIRES = control("crossfade_proposal_expires_seconds")

CASES = (
    Case("NoProxy", {UP % PROXY: "1x15 0x15"}, {UP % PROXY: "0x30", 'up{job="crossfade-proxy",instance="q"}': "1x30"}),
    level("ProxyDown", UP % PROXY, 0, 1),
    counted("Unanswered", proxy("crossfade_unanswered_total", ROLLOUT)),
    Case("Failovers", {REQUESTS: "0+100x30", FAILOVERS: "0+10x30"}, {REQUESTS: "0+100x30", FAILOVERS: "0+1x30"}),
    level("BreakerOpen", proxy("crossfade_breaker_open", f'{ROLLOUT},upstream="gpu"'), 1, "_"),
    counted("TurnedAway", proxy("crossfade_turned_away_total", 'upstream="gpu",class="interactive"')),
    counted("ServedByOther", proxy("crossfade_served_by_other_total", f'{ROLLOUT},upstream="gpu"')),
    counted("RecordsLost", proxy("crossfade_spool_drops_total", 'record="accept"')),
    Case(
        "SpoolFills",
        {proxy("crossfade_spool_bytes"): "60x30", proxy("crossfade_spool_limit_bytes"): "100x30"},
        {proxy("crossfade_spool_bytes"): "40x30", proxy("crossfade_spool_limit_bytes"): "100x30"},
    ),
    level("StoreBehind", proxy("crossfade_spool_oldest_seconds"), 400, 90),
    level("TableFault", proxy("crossfade_table_fault"), 1, 0),
    Case("TableOld", {proxy("crossfade_table_published_seconds"): "0+60x10 600x20"}, {proxy("crossfade_table_published_seconds"): "0+60x30"}),
    level("PolicyFault", proxy("crossfade_policy_fault"), 1, 0),
    level("PolicyUnread", proxy("crossfade_policy_unread"), 1, 0),
    Case(
        "CertificateExpires",
        {proxy("crossfade_certificate_expires_seconds", 'listener="base_url"'): "1000000x90"},
        {proxy("crossfade_certificate_expires_seconds", 'listener="base_url"'): "2000000x90"},
        at=80,
    ),
    level("CertificateFault", proxy("crossfade_certificate_fault", 'listener="base_url"'), 1, 0),
    Case("NoController", {ACTING: "0x30"}, {ACTING: "0x30", 'crossfade_controller_acting{job="crossfade-controller",instance="d"}': "1x30"}),
    level("ControllerDown", UP % CONTROL, 0, 1),
    Case(
        "TwoControllers",
        {ACTING: "1x30", 'crossfade_controller_acting{job="crossfade-controller",instance="d"}': "1x30"},
        {ACTING: "1x30", 'crossfade_controller_acting{job="crossfade-controller",instance="d"}': "0x30"},
    ),
    Case("TicksStopped", {ACTING: "1x30", ENDED: "0+60x10 600x20"}, {ACTING: "0x30", ENDED: "0+60x10 600x20"}),
    Case("TicksSlow", {TICKS: "0+6x30", TICK_S: "0+60x30"}, {TICKS: "0+60x30", TICK_S: "0+6x30"}),
    level("TableUnpublished", control("crossfade_table_unpublished"), 1, 0),
    Case(
        "RolledBack", {MOVES: "3x15 4x15"}, {MOVES: "3x30", PERSON: "0+1x30"}, labels={"by": "controller"},
        says="A rollout was rolled back by the controller, on evidence of harm.",
    ),
    Case("ApprovalExpires", {EXPIRES: "7200x30"}, {EXPIRES: "90000x30"}),
    level("NoticesFail", control("crossfade_notice_failing_seconds", 'destination="OPS"'), 1000, 60),
    level("LogUnsigned", control("crossfade_log_unsigned_seconds"), 400, 60),
    level("LogRefused", control("crossfade_logs_refused"), 1, 0),
    level("ReviewFound", control("crossfade_review_whole"), 0, 1),
    level("ReviewLate", control("crossfade_review_age_seconds"), 200_000, 90_000),
    level("KeyMissing", control("crossfade_keys_missing"), 1, 0),
    Case("BudgetNearlySpent", {SPENT: "9x30", BUDGET: "10x30"}, {SPENT: "5x30", BUDGET: "10x30"}),
    Case(
        "BudgetSpent", {SPENT: "10x30", BUDGET: "10x30"}, {SPENT: "9x30", BUDGET: "10x30"},
        labels={"tenant": "clinic", "route": "chat", "currency": "USD", "job": "crossfade-controller", "instance": "c"},
        says="Today's budget of clinic/chat is spent: evidence is unpaired, and re-asks are missing until midnight UTC.",
    ),
    level("ServerHotOrLost", control("crossfade_upstream_accepted_ratio", 'upstream="gpu"'), 0.5, 1),
    level("ServerPageStale", control("crossfade_server_page_up", 'upstream="gpu",url="http://gpu:8000/metrics"'), 0, 1),
    level("CopiesWait", control("crossfade_backlog_oldest_seconds", f'{ROLLOUT},kind="shadow"'), 400, 10),
    level("ScoresWait", control("crossfade_backlog_oldest_seconds", f'{ROLLOUT},kind="score"'), 1000, 10),
    counted("CopiesShed", control("crossfade_shed_total", f'{ROLLOUT},reason="backlog"'), CONTROL),
)  # fmt: skip


def promtool_tests(file, rules):
    """The cases as promtool takes them, for the rules of a file: two tests for each alarm."""
    known = {one["alert"]: one for one in rules}
    tests = []
    for case in CASES:
        alarm = known[f"Crossfade{case.name}"]
        fires = {**_looked(case, 1, case.fires), **_told(case, alarm)}
        tests += [fires, _looked(case, 0, case.quiet)]
    return {"rule_files": [str(file)], "evaluation_interval": "1m", "tests": tests}


def _looked(case, count, series):
    firing = f'count(ALERTS{{alertname="Crossfade{case.name}",alertstate="firing"}})'
    return {
        "interval": "1m",
        "input_series": [{"series": one, "values": series[one]} for one in series],
        "promql_expr_test": [
            {
                "expr": firing,
                "eval_time": f"{case.at}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if count else [],
            }
        ],
    }


def _told(case, alarm):
    """That the alarm says what it is to say, where a case tells that."""
    if not case.says:
        return {}
    told = {
        "exp_labels": alarm["labels"] | case.labels,
        "exp_annotations": alarm["annotations"] | {"summary": case.says},
    }
    name, at = alarm["alert"], f"{case.at}m"
    return {"alert_rule_test": [{"eval_time": at, "alertname": name, "exp_alerts": [told]}]}
