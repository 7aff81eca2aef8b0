"""The operators' pages."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from mirror.applied import Applied
from mirror.proxy.breaker import Breakers, Limits
from mirror.proxy.metrics import Metrics, spool_samples
from mirror.proxy.pages import Pages
from mirror.publish import Watcher
from mirror.route_table import RouteTable


def pages(fault="", applied=None):
    current = SimpleNamespace(applied=applied, fault=fault, unread=False)
    breakers = Breakers(Limits(at_least=1))
    return Pages(Metrics(), Watcher(Path("/nonexistent/routes.json")), breakers, current)


def page(pages, path, trusted=True):
    return pages.page(SimpleNamespace(path=path), trusted)


def test_a_proxy_that_drains_is_alive_and_takes_no_traffic():
    found = pages()
    assert page(found, "/readyz")[0] == 200
    found.draining = True
    assert page(found, "/readyz")[0] == 503
    assert page(found, "/healthz")[0] == 200


def test_the_policy_in_force_is_told_by_number_and_digest():
    applied = Applied(7, "0123456789abcdef", Path("x"))
    found = json.loads(page(pages(applied=applied), "/readyz")[2])
    assert (found["policy"], found["digest"]) == (7, "0123456789abcdef")


def test_a_policy_that_could_not_be_taken_is_a_metric_and_none_of_its_words():
    text = page(pages(fault="line 3: the secret"), "/metrics")[2].decode()
    assert "crossfade_policy_fault 1" in text
    assert "secret" not in text
    assert "crossfade_policy_fault 0" in page(pages(), "/metrics")[2].decode()


def test_an_open_breaker_is_a_metric():
    found = pages()
    breaker = found.breakers.of("clinic", "chat", "gpu")
    breaker.record(1.0, ok=False, sent=0.5)
    text = page(found, "/metrics")[2].decode()
    assert 'crossfade_breaker_open{tenant="clinic",route="chat",upstream="gpu"} 1' in text


@pytest.mark.parametrize("path", ["/", "/v1/models", "/metrics/x"])
def test_any_other_path_is_no_page(path):
    assert page(pages(), path) is None


def test_counters_name_tenants_and_are_not_for_everybody():
    assert page(pages(), "/metrics", trusted=False) is None


def test_when_the_table_in_force_was_published_is_told_and_nothing_where_there_is_none():
    found = pages()
    assert "\ncrossfade_table_published_seconds" not in page(found, "/metrics")[2].decode()
    found.watcher.table = RouteTable(5, 1_700_000_000_000_000, {})
    told = page(found, "/metrics")[2].decode()
    assert "\ncrossfade_table_published_seconds 1700000000\n" in told


def test_how_full_the_spool_is_is_told():
    found = pages()
    found.spool = lambda: spool_samples(7, 100, 90.0, 100.0)
    told = page(found, "/metrics")[2].decode()
    assert "\ncrossfade_spool_bytes 7\n" in told
    assert "\ncrossfade_spool_limit_bytes 100\n" in told
    assert "\ncrossfade_spool_oldest_seconds 10\n" in told
    found.spool = lambda: spool_samples(7, 100, 0.0, 100.0)
    assert "\ncrossfade_spool_oldest_seconds 0\n" in page(found, "/metrics")[2].decode()
