"""Payloads asked for, approved and taken over the control API: made by a process of their own, signed, and valid.

The controller's runner, its child, the signer and the verifier are the real ones.
"""

import hashlib
import subprocess
import time

import pytest
from bundles import checked, unpacked
from exported_orders import PATH, a_client, a_world, by, told
from rollouts import PASSWORD

from bench.trail import export
from cutover import clocks
from cutover.exports.making import Process
from cutover.exports.place import FOLDER
from cutover.exports.runner import Runner
from mirror.journal.store import Store

HOUR_US = 3_600_000_000
WITHIN_S = 120


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = a_world(store, home)
    world.clock.now_us = clocks.now_us()
    world.tick()
    world.runner = a_runner(world)
    yield world
    world.runner.stop()
    store.close()


def a_runner(world):
    home = world.home
    return Runner(
        world.controller, home.path / FOLDER, lambda id, out: Process.begin(home.path, id, out)
    )


def made(world, client, id):
    """The order once it has ended, while the runner works as in the controller."""
    ends = time.monotonic() + WITHIN_S
    while time.monotonic() < ends:
        world.clock.now_us = clocks.now_us()
        world.controller.cabinet.lead()
        world.runner.step()
        one = client.get(f"{PATH}/{id}", headers=by(world, "cora")).json()
        if one["state"] in {"done", "failed"}:
            return one
        time.sleep(0.2)
    raise AssertionError(one)


def test_payloads_are_asked_for_approved_taken_and_valid(world, home, tmp_path):
    client = a_client(world)
    world.exchange()
    now_us = world.clock()
    ask = {"tenant": "clinic", "from_us": now_us - HOUR_US, "to_us": now_us, "profile": "full"}
    with export.signing(home, tmp_path / "signer.log"):
        asked = client.post(PATH, json=ask | {"purpose": "audit"}, headers=by(world, "cora"))
        id = asked.json()["id"]
        yes = {"reason": "the auditor needs them", "proof": PASSWORD}
        done = client.post(f"{PATH}/{id}/approve", json=yes, headers=by(world, "lena"))
        assert done.json()["state"] == "approved", done.text
        world.runner.step()
        world.runner.stop()  # a controller that ends, and another that goes on
        world.runner = a_runner(world)
        one = made(world, client, id)
    assert one["state"] == "done", one["reason"]
    took = client.get(f"{PATH}/{id}/bundle", headers=by(world, "cora"))
    assert took.status_code == 200
    assert hashlib.sha256(took.content).hexdigest() == took.headers["x-content-sha256"]
    report = checked(took.content)
    assert report.code == 0, [str(each) for each in report.findings]
    manifest = unpacked(took.content)["manifest.json"]
    assert b'"approved_by":"lena"' in manifest
    assert b'"profile":"full"' in manifest
    (file,) = (home.path / FOLDER).glob("*.tar")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [each["type"] for each in told(world)] == [
        "export.asked", "export.approved", "export.running", "export.running", "export.requested",
        "export.created", "export.done", "export.downloaded",
    ]  # fmt: skip
    requested = told(world)[4]
    assert requested["details"]["order"] == id
    assert requested["actor"] == {"kind": "service", "name": "controller"}


@pytest.mark.deep
@pytest.mark.needs("tmpfs")
def test_a_disk_that_is_full_fails_the_order_with_words_and_keeps_nothing(
    world, home, tmp_path
):
    client, folder = a_client(world), home.path / FOLDER
    export.filled(home, 300, lambda text: None)
    folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "none", str(folder)]
    subprocess.run(mount, check=True)
    try:
        ask = {"tenant": "clinic", "from_us": 1, "to_us": world.clock(), "purpose": "a drill"}
        with export.signing(home, tmp_path / "signer.log"):
            id = client.post(PATH, json=ask, headers=by(world, "cora")).json()["id"]
            one = made(world, client, id)
        assert (one["state"], "no space was left" in one["reason"]) == ("failed", True), one
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
