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
    end_with_policy(policy_in_force(home, {}), {})
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
        if len(tried) <= 2:
            raise applied.CannotRead([Fault("copy", 0, "", "cannot be read: EIO")])
        return load(newest, environ)

    monkeypatch.setattr(applied, "load", fails_twice)
    applied.apply(home.policies, ONE.replace("deployment: test", "deployment: new").encode())
    end_with_policy(found, {})
    assert ended.wait(30)
    assert tried == [2, 2, 2]
    assert caplog.text.count("cannot be read") == 1


def test_a_part_that_starts_beside_a_policy_it_cannot_use_goes_on_with_the_one_before(
    home, caplog
):
    applied.apply(home.policies, KEYED.encode())
    assert policy_in_force(home, {}).applied.number == 1
    assert "stays in force" in caplog.text
