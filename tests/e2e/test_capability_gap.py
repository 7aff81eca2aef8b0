"""What the candidate lacks, through a whole deployment: answered, on record, and nobody's failure."""

import httpx
from deployed import deployed, policy_text
from fakes import FakeUpstream, running

from compare import ledger as comparisons
from compare.comparison import Attribution
from mirror.journal import events
from mirror.journal.store import Store

ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How often?"}]}


def test_a_request_that_the_candidate_lacks_the_means_for_is_told_and_not_sent(tmp_path):
    primary, candidate = (
        FakeUpstream(text="Twice a day."),
        FakeUpstream(text="Two times daily."),
    )
    with running(primary, candidate):
        policy = policy_text(primary.base_url, candidate.base_url)
        policy = policy.replace("models: [llama]", "models: [llama], preset: triton")
        assert "preset: triton" in policy
        with deployed(tmp_path, policy) as box:
            with httpx.Client(base_url=box.base_url, trust_env=False) as client:
                client.headers["x-crossfade-tenant"] = "klinik-a"
                for ask in (ASK | {"n": 2}, ASK | {"user": "Dr Lim", "seed": 1}):
                    assert client.post("/chat/completions", json=ask).status_code == 200
            ledger = box.settled(2)
            with Store.open(box.home.store_url).read() as conn:
                rows = comparisons.recent(conn, "klinik-a", "chat", None, 2)
                told = [event.type for event in events.read(conn, "klinik-a")]
        bodies = [seen.json for seen in candidate.seen if seen.method == "POST"]
    assert (ledger.compared, ledger.failed) == (2, 0)
    assert {row.attribution for row in rows} == {
        Attribution.BOTH_ANSWERED,
        Attribution.CAPABILITY_GAP,
    }
    (gap,) = [row for row in rows if row.attribution is Attribution.CAPABILITY_GAP]
    assert (gap.missing, gap.fail_codes, gap.candidate_us) == ("capability_gap", (), None)
    assert [flag.code for flag in gap.flags] == ["CAPABILITY_GAP"]
    assert told.count("shadow.skipped") == told.count("shadow.sent") == 1
    (copy,) = bodies
    assert copy["seed"] == 1 and "user" not in copy and copy["model"] == "llama"
    assert primary.seen[0].json == ASK | {"n": 2}
