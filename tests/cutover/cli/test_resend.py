"""`crossfade resend`: what must be there before anything is sent, and what is told after."""

import json
from contextlib import closing

import pytest
from click.testing import CliRunner
from deployed import policy_text
from fakes import FakeUpstream, running
from nights import SCORER, Nights

from cutover.cli import cli, resend
from cutover.resend.alone import ANOTHER, alone
from cutover.resend.resending import Report
from mirror.journal.store import Store
from policies.load import load

AGREED = 'terms:\n  low_traffic: {resend: {start: "00:00", end: "24:00"}}\n'


@pytest.fixture
def run(tmp_path, home):
    def command(
        target="klinik-a/chat",
        *,
        terms="",
        consent=False,
        data=home.path,
        cloud="allowed",
        swap=("", ""),
    ):
        text = policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", cloud=cloud)
        if consent:
            text = text.replace("pass_through:", "resend: true, pass_through:")
        text = text.replace(*swap)
        path = tmp_path / "policy.yaml"
        path.write_text(text.replace("terms:\n", terms or "terms:\n", 1))
        load(path)
        return CliRunner().invoke(
            cli, ["resend", target, "-p", str(path), "--data", str(data), "--json"]
        )

    Store.open(home.store_url).close()
    return command


def test_without_terms_consent_or_store_it_says_what_to_write(run, tmp_path):
    for given, words in (
        ({}, "write `terms.low_traffic.resend`"),
        ({"terms": AGREED}, "write `tenants.klinik-a.resend: true`"),
        ({"target": "nobody/chat"}, "no rollout nobody/chat in the policy"),
        ({"data": tmp_path / "nothing"}, "holds no store"),
    ):
        done = run(**given)
        assert done.exit_code == 2, done.output
        assert words in done.stderr


def test_the_key_of_the_cloud_is_asked_of_nobody(run, monkeypatch):
    asked = []

    async def sent(policy, *_):
        asked.append(policy)
        return Report(0, "")

    monkeypatch.setattr(resend, "_resent", sent)
    key = (
        "models: [gpt-4o]",
        "models: [gpt-4o], credential: {mode: swap, env: KEY_OF_THE_CLOUD}",
    )
    done = run(terms=AGREED, consent=True, swap=key)
    assert done.exit_code == 0, done.output
    assert asked[0].upstreams["primary"].credential.env == "KEY_OF_THE_CLOUD"


def test_what_was_sent_and_why_no_more_is_told(run, monkeypatch):
    async def sent(*_):
        return Report(7, "nothing is left that could be sent again")

    monkeypatch.setattr(resend, "_resent", sent)
    done = run(terms=AGREED, consent=True)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "rollout": "klinik-a/chat", "sent": 7, "why": "nothing is left that could be sent again",
    }  # fmt: skip


def test_how_slowly_it_goes_is_told_before_it_begins(run, monkeypatch):
    async def sent(*_):
        return Report(0, "")

    monkeypatch.setattr(resend, "_resent", sent)
    terms = AGREED.replace('"24:00"', '"24:00", per_hour: 40')
    said = run(terms=terms, consent=True).stderr
    assert "klinik-a/chat: one request in 90 s, until its hours or its budget are over" in said


def test_a_second_run_sends_nothing(run, home):
    with (
        closing(Store.open(home.store_url)) as store,
        alone(store, home.path, ("klinik-a", "chat")),
    ):
        done = run(terms=AGREED, consent=True)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["why"] == ANOTHER


def test_from_the_data_folder_to_the_candidate_and_into_the_evidence(
    home, tmp_path, monkeypatch
):
    rested = []

    async def rest(seconds):
        rested.append(seconds)

    monkeypatch.setattr(resend, "REST", rest)
    monkeypatch.setattr(resend, "_scorer", lambda *_: SCORER)
    path = tmp_path / "policy.yaml"
    with (
        running(FakeUpstream(text="answer of the candidate", model="own")) as (gpu,),
        closing(Store.open(home.store_url)) as store,
    ):
        nights = Nights(store, home, gpu, stored=2, live=3)
        path.write_text(json.dumps(nights.policy.model_dump(mode="json")))
        done = CliRunner().invoke(
            cli, ["resend", "clinic/chat", "-p", str(path), "--data", str(home.path)]
        )
        assert done.exit_code == 0, done.output
        assert (
            done.stdout
            == "clinic/chat: 2 stored requests were sent again; nothing is left that could be sent again\n"
        )
        assert len(gpu.seen) == len(nights.kept()) == len(rested) == 2
