import threading
from dataclasses import replace

import pytest

from compare import score
from compare.asked import Asked
from compare.canonical import Answer
from compare.cases import Case, of_texts
from compare.comparators import VERSION
from compare.comparison import Attribution, Finding, Flag, Pair, Severity
from compare.kinds import Kind
from compare.opinions import Opinions
from compare.opinions.port import Relation, Ruling, Unheard, Verdict
from compare.score import Scorer
from compare.sides import Sides

ANSWER = "Take the tablet with food. Drink a glass of water. Rest for two days at home."
CLOSE = "Take the tablet with food. Drink one glass of water. Rest at home for two days."
FAR = "Parking behind our building is free. The counter stamps tickets until six."
MALAY = "Sila ambil ubat ini selepas makan dan minum air secukupnya setiap hari."


def one(words, candidate, primary=ANSWER, prompt="How?", reask=None, encoders=None):
    case = of_texts("e1", Pair("chat", prompt, primary, candidate), reask)
    return Scorer(encoders or (words,)).score([case])[0]


def test_agreement_falls_from_the_same_over_the_close_to_the_other(words):
    same, close, far = (one(words, text).equivalence for text in (ANSWER, CLOSE, FAR))
    assert same == 1.0 and close > 0.8 and far < 0.2


def test_the_noise_floor_is_the_same_function_of_the_primary_asked_again(words):
    found = one(words, FAR, reask=CLOSE)
    assert found.noise_floor == one(words, CLOSE).equivalence
    assert found.equivalence == one(words, FAR).equivalence
    assert (
        one(words, CLOSE, reask=CLOSE).equivalence == one(words, CLOSE, reask=CLOSE).noise_floor
    )


def test_a_batch_scores_as_its_parts_do_and_encodes_every_sentence_once(words):
    cases = [
        of_texts(str(n), Pair("chat", "", ANSWER, text)) for n, text in enumerate((CLOSE, FAR))
    ]
    together = Scorer((words,)).score(cases)
    assert len(words.asked) == 1
    assert len(set(words.asked[0])) == len(words.asked[0])
    alone = [Scorer((words,)).score([case])[0] for case in cases]
    assert [x.equivalence for x in together] == pytest.approx([x.equivalence for x in alone])
    assert [x.exchange_id for x in together] == ["0", "1"]
    assert Scorer((words,)).score([]) == []


def test_signals_of_every_family_stand_beside_the_score(words):
    signals = one(words, CLOSE).signals
    assert {
        "ratio",
        "overlap",
        "f1",
        "recall",
        "p10",
        "cosine",
        "length_ratio",
    } <= signals.keys()
    assert {"lexical", "semantic", "coverage", "numbers_supported"} <= signals.keys()
    assert "equivalence" not in signals


def test_an_empty_candidate_agrees_in_nothing_and_fails(words):
    found = one(words, "  ", reask=CLOSE)
    assert found.equivalence == 0.0 and found.noise_floor > 0.8
    assert [flag.code for flag in found.flags] == ["EMPTY"] and found.failed


def test_what_nothing_reads_is_missing_with_its_reason(words):
    case = Case("e", Pair("embed", "", "", ""), unread="no_comparator:embeddings")
    found = Scorer((words,)).score([case])[0]
    assert (found.equivalence, found.noise_floor) == (None, None)
    assert found.missing == "no_comparator:embeddings"
    assert found.attribution is Attribution.BOTH_ANSWERED and found.flags == ()


def test_a_primary_without_text_cannot_be_agreed_with(words):
    found = one(words, ANSWER, primary=" ")
    assert (found.equivalence, found.missing) == (None, "no_text")


@pytest.mark.parametrize("said", ["...", "🙂", "\u200b", "\x07", "|---|"])
def test_two_answers_that_say_nothing_do_not_agree(words, said):
    found = one(words, said, primary=said, reask=said)
    assert (found.equivalence, found.noise_floor, found.missing) == (None, None, "no_text")
    assert one(words, said).equivalence == 0.0


@pytest.mark.parametrize(
    "who", [who for who in Attribution if who is not Attribution.BOTH_ANSWERED]
)
def test_a_failure_has_no_agreement_and_keeps_its_flags(words, who):
    flag = Flag("TIMEOUT", Severity.FAIL, "timeout")
    case = Case("e1", Pair("chat", "", ANSWER, ""), None, who, Finding(flags=(flag,)))
    found = Scorer((words,)).score([case])[0]
    assert (found.equivalence, found.noise_floor, found.missing) == (None, None, who.value)
    assert found.flags == (flag,) and words.asked == []


@pytest.mark.parametrize(
    "said",
    [
        "Принимайте это лекарство после еды и пейте много воды.",
        "この薬は食後に服用し、水を十分に飲んでください。",
        "Prenez les comprimés avec de la nourriture et buvez beaucoup d'eau, surtout le matin.",
    ],
)
def test_a_language_outside_the_four_is_not_scored_by_the_encoder_of_mixed_texts(words, said):
    every = type(words)()
    every.languages = frozenset({"en", "ms", "zh", "ta", ""})
    found = one(words, said, primary=f"{said} {said}", encoders=(words, every))
    assert (found.equivalence, found.missing) == (None, "language:other")
    assert every.asked == []


def test_a_language_that_no_encoder_reads_is_missing_and_not_guessed(words):
    found = one(words, MALAY + " Terima kasih.", primary=MALAY)
    assert (found.equivalence, found.noise_floor, found.missing) == (None, None, "language:ms")
    assert "ratio" in found.signals and "f1" not in found.signals


def test_the_first_encoder_that_reads_all_answers_is_asked(words):
    class Everything(type(words)):
        id = "multilingual-e5-small/words"
        languages = frozenset({"en", "ms", ""})

    second = Everything()
    both = (words, second)
    assert one(words, MALAY, primary=MALAY, encoders=both).missing == ""
    assert words.asked == [] and second.asked
    mismatch = one(words, MALAY, encoders=both)
    assert mismatch.missing == "" and words.asked == []
    assert [flag.code for flag in mismatch.flags if flag.severity is Severity.FAIL] == [
        "LANG_MISMATCH"
    ]
    one(words, CLOSE, encoders=both)
    assert words.asked


def test_answers_too_short_to_tell_are_in_the_prompt_s_language(words):
    prompt = "May I take the tablet together with my breakfast in the morning?"
    assert one(words, "Yes, do.", primary="Yes.", prompt=prompt).missing == ""
    assert one(words, "Ya.", primary="Boleh.", prompt=MALAY).missing == "language:ms"


def test_what_scored_is_named(words):
    assert one(words, CLOSE).comparators == f"{VERSION} {words.id}"


@pytest.mark.parametrize("text", ["!!!", "🙂" * 30, "\x00", "a" * 5000, "1. 2. 3.", "|" * 300])
def test_odd_texts_are_scored(words, text):
    found = one(words, text)
    assert found.equivalence is None or 0 <= found.equivalence <= 1
    assert one(words, ANSWER, primary=text).exchange_id == "e1"


def test_the_real_model_tells_paraphrases_from_other_answers(minilm):
    paraphrase = (
        "Swallow the pill during a meal with some water, then rest at home for two days."
    )
    close, far = (one(None, text, encoders=(minilm,)).equivalence for text in (paraphrase, FAR))
    assert close > 0.4 and far < 0.1


def test_where_the_candidate_failed_the_primarys_noise_is_known_all_the_same(words):
    pair = Pair("chat", "How?", ANSWER, "")
    case = Case("e1", pair, CLOSE, attribution=Attribution.CANDIDATE_FAILED)
    found = Scorer((words,)).score([case])[0]
    assert found.noise_floor == one(words, CLOSE).equivalence
    assert (found.equivalence, found.missing) == (None, "candidate_failed")


def of_kind(agreement, candidate="b", again=None, **kind):
    sides = Sides("embed", "embeddings", Asked(), Answer("a"), Answer(candidate))
    return Case(
        "e1",
        Pair("embed", "", "a", candidate),
        sides=sides,
        again=again,
        kind=Kind("letters", agreement=agreement, **kind),
    )


def letters(sides):
    same = float(sides.primary.text == sides.candidate.text)
    return Finding({"equivalence": same, "letters": 0.5})


def test_a_kind_of_its_own_agrees_without_an_encoder(words):
    case = of_kind(letters, again=Answer("a"), words=False)
    found = Scorer((words,)).score([case])[0]
    assert (found.equivalence, found.noise_floor, found.missing) == (0.0, 1.0, "")
    assert found.signals == {"letters": 0.5} and words.asked == []


def test_a_kind_s_comparators_see_whole_answers_beside_those_of_words(words):
    def shouts(sides):
        return Finding(flags=(Flag("LOUD", Severity.REVIEW, sides.candidate.text),))

    found = Scorer((words,)).score([of_kind(letters, "b!", comparators=(shouts,))])[0]
    assert [flag.evidence for flag in found.flags] == ["b!"] and "ratio" in found.signals


def test_a_kind_that_cannot_tell_says_why(words):
    case = of_kind(lambda sides: Finding(missing="too_few"), words=False)
    found = Scorer((words,)).score([case])[0]
    assert (found.equivalence, found.missing) == (None, "too_few")


def test_a_failed_candidate_of_a_kind_has_no_agreement_and_the_primary_its_noise(words):
    case = replace(
        of_kind(letters, again=Answer("a")),
        attribution=Attribution.CANDIDATE_FAILED,
    )
    found = Scorer((words,)).score([case])[0]
    assert (found.equivalence, found.noise_floor) == (None, 1.0)
    assert found.missing == "candidate_failed" and "ratio" not in found.signals


def test_comparators_run_while_sentences_are_encoded(words, monkeypatch):
    compared = threading.Event()
    found, encode = score._found, words.encode

    def comparing(case):
        compared.set()
        return found(case)

    def encoding(sentences):
        assert compared.wait(60), "the comparators waited for the encoder"
        return encode(sentences)

    monkeypatch.setattr(score, "_found", comparing)
    monkeypatch.setattr(words, "encode", encoding)
    assert one(words, CLOSE).equivalence is not None


def test_what_breaks_an_encoder_or_a_comparator_breaks_the_batch(words, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(words, "encode", broken)
    with pytest.raises(ZeroDivisionError):
        one(words, CLOSE)
    monkeypatch.undo()
    monkeypatch.setattr(score, "_found", broken)
    with pytest.raises(ZeroDivisionError):
        one(words, CLOSE)


class Opinionated:
    """An entailment model and a judge that always say the same."""

    id = "nli:fake"

    def __init__(self, relation, verdict):
        self.relation, self.verdict, self.asked = relation, verdict, []

    def relations(self, claims):
        self.asked += claims
        return [self.relation] * len(claims)

    def rulings(self, questions):
        self.asked += questions
        return [self.verdict] * len(questions)


def with_opinions(words, model, *cases):
    opinions = Opinions(nli=model, judge=model, judge_percent=100)
    return Scorer((words,), opinions=opinions).score(cases)


def test_opinions_add_flags_and_change_nothing_else(words):
    model = Opinionated(Relation.CONTRADICTS, Ruling(Verdict.DIFFER, "the rest"))
    case = of_texts("e1", Pair("chat", "How?", ANSWER, CLOSE))
    alone = Scorer((words,)).score([case])[0]
    (found,) = with_opinions(words, model, case)
    added = found.flags[len(alone.flags) :]
    assert {flag.code for flag in added} == {"NLI_CONTRADICTION", "JUDGE_DIFFERS"}
    assert replace(found, flags=alone.flags, comparators=alone.comparators) == alone


def test_models_that_can_raise_a_fail_or_grade_are_a_part_of_what_compared(words):
    plain = Scorer((words,)).comparators
    model = Opinionated(Relation.NEUTRAL, Ruling(Verdict.AGREE))
    assert Scorer((words,), opinions=Opinions(judge=model)).comparators == f"{plain} nli:fake"
    assert Scorer((words,), opinions=Opinions(nli=model)).comparators == f"{plain} nli:fake"


def test_grades_of_the_judge_stand_among_the_signals_and_move_no_score(words):
    model = Opinionated(Relation.NEUTRAL, Ruling(Verdict.AGREE, "", (8, 6)))
    case = of_texts("e1", Pair("chat", "How?", ANSWER, CLOSE))
    (found,) = with_opinions(words, model, case)
    (alone,) = Scorer((words,)).score([case])
    assert found.signals == alone.signals | {"judge_primary": 0.7, "judge_candidate": 0.7}
    assert found.equivalence == alone.equivalence


def test_words_that_never_came_have_the_worst_grade_where_one_was_due(words):
    model = Opinionated(Relation.NEUTRAL, Ruling(Verdict.AGREE, "", (8, 6)))
    empty = of_texts("e1", Pair("chat", "How?", ANSWER, " "))
    failed = replace(
        of_texts("e2", Pair("chat", "How?", ANSWER, "")),
        attribution=Attribution.CANDIDATE_FAILED,
    )
    nobody = replace(failed, attribution=Attribution.BOTH_FAILED)
    lost = replace(failed, pair=Pair("chat", "How?", " ", ""))
    found = with_opinions(words, model, empty, failed, nobody, lost)
    assert [one.signals.get("judge_candidate") for one in found] == [0.0, 0.0, None, None]
    assert model.asked == []
    drawn = Scorer((words,), opinions=Opinions(judge=model, judge_percent=0))
    assert "judge_candidate" not in drawn.score([failed])[0].signals


def test_nobody_is_asked_about_what_one_side_did_not_say(words):
    model = Opinionated(Relation.NEUTRAL, Ruling(Verdict.AGREE))
    failed = of_texts("e1", Pair("chat", "How?", ANSWER, CLOSE))
    failed = replace(failed, attribution=Attribution.CANDIDATE_FAILED)
    empty = of_texts("e2", Pair("chat", "How?", ANSWER, " "))
    spoken = of_texts("e3", Pair("chat", "How?", ANSWER, ANSWER))
    found = with_opinions(words, model, failed, empty, spoken)
    assert [[flag.code for flag in one.flags] for one in found] == [
        [],
        ["EMPTY"],
        ["JUDGE_AGREES"],
    ]
    assert len(model.asked) == 2  # both orders; equal sentences are no question


def test_what_no_encoder_reads_is_judged_and_a_silent_model_changes_no_score(words):
    model = Opinionated(Unheard("it is gone"), Unheard("it is gone"))
    malay = of_texts("e1", Pair("chat", "", MALAY, f"{MALAY} Rehat."))
    close = of_texts("e2", Pair("chat", "How?", ANSWER, CLOSE))
    first, second = with_opinions(words, model, malay, close)
    assert first.equivalence is None
    assert [flag.code for flag in first.flags] == ["JUDGE_UNAVAILABLE"]
    assert second.equivalence == Scorer((words,)).score([close])[0].equivalence
    assert {"NLI_UNAVAILABLE", "JUDGE_UNAVAILABLE"} <= {flag.code for flag in second.flags}
