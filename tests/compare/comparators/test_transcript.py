"""Agreement of two transcripts, their ends and their times."""

import pytest

from compare.asked import Asked
from compare.canonical import Answer, Segment, Transcript
from compare.comparators.transcript import agreement, applies, transcript
from compare.sides import Sides

SAID = (
    "please take one tablet of metformin in the morning and call the clinic if the pain in your chest "
    "gets worse or comes back at night"
)


def sides(primary, candidate, body=None, dialect="transcriptions"):
    answers = [
        Answer(one, transcript=Transcript()) if isinstance(one, str) else one
        for one in (primary, candidate)
    ]
    return Sides("audio", dialect, Asked("", body or {}), *answers)


def timed(*starts, step=1.0, duration=None, **more):
    segments = tuple(Segment(word, start, start + step, **more) for word, start in starts)
    words = " ".join(word for word, _ in starts)
    return Answer(words, transcript=Transcript(segments, duration=duration))


def flags(*given, **more):
    return [(one.code, one.severity.value) for one in transcript(sides(*given, **more)).flags]


def test_the_agreement_is_one_for_the_same_words_and_nothing_for_none_of_them():
    assert agreement(sides(SAID, SAID.upper() + ".")).signals == {
        "equivalence": 1.0,
        "mer": 0.0,
    }
    assert agreement(sides("yes", "")).signals["equivalence"] == 0


@pytest.mark.parametrize("nothing", ["", " ", "[music]", "\0\1", "..."])
def test_two_transcripts_without_a_word_have_no_agreement(nothing):
    found = agreement(sides(nothing, "..."))
    assert not found.signals and found.missing == "no_text"


def test_of_very_many_segments_the_times_of_the_first_are_compared():
    many = timed(*(("tea", at) for at in range(3_000)))
    late = timed(*(("tea", at + (at >= 2_000)) for at in range(3_000)))
    assert transcript(sides(many, late)).signals["start_difference_s"] == 0


def test_chinese_is_compared_by_its_characters():
    found = agreement(sides("病人没有胸痛", "病人没有腹痛", {"language": "zh"})).signals
    assert found["equivalence"] == pytest.approx(5 / 6)


def test_chinese_with_much_added_agrees_in_nothing_and_not_less():
    found = agreement(sides("没有", "请不吝点赞订阅转发打赏", {"language": "zh"})).signals
    assert found["equivalence"] == 0


def test_a_mixture_is_compared_by_characters_and_words():
    found = agreement(sides("患者服用 Panadol 两片", "患者服用 Panadol 三片")).signals
    assert found["equivalence"] == pytest.approx(6 / 7)


def test_a_transcript_that_stops_early_fails():
    cut = SAID[: len(SAID) // 2]
    assert flags(SAID, cut) == [("TRUNCATED", "fail")]
    assert flags(SAID, SAID) == [] and flags(cut, SAID) == []


def test_a_transcript_whose_times_end_before_the_speech_does_fails():
    whole = timed(("milk", 0), ("tea", 8), step=2, duration=10)
    early = timed(("milk", 0), ("tea", 4), step=2)
    assert flags(whole, early) == [("TRUNCATED", "fail"), ("TIMESTAMPS", "review")]
    assert transcript(sides(whole, early)).signals["coverage"] == 0.6


def test_silence_at_the_end_is_no_cut():
    early = timed(("milk", 0), ("tea", 4), step=2, duration=20)
    assert flags(early, early) == []


def test_times_that_run_backwards_fail():
    assert flags(timed(("milk", 0), ("tea", 4)), timed(("milk", 4), ("tea", 0))) == [
        ("TIMESTAMPS", "fail")
    ]


def test_starts_are_compared_at_words_that_both_heard():
    other = timed(("some", 0), ("milk", 0.5), ("tea", 4.5))
    found = transcript(sides(timed(("milk", 0), ("tea", 4)), other))
    assert found.signals["start_difference_s"] == pytest.approx(0.5) and not found.flags


def test_no_times_are_compared_where_one_side_has_none():
    found = transcript(sides("milk tea", timed(("milk", 0), ("tea", 4))))
    assert "start_difference_s" not in found.signals and not found.flags


def test_times_and_speakers_that_only_the_primary_has_are_a_gap():
    spoken = timed(("milk", 0), speaker="A")
    assert flags(timed(("milk", 0)), "milk") == [("CAPABILITY_GAP", "fail")]
    assert flags(spoken, timed(("milk", 0))) == [("CAPABILITY_GAP", "fail")]
    assert flags(spoken, spoken) == []
    assert flags("milk", "one", body={"response_format": "diarized_json"}) == [
        ("CAPABILITY_GAP", "fail")
    ]


def untimed(*words):
    return Answer(" ".join(words), transcript=Transcript(tuple(map(Segment, words))))


def test_segments_without_times_are_a_gap_as_none_are():
    whole = timed(("milk", 0), ("tea", 4))
    (flag,) = transcript(sides(whole, untimed("milk", "tea"))).flags
    assert (flag.code, flag.severity.value) == ("CAPABILITY_GAP", "fail")
    assert "none that can be read" in flag.evidence
    assert flags(untimed("milk", "tea"), untimed("milk", "tea")) == []


def test_times_that_some_segments_alone_have_fail_where_the_primary_has_all():
    whole, part = timed(("milk", 0), ("tea", 4)), (Segment("milk", 0, 1), Segment("tea"))
    some = Answer("milk tea", transcript=Transcript(part))
    assert flags(whole, some) == [("TIMESTAMPS", "fail")]
    assert flags(some, some) == []


@pytest.mark.parametrize(
    ("route", "dialect", "is_one"),
    [
        ("audio", "", True),
        ("chat", "transcriptions", True),
        ("audio", "chat", False),
        ("chat", "", False),
    ],
)
def test_transcripts_are_answers_of_that_dialect_and_texts_of_the_route(route, dialect, is_one):
    assert applies(Sides(route, dialect, Asked(), Answer(), Answer())) is is_one


def test_how_long_the_sound_is_is_the_primarys_word_and_never_the_candidates():
    long, short = timed(("yes", 0.0), duration=600.0), timed(("yes", 0.0), duration=6.0)
    assert transcript(sides(short, long)).signals["audio_s"] == 6.0
    assert "audio_s" not in transcript(sides(SAID, long)).signals
