"""What was waited for in vain is not waited for again at once, and nothing else is held back."""

from __future__ import annotations

import threading

import httpx
import pytest

from dashboards import calls
from dashboards.calls import Failure, Trouble
from dashboards.control import Control, Key
from dashboards.silence import PAUSE_S, Silence
from dashboards.wire import Rollout

SLOW = Failure(Trouble.DOWN, "did not answer", in_vain=True)
UNHEARD = Failure(Trouble.UNHEARD, "did not answer", in_vain=True)
IPOH = Key("klinik-ipoh", "chat")


@pytest.fixture
def silence():
    now_s = [100.0]
    return Silence(clock_s=lambda: now_s[0]), now_s


def test_a_look_that_ran_out_of_time_is_not_asked_again_for_a_moment_and_others_are(silence):
    made, now_s = silence
    made.came(SLOW, "/v1/events")
    assert made.of("/v1/events") == SLOW
    assert made.of("/v1/rollouts") is None
    now_s[0] += PAUSE_S
    assert made.of("/v1/events") is None


def test_after_a_deed_that_ran_out_of_time_no_look_is_asked_for_a_moment(silence):
    made, now_s = silence
    made.came(UNHEARD)
    assert made.of("/v1/rollouts") == SLOW, "a look was not answered; it may not have been done"
    now_s[0] += PAUSE_S
    assert made.of("/v1/rollouts") is None


@pytest.mark.parametrize("answer", [Rollout, Failure(Trouble.DOWN, "nobody listens")])
def test_a_deed_that_was_answered_or_refused_at_once_ends_it(silence, answer):
    made, _ = silence
    made.came(UNHEARD)
    made.came(SLOW, "/v1/events")
    made.came(answer)
    assert made.of("/v1/events") is None


def test_a_look_that_was_answered_ends_its_own(silence):
    made, _ = silence
    made.came(SLOW, "/v1/events")
    made.came("an answer", "/v1/events")
    assert made.of("/v1/events") is None


def test_who_waits_in_vain_for_a_deed_may_press_again_at_once(control, monkeypatch):
    monkeypatch.setattr(calls, "TIMEOUT", httpx.Timeout(0.5))
    event = control.late["rollbacks"] = threading.Event()
    person = Control(control.url, "token-farid")
    first = person.roll_back(IPOH, "odd")
    looked = person.rollout(IPOH)
    event.set()
    assert isinstance(first, Failure)
    assert isinstance(looked, Failure)
    assert "did not answer within" in looked.sentence
    assert not isinstance(person.roll_back(IPOH, "odd"), Failure)
    assert isinstance(person.rollout(IPOH), Rollout)
