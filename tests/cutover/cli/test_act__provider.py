"""`approve` of who signs in at the clinic's provider: no password is asked for, and a browser confirms."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from click.testing import CliRunner
from signing_on import Browser, a_provider, signed_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.cli import act
from cutover.identity.claims import FRESH_S

REAL = httpx.Client


@pytest.fixture(scope="module")
def issuer():
    with a_provider() as issuer:
        yield issuer


@pytest.fixture
def policy(issuer):
    return signed_policy(issuer)


@pytest.fixture
def approve(world, monkeypatch):
    """`crossfade approve` as anna, who signed in at the provider just now."""
    world.until_proposed()
    world.clock.now_us = time.time_ns() // 1000
    world.controller.tick()
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    browser = Browser(TestClient(api.app(), base_url="http://localhost:8081"))
    with monkeypatch.context() as outside:  # the provider is asked over the network
        outside.setattr(httpx, "Client", REAL)
        signed = browser.sign_in("s-anna")
    monkeypatch.setenv("CROSSFADE_TOKEN", signed["authorization"].removeprefix("Bearer "))
    monkeypatch.delenv("CROSSFADE_PROOF")

    def approve():
        data = str(world.home.path)
        given = ["clinic/chat", "--as", "anna@localhost", "--reason", "x", "--data", data]
        return CliRunner().invoke(act.approve, given)

    return approve


def test_a_fresh_sign_in_is_enough(world, approve):
    done = approve()
    assert done.exit_code == 0, done.output
    assert world.view().stage == "canary"


def test_one_that_is_too_old_is_led_to_the_page_that_confirms(world, approve):
    world.clock.pass_s(FRESH_S + 60)
    world.controller.tick()
    done = approve()
    assert (done.exit_code, world.view().stage) == (1, "mirror")
    assert "Password" not in done.output
    (link,) = re.findall(r"http://localhost:8081/v1/sign-in/oidc\?\S+", done.stderr)
    asked = parse_qs(urlsplit(link).query)
    assert asked == {"anew": ["true"], "back": ["/approvals?tenant=clinic&route=chat"]}
    assert httpx.URL(link).host == "localhost"
