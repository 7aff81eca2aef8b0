"""What whoever plugs in must keep; the models that come with crossfade do."""

import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode, running

from compare import opinions
from compare.opinions.port import Claim, Question, Relation, Ruling, Unheard, Verdict

CLAIMS = [Claim("He has pain.", "He has no pain."), Claim("He rests.", "He sleeps.")]
QUESTIONS = [Question("How?", "Rest.", "Run."), Question("When?", "Now.", "At once.")]


def says(asked):
    texts = asked["messages"][1]["content"]
    if "premise]" in texts:
        relation = "contradicts" if "no pain" in texts else "neutral"
        return f'{{"relation": "{relation}"}}'
    verdict = "differ" if "Run." in texts else "agree"
    return f'{{"verdict": "{verdict}", "difference": "", "first_grade": 7, "second_grade": 7}}'


def loaded(server):
    at = {"upstream": "gpu", "model": "own"}
    return opinions.load(two_sided("http://127.0.0.1:9/v1", server.base_url, nli=at, judge=at))


def test_there_is_one_opinion_for_each_question_in_order():
    with running(FakeUpstream(answer=says)) as (server,):
        found = loaded(server)
        assert found.nli.relations(CLAIMS) == [Relation.CONTRADICTS, Relation.NEUTRAL]
        assert found.nli.relations([]) == []
        assert found.judge.rulings(QUESTIONS) == [
            Ruling(Verdict.DIFFER, "", (7, 7)),
            Ruling(Verdict.AGREE, "", (7, 7)),
        ]
        assert (found.nli.id, found.judge.id) == ("nli:own", "judge:own")


@pytest.mark.parametrize("mode", [Mode.ERROR, Mode.GARBAGE, Mode.REFUSE, Mode.CUT, Mode.OK])
def test_what_is_not_heard_is_a_value_for_each_question(mode):
    with running(FakeUpstream(mode=mode, text="{I would say so.")) as (server,):
        found = loaded(server)
        said = [*found.nli.relations(CLAIMS), *found.judge.rulings(QUESTIONS)]
    assert len(said) == 4 and all(isinstance(one, Unheard) and one.why for one in said)
    assert not any("Rest" in one.why or "say so" in one.why for one in said)


def test_turning_changes_the_order_and_nothing_else():
    assert CLAIMS[0].turned == Claim("He has no pain.", "He has pain.")
    assert QUESTIONS[0].turned == Question("How?", "Run.", "Rest.")
    assert QUESTIONS[0].turned.turned == QUESTIONS[0]
