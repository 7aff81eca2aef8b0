"""Which processes a deployment on one box is made of."""

from dataclasses import replace
from pathlib import Path

import pytest
from deployed import free_port, policy_text

from cutover.cli.deployment import Deployment, Running, start_up, written
from mirror.supervise import OURS

BOX = Deployment(
    Path("policy.yaml"), Path("data"), proxy=("127.0.0.1", 1), control=("127.0.0.1", 2)
)


def test_shadows_and_scores_are_processes_of_their_own():
    children = (*BOX.proxy_children(), *BOX.worker_children(), *BOX.control_children())
    assert [child.name for child in children] == [
        "proxy",
        "drain",
        "shadow",
        "score",
        "controller",
        "notify",
        "signer",
    ]


def test_where_other_machines_share_the_store_somebody_follows_its_route_table():
    shared = [child.name for child in replace(BOX, shared=True).proxy_children()]
    assert shared == ["proxy", "drain", "follow"]


def test_every_part_is_told_the_data_folder_where_the_policy_in_force_is():
    for child in (*BOX.proxy_children(), *BOX.worker_children(), *BOX.control_children()):
        assert child.argv[:5] == (*OURS, "run", child.name)
        assert child.argv[5:7] == ("--data", "data")


def test_the_dashboard_is_told_only_where_the_control_api_is():
    box = Deployment(BOX.policy, BOX.data, BOX.proxy, BOX.control, dashboard=("127.0.0.1", 3))
    dashboard = box.control_children()[-1]
    assert dashboard.argv == (
        *OURS,
        "dashboard",
        "--control",
        "http://127.0.0.1:2",
        "--listen",
        "127.0.0.1:3",
        "--data",
        "data",
    )


def test_the_direct_listener_is_given_to_the_proxy_alone():
    box = Deployment(BOX.policy, BOX.data, BOX.proxy, BOX.control, direct=("::1", 4))
    proxy, drain = box.proxy_children()
    assert proxy.argv[-2:] == ("--direct", "[::1]:4")
    assert "--direct" not in drain.argv


def test_several_workers_share_the_listeners_and_have_admin_pages_of_their_own():
    box = replace(
        BOX, workers=3, intercept=("127.0.0.1", 5), admin=("127.0.0.1", 9100), direct=("::1", 4)
    )
    *workers, drain = box.proxy_children()
    assert [child.name for child in workers] == ["proxy-1", "proxy-2", "proxy-3"]
    assert drain.name == "drain"
    for number, child in enumerate(workers):
        options = dict(zip(child.argv[5::2], child.argv[6::2], strict=True))
        assert options["--worker"] == child.name
        assert options["--admin"] == f"127.0.0.1:{9100 + number}"
        assert options["--listen"] == "127.0.0.1:1"
        assert options["--intercept"] == "127.0.0.1:5"


def test_a_proxy_alone_shares_nothing():
    assert "--worker" not in BOX.proxy_children()[0].argv


@pytest.mark.parametrize(
    ("address", "text"), [(("127.0.0.1", 1), "127.0.0.1:1"), (("::1", 2), "[::1]:2")]
)
def test_an_address_is_written_as_a_url_wants_it(address, text):
    assert written(address) == text


def test_nothing_is_ready_where_nothing_was_started(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(policy_text("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"))
    box = Deployment(policy, tmp_path, proxy=("127.0.0.1", 9), control=("127.0.0.1", 9))
    assert not Running(box, lambda line: None).wait_ready(0.1)


def test_a_used_port_is_refused_before_anything_starts(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        box = Deployment(
            BOX.policy, tmp_path / "data", proxy=taken.getsockname(), control=("127.0.0.1", 0)
        )
        with pytest.raises(SystemExit):
            start_up(box)
    assert not (tmp_path / "data").exists()


def test_two_listeners_on_one_address_are_refused(tmp_path, capsys):
    port = free_port()
    box = Deployment(
        BOX.policy, tmp_path / "data", proxy=("127.0.0.1", port), control=("127.0.0.1", port)
    )
    with pytest.raises(SystemExit):
        start_up(box)
    assert f"--listen and --control are both 127.0.0.1:{port}" in capsys.readouterr().err
