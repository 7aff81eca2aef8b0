"""`crossfade resend`: what must be there before anything is sent, and what is told after."""

import json

import pytest
from click.testing import CliRunner
from deployed import policy_text

from cutover.cli import cli, resend
from cutover.resending import Report
from mirror.journal.store import Store
from policies.load import load

AGREED = 'terms:\n  low_traffic: {resend: {start: "00:00", end: "24:00"}}\n'


@pytest.fixture
def run(tmp_path, home):
    def command(
        target="klinik-a/chat", *, terms="", consent=False, data=home.path, cloud="allowed"
    ):
        text = policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", cloud=cloud)
        if consent:
            text = text.replace("pass_through:", "resend: true, pass_through:")
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


def test_what_was_sent_and_why_no_more_is_told(run, monkeypatch):
    async def sent(*_):
        return Report(7, "nothing is left that could be sent again")

    monkeypatch.setattr(resend, "_resent", sent)
    done = run(terms=AGREED, consent=True)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "rollout": "klinik-a/chat", "sent": 7, "why": "nothing is left that could be sent again",
    }  # fmt: skip
