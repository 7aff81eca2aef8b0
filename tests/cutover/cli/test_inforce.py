"""How parts come to another policy."""

import signal
import threading

import pytest
from deployed import policy_text, until

from cutover.cli import inforce
from cutover.cli.inforce import end_with_policy, policy_in_force, put_in_force
from mirror import applied
from mirror.journal.home import Home
from policies.fault import Fault

ONE = policy_text("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1")
KEYED = ONE.replace(
    "models: [gpt-4o]}", "models: [gpt-4o], credential: {mode: swap, env: NOT_THERE}}"
)

FORBIDDEN = policy_text(
    "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1", cloud="forbidden"
).replace("models: [gpt-4o]}", "models: [gpt-4o], credential: {mode: swap, env: NOT_THERE}}")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "policy.yaml").write_text(ONE)
    home = Home.open(tmp_path / "data")
    put_in_force(tmp_path / "policy.yaml", home)
    return home


def test_parts_read_a_copy_that_later_edits_do_not_reach(home, tmp_path):
    (tmp_path / "policy.yaml").write_text("version: 1\n# half an ed")
    assert policy_in_force(home, {}).policy.deployment == "test"


def test_a_half_written_file_is_not_put_in_force(home, tmp_path, capsys):
    (tmp_path / "policy.yaml").write_text(ONE[:200])
    with pytest.raises(SystemExit):
        put_in_force(tmp_path / "policy.yaml", home)
    assert applied.current(home.policies).number == 1
    assert "policy.yaml" in capsys.readouterr().err


def test_a_part_ends_for_a_policy_it_can_use_and_not_for_another(home, monkeypatch, caplog):
    monkeypatch.setattr(inforce, "LOOK_S", 0.01)
    ended = threading.Event()
    sent = []
    monkeypatch.setattr(
        inforce.os, "kill", lambda pid, number: (sent.append(number), ended.set())
    )
    end_with_policy(policy_in_force(home, {}), {}, home.policies)
    applied.apply(home.policies, KEYED.encode())
    until(lambda: "NOT_THERE" in caplog.text)
    assert not ended.is_set()
    applied.apply(home.policies, ONE.replace("deployment: test", "deployment: new").encode())
    assert ended.wait(30)
    assert sent == [signal.SIGTERM]


def test_a_copy_that_cannot_be_read_for_a_moment_is_tried_again(home, monkeypatch, caplog):
    monkeypatch.setattr(inforce, "LOOK_S", 0.01)
    ended, tried, load = threading.Event(), [], applied.load
    monkeypatch.setattr(inforce.os, "kill", lambda pid, number: ended.set())
    found = policy_in_force(home, {})

    def fails_twice(newest, environ):
        tried.append(newest.number)
        if newest.number == 2 and tried.count(2) <= 2:
            raise applied.CannotRead([Fault("copy", 0, "", "cannot be read: EIO")])
        return load(newest, environ)

    monkeypatch.setattr(applied, "load", fails_twice)
    applied.apply(home.policies, ONE.replace("deployment: test", "deployment: new").encode())
    end_with_policy(found, {}, home.policies)
    assert ended.wait(30)
    assert tried == [2, 1, 2, 1, 2]
    assert caplog.text.count("cannot be read") == 1


def test_a_part_that_starts_beside_a_policy_it_cannot_use_goes_on_with_the_one_before(
    home, caplog
):
    applied.apply(home.policies, KEYED.encode())
    assert policy_in_force(home, {}).applied.number == 1
    assert "stays in force" in caplog.text


def test_a_part_is_started_again_for_what_a_policy_forbids_that_it_cannot_use(
    home, monkeypatch
):
    monkeypatch.setattr(inforce, "LOOK_S", 0.01)
    ended = threading.Event()
    monkeypatch.setattr(inforce.os, "kill", lambda pid, number: ended.set())
    end_with_policy(policy_in_force(home, {}), {}, home.policies)
    applied.apply(home.policies, FORBIDDEN.encode())
    assert ended.wait(30)
    found = policy_in_force(home, {})
    assert (found.applied.number, found.policy.tenants["klinik-a"].cloud) == (1, "forbidden")


def test_a_part_that_obeys_what_it_cannot_use_is_not_started_again_for_it(home, monkeypatch):
    monkeypatch.setattr(inforce, "LOOK_S", 0.01)
    ended, looked, after = threading.Event(), threading.Event(), applied.after
    monkeypatch.setattr(inforce.os, "kill", lambda pid, number: ended.set())

    def looking(*given):
        found = after(*given)
        looked.set()
        return found

    monkeypatch.setattr(applied, "after", looking)
    applied.apply(home.policies, FORBIDDEN.encode())
    end_with_policy(policy_in_force(home, {}), {}, home.policies)
    assert looked.wait(30)
    assert not ended.wait(0.2)


def test_whatever_fails_while_it_follows_a_part_goes_on_following(home, monkeypatch, caplog):
    monkeypatch.setattr(inforce, "LOOK_S", 0.01)
    ended, current, failed = threading.Event(), applied.current, []
    monkeypatch.setattr(inforce.os, "kill", lambda pid, number: ended.set())
    found = policy_in_force(home, {})
    applied.apply(home.policies, ONE.replace("deployment: test", "deployment: new").encode())

    def fails_twice(folder):
        if len(failed) < 2:
            failed.append(folder)
            raise PermissionError("not today")
        return current(folder)

    monkeypatch.setattr(applied, "current", fails_twice)
    end_with_policy(found, {}, home.policies)
    assert ended.wait(30)
    assert caplog.text.count("could not be looked at") == 1
