"""The table: a pass takes the whole interval, and silence is never one."""

from cutover.acceptance.rows import Says, rows
from cutover.acceptance.sample import Measured, Phase, Sample
from policies.routes import Route
from policies.targets import Targets

SOAP, RETRIEVAL = "SOAP, p95", "retrieval, p95"
TOGETHER = "tokens a second, 16 streams"


def samples(n, route=Route.REASON, *, total_s=1.0, answered=True, **values):
    end = "complete" if answered else "timeout"
    return tuple(Sample(route, end, answered, total_s, **values) for _ in range(n))


def row(name, *, targets=None, **phases):
    found = rows(targets or Targets(), Measured(**phases))
    return next((one for one in found if one.name == name), None)


def test_without_a_request_nothing_passes():
    assert {one.says for one in rows(Targets(), Measured())} == {Says.UNMEASURED}


def test_few_fast_answers_are_not_enough_to_say_and_72_pass():
    assert row(SOAP, loaded=Phase(samples(71))).says is Says.UNSAID
    assert row(SOAP, loaded=Phase(samples(72))).says is Says.PASS


def test_slow_or_lost_answers_fail():
    assert row(SOAP, loaded=Phase(samples(72, total_s=3))).says is Says.FAIL
    lost = row(SOAP, loaded=Phase(samples(72, answered=False)))
    assert lost.says is Says.FAIL and lost.told()["measured"] is None


def test_retrieval_is_an_embed_and_a_rerank():
    both = samples(80, Route.EMBED, total_s=0.08) + samples(80, Route.RERANK, total_s=0.08)
    assert row(RETRIEVAL, loaded=Phase(both[:80])).says is Says.UNMEASURED
    found = row(RETRIEVAL, loaded=Phase(both))
    assert found.says is Says.FAIL and "vector store" in found.note


def test_only_recordings_of_about_the_length_count():
    short = samples(80, Route.AUDIO, audio_s=60)
    name = "Whisper, 10 min of audio, p95"
    assert row(name, loaded=Phase(short)).says is Says.UNMEASURED
    assert row(name, loaded=Phase(samples(80, Route.AUDIO, audio_s=590))).says is Says.PASS


def test_the_first_token_is_of_prompts_of_about_a_thousand_tokens():
    name = "first token, median"
    fast = {"first_token_s": 0.1}
    assert row(name, alone=Phase(samples(9, tokens_in=100, **fast))).says is Says.UNMEASURED
    assert row(name, alone=Phase(samples(9, tokens_in=1100, **fast))).says is Says.PASS


def test_tokens_that_nobody_tells_are_not_compared_and_characters_are_shown():
    name = "tokens a second, one stream"
    silent = samples(9, first_token_s=0.5, characters=400)
    found = row(name, alone=Phase(silent))
    assert found.says is Says.UNMEASURED and "800 characters/s" in found.note
    told = samples(9, first_token_s=0.5, tokens_out=50)
    assert row(name, alone=Phase(told)).says is Says.PASS


def test_streams_together_need_four_requests_each_and_all_their_tokens():
    told = samples(64, tokens_out=100)
    assert row(TOGETHER, together=Phase(told, 16, 8.0)).says is Says.PASS
    assert row(TOGETHER, together=Phase(told, 16, 8.1)).says is Says.FAIL
    assert row(TOGETHER, together=Phase(told[1:], 16, 1.0)).says is Says.UNSAID
    assert row(TOGETHER, together=Phase((*told, *samples(1)), 16, 8.0)).says is Says.UNSAID


def test_availability_is_of_every_phase_and_names_what_went_wrong():
    lost = samples(40, answered=False)
    found = row("availability", loaded=Phase(samples(40)), alone=Phase(lost))
    assert found.says is Says.FAIL and found.measured.n == 80 and "timeout" in found.note


def test_a_target_of_null_is_not_asked_for():
    assert row(SOAP, targets=Targets(reason_p95_s=None)) is None
