"""The notifier tells each destination once of what is new, whatever becomes of it and of the others."""

import logging
import os
import signal
import subprocess
import sys

import pytest
from rollouts import ANNA, ERIK, KEY, World, a_policy
from told import Webhook, destination

from cutover.notices.notifier import LONGEST_S, Notifier, back_off_s, trial
from mirror.journal.store import Store

OPS = {"to": "OPS", "location": "onprem", "hosts": ["127.0.0.1:1"]}
SLACK = {"to": "SLACK", "location": "cloud", "hosts": ["hooks.slack.com:443"]}


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home, policy=a_policy(notify=[OPS]))
    yield world
    store.close()


class Post:
    """Keeps the letters it was given; `why` is what it says of each."""

    def __init__(self):
        self.sent, self.why = [], {}

    def __call__(self, to, letter):
        self.sent.append((to.to, letter))
        return self.why.get(to.to, "")

    def titles(self, name="OPS"):
        return [letter.title.partition(": ")[2] for to, letter in self.sent if to == name]


def notifying(world, post, policy=None, owner="one"):
    found = Notifier(policy or world.policy, world.store, post, world.clock, owner)
    found.look()
    return found


def test_a_rollback_is_told_once_with_why_and_what_to_do(world):
    post = Post()
    notifier = notifying(world, post)
    world.tick()
    world.to_canary()
    notifier.look()
    world.tick()
    world.desk.roll_back(ERIK, KEY, "answers are odd")
    notifier.look()
    assert len(post.sent) == 2
    body = post.sent[1][1].body
    assert "clinic/chat was rolled back (canary -> rolled_back" in body
    assert "why: answers are odd (said by erik)" in body
    assert "to do: find out why; `crossfade resume clinic/chat" in body
    for _ in range(3):
        world.tick()
        notifier.look()
    assert len(post.sent) == 2


def test_a_proposal_names_the_command_that_approves_it(world):
    post = Post()
    notifier = notifying(world, post)
    world.tick()
    world.until_proposed()
    notifier.look()
    assert "crossfade approve clinic/chat --as YOU" in post.sent[-1][1].body


def test_many_things_make_one_letter(world):
    post = Post()
    notifier = notifying(world, post)
    world.tick()
    for number in range(4):
        world.desk.hold(ERIK, KEY, f"hold {number}")
        world.desk.resume(ERIK, KEY, "go on")
    notifier.look()
    assert post.titles() == ["9 notices"]


def test_nothing_is_written_in_peace(world):
    notifier = notifying(world, Post())
    version = "PRAGMA data_version"
    with world.store.read() as conn:
        before = conn.exec_driver_sql(version).scalar()
        notifier.look()
        assert conn.exec_driver_sql(version).scalar() == before


def test_what_a_destination_did_not_ask_for_is_looked_at_once(world):
    post = Post()
    policy = a_policy(notify=[OPS | {"kinds": ["alarm"]}])
    notifier = notifying(world, post, policy)
    world.tick()
    notifier.look()
    assert post.sent == []
    assert not notifier._anything(policy.notify[0], world.clock())


def test_a_destination_that_is_down_is_asked_ever_more_seldom_and_told_all_at_last(
    world, caplog
):
    post = Post()
    notifier = notifying(world, post)
    post.why["OPS"] = "OPS: is it up?"
    world.tick()
    asked = []
    for second in range(0, 100, 5):
        before = len(post.sent)
        notifier.look()
        asked += [second] if len(post.sent) > before else []
        world.clock.pass_s(5)
    assert asked == [0, 10, 30, 70]
    assert [one.levelno for one in caplog.records if "is it up" in one.message][:1] == [
        logging.ERROR
    ]
    assert sum(one.levelno == logging.ERROR for one in caplog.records) == 1
    world.tick()
    world.desk.hold(ERIK, KEY, "wait")
    world.clock.pass_s(600)
    post.why.clear()
    notifier.look()
    assert post.titles()[-1] == "2 notices"
    assert [back_off_s(n) for n in (1, 2, 50)] == [10, 20, LONGEST_S]


def test_after_a_day_of_silence_a_letter_says_that_something_was_not_told(world):
    post = Post()
    notifier = notifying(world, post)
    post.why["OPS"] = "OPS: is it up?"
    world.tick()
    notifier.look()
    world.clock.pass_s(90_000)
    world.tick()
    world.desk.hold(ERIK, KEY, "wait")
    post.why.clear()
    notifier.look()
    assert post.titles()[-1] == "clinic/chat is held where it is, in mirror"
    assert "could not be told in time" in post.sent[-1][1].body


def test_a_clock_that_is_put_back_leaves_nobody_untold(world):
    post = Post()
    notifier = notifying(world, post)
    post.why["OPS"] = "OPS: is it up?"
    world.tick()
    notifier.look()
    world.clock.pass_s(-86_000)
    post.why.clear()
    notifier.look()
    assert len(post.sent) == 2


def test_one_that_is_down_is_not_the_others(world):
    post = Post()
    policy = a_policy(notify=[OPS, SLACK])
    notifier = notifying(world, post, policy)
    post.why["OPS"] = "OPS: is it up?"
    world.tick()
    notifier.look()
    world.clock.pass_s(1)
    notifier.look()
    assert (len(post.titles("OPS")), len(post.titles("SLACK"))) == (1, 1)


def test_a_bug_with_one_is_not_the_others(world, caplog):
    post = Post()
    policy = a_policy(notify=[OPS, SLACK])
    notifier = notifying(
        world, lambda to, letter: 1 / 0 if to.to == "OPS" else post(to, letter), policy
    )
    world.tick()
    notifier.look()
    assert (post.titles("OPS"), len(post.titles("SLACK"))) == ([], 1)
    assert "OPS: not told (ZeroDivisionError)" in caplog.text


def test_the_next_process_goes_on_where_the_last_one_was(world):
    post = Post()
    notifying(world, post).look()
    world.tick()
    notifying(world, post)
    assert len(post.sent) == 1
    notifying(world, post)
    assert len(post.sent) == 1


def test_of_two_notifiers_one_sends(world):
    post, other = Post(), Post()
    first = notifying(world, post)
    second = notifying(world, other, owner="two")
    world.tick()

    def meanwhile(to, letter):
        second.look()
        return post(to, letter)

    first.send = meanwhile
    first.look()
    second.look()
    assert (len(post.sent), len(other.sent)) == (1, 0)


def test_no_letter_holds_a_token_or_what_a_client_said(world):
    post = Post()
    notifier = notifying(world, post)
    tokens = world.add(ANNA, ERIK)
    world.tick()
    world.to_canary()
    world.good(1, bad=True)
    notifier.look()
    all_of_it = str(post.sent)
    assert "question" not in all_of_it and "answer of" not in all_of_it
    assert not any(token in all_of_it for token in tokens.values())


SENDER = """
import os, sys
from cutover.notices import messenger
from cutover.notices.notifier import Notifier
from mirror.journal.store import Store
from policies.policy import Policy
policy = Policy.model_validate_json(sys.argv[1])
send = lambda to, letter: messenger.send(to, os.environ, letter)
Notifier(policy, Store.open(sys.argv[2]), send, lambda: int(sys.argv[3])).look()
"""


def test_killed_before_the_answer_it_sends_again_and_killed_after_it_never(world):
    notifying(world, Post())
    world.tick()
    now_us = world.clock()
    with Webhook() as webhook:
        to = destination(webhook.port).model_dump(mode="json")
        policy = a_policy(notify=[to]).model_dump_json()

        def run(after_s, *, kill=False):
            sender = subprocess.Popen(
                [sys.executable, "-c", SENDER, policy, world.home.store_url, str(now_us + after_s * 1_000_000)],
                env={**os.environ, "OPS": webhook.url},
                stdout=subprocess.PIPE,
            )  # fmt: skip
            webhook.before_answering = sender.kill if kill else lambda: None
            sender.communicate(timeout=100)
            assert sender.returncode == (-signal.SIGKILL if kill else 0)
            return len(webhook.got)

        assert run(0, kill=True) == 1
        assert run(1) == 1  # the one that was killed may still be sending, for all it knows
        assert run(121) == 2
        assert run(300) == 2


def test_the_trial_names_no_tenant():
    assert "clinic" not in str(trial(a_policy()))
