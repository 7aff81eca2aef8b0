"""How `status` tells of servers."""

from pages import dcgm, vllm
from rich.console import Console
from watched import Told, watched_policy

from cutover.cli.servers import show
from cutover.servers.condition import Condition
from cutover.servers.view import Server


def shown(page, kind, *, condition=None, stale=False, capacity=None):
    policy = watched_policy(capacity=capacity)
    told = Told(policy, kind=kind)
    told.says(page, stale=stale)
    server = Server("gpu", policy.upstreams["gpu"], told.pages("gpu"), condition)
    console = Console(width=300, record=True)
    show(console, {"servers": [server.body()]})
    return console.export_text()


def test_the_way_to_scale_stands_with_its_numbers():
    text = shown(vllm(waiting=14, cache=0.5), "vllm")
    assert "gpu: more replicas: 14 wait (limit 10), cache 50 % (limit 90 %)" in text


def test_a_halved_capacity_says_of_how_many_since_when_and_why():
    half = Condition("gpu", "b", (), "GPU-a is hot", 1_700_000_000_000_000)
    text = shown(dcgm(), "dcgm", condition=half, capacity={"in_flight": 9})
    assert "half of its capacity is accepted (4 of 9 at a time) since 2023-11-14" in text
    assert "GPU-a is hot" in text
    assert " at a time" not in shown(dcgm(), "dcgm", condition=half)


def test_a_stale_page_is_named():
    text = shown(dcgm(), "dcgm", stale=True)
    assert "gpu: http://127.0.0.1:7/metrics is stale, read 1 s ago" in text


def test_where_no_servers_are_told_nothing_is():
    console = Console(record=True)
    show(console, None)
    show(console, {"servers": []})
    assert console.export_text() == ""
