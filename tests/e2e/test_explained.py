"""A streamed exchange through a whole deployment: how fast both sides were, and the explanation."""

import json

import httpx
from click.testing import CliRunner
from deployed import deployed, policy_text
from fakes import FakeUpstream, running

from cutover.cli.explain import explain

ASK = {
    "model": "gpt-4o",
    "stream": True,
    "messages": [{"role": "user", "content": "Which dose of metformin?"}],
}


def explained(box, *told):
    done = CliRunner().invoke(explain, [*told, "--data", str(box.home.path)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_streamed_exchange_is_timed_on_both_sides_and_explained(tmp_path):
    primary = FakeUpstream(text="Take metformin 500 mg twice daily.", pace_s=0.01)
    candidate = FakeUpstream(text="Take metformin 5000 mg twice daily.", pace_s=0.03)
    with running(primary, candidate):
        policy = policy_text(primary.base_url, candidate.base_url)
        with deployed(tmp_path, policy) as box:
            with httpx.Client(base_url=box.base_url, trust_env=False) as client:
                client.headers["x-crossfade-tenant"] = "klinik-a"
                answer = client.post("/chat/completions", json=ASK)
                id = answer.headers["x-crossfade-exchange"]
            assert box.settled(1).compared == 1
            found = json.loads(explained(box, id, "--json"))
            page = explained(box, id[:30])
    ours, theirs = found["performance"]["primary"], found["performance"]["candidate"]
    for timing, pace_ms in ((ours, 10), (theirs, 30)):
        assert 0 < timing["first_token_ms"] <= timing["total_ms"]
        assert timing["total_ms"] > 6 * pace_ms  # the server waits before each word
        assert timing["gap_p50_ms"] is not None and timing["longest_gap_ms"] is not None
    assert (found["performance"]["late"], found["outcome"]) == ("", "compared")
    assert "DOSE_CONFLICT" in [flag["code"] for flag in found["flags"]]
    assert "- Take metformin [-500-] mg twice daily." in page
    assert "+ Take metformin {+5000+} mg twice daily." in page
    assert "median gap: primary" in page
