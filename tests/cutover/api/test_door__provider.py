"""Attempts without a right where people sign in at a provider: replayed codes, and sign-ins of another browser."""

import time

import pytest
from attempting import COUNTED, a_client, a_world, by, refused_and_told
from signing_on import Browser, a_key, a_provider, a_token, signed_policy

from mirror.journal.store import Store


@pytest.fixture(scope="module")
def issuer():
    with a_provider() as issuer:
        yield issuer


@pytest.fixture
def single(home, issuer):
    """A world whose people sign in at a provider, and a client of its API."""
    store = Store.open(home.store_url)
    world = a_world(store, home, policy=signed_policy(issuer))
    world.clock.now_us = time.time_ns() // 1000  # as the provider's tokens are stamped
    world.controller.tick()
    yield a_client(world), world
    store.close()


def a_code_twice(client, browser):
    code = browser.code("s-anna")
    assert browser.take_over(code).status_code == 201
    return lambda: browser.take_over(code)


def a_code_of_another_browser(client, browser):
    code = browser.code("s-anna")
    return lambda: browser.take_over(code, browser="x" * 43)


def a_sign_in_that_somebody_else_began(client, browser):
    where = browser.at_the_provider(browser.begin(), "s-anna")
    client.cookies.clear()
    return lambda: browser.come_back(where)


def an_answer_twice(client, browser):
    where = browser.at_the_provider(browser.begin(), "s-anna")
    kept = dict(client.cookies)
    assert browser.come_back(where).status_code == 303

    def again():
        client.cookies.update(kept)
        return browser.come_back(where)

    return again


def a_token_that_the_provider_did_not_sign(client, browser):
    token = a_token({"sub": "s-anna", "iss": "me"}, key=a_key("own"))
    return lambda: client.get("/v1/rollouts", headers=by(token))


@pytest.mark.parametrize(
    ("attempt", "kind"),
    [
        (a_code_twice, "replayed sign-in"),
        (a_code_of_another_browser, "replayed sign-in"),
        (a_sign_in_that_somebody_else_began, "sign-in of another browser"),
        (an_answer_twice, "code not taken"),
        (a_token_that_the_provider_did_not_sign, "token not taken"),
    ],
)
def test_at_a_provider_too_what_is_replayed_or_anothers_is_refused_and_counted(
    single, attempt, kind
):
    client, world = single
    act = attempt(client, Browser(client))
    world.mark()
    answer = act()
    assert answer.status_code == 401, answer.text
    refused_and_told(world, COUNTED, kind)
