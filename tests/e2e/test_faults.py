"""A candidate that is down, hangs or answers garbage: clients notice nothing, comparisons say it."""

import httpx
import pytest
from deployed import deployed, policy_text
from fakes import FakeUpstream, Mode, running

from compare import ledger as comparisons
from mirror.journal.store import Store

TENANT = {"x-crossfade-tenant": "klinik-a"}


@pytest.fixture(scope="module")
def primary():
    return FakeUpstream(text="Take one tablet of 500 mg twice a day with food.")


@pytest.fixture(scope="module")
def candidate():
    return FakeUpstream(text="One 500 mg tablet two times daily, with a meal.")


@pytest.fixture(scope="module")
def box(primary, candidate, tmp_path_factory):
    with (
        running(primary, candidate),
        deployed(
            tmp_path_factory.mktemp("faults"),
            # A rollback after a few faults would end the copies that this file is about.
            policy_text(primary.base_url, candidate.base_url).replace(
                "roll_back: 0.05", "roll_back: 0.000000001"
            ),
        ) as box,
    ):
        yield box


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (Mode.ERROR, "HTTP_ERROR"),
        (Mode.HANG, "TIMEOUT"),
        (Mode.GARBAGE, "MALFORMED"),
        (Mode.CUT, "STREAM_ERROR"),
        (Mode.NO_TERMINAL, "STREAM_TRUNCATED"),
        (Mode.ERROR_FIRST, "STREAM_ERROR"),
    ],
)
def test_the_client_is_answered_and_the_comparison_says_what_happened(
    box, primary, candidate, mode, code
):
    candidate.mode = mode
    stream = mode in (Mode.CUT, Mode.NO_TERMINAL, Mode.ERROR_FIRST)
    before = box.ledger()
    with httpx.Client(base_url=box.base_url, headers=TENANT, trust_env=False) as client:
        answer = client.post(
            "/chat/completions",
            json={
                "model": "gpt-4o",
                "stream": stream,
                "messages": [{"role": "user", "content": f"Tell me about {mode}."}],
            },
        )
    assert answer.status_code == 200
    # The last word of the primary's answer arrived, and within the time the primary took.
    assert "food" in answer.text
    assert answer.elapsed.total_seconds() < 2
    box.settled((before.seen if before else 0) + 1)
    with Store.open(box.home.store_url).read() as conn:
        row = comparisons.recent(conn, "klinik-a", "chat", None, 1)[0]
    assert code in row.fail_codes
