"""What nobody said and a recogniser wrote down."""

import pytest

from compare.asked import Asked
from compare.canonical import Answer, Segment, Transcript
from compare.comparators.hallucination import hallucination
from compare.sides import Sides


def found(primary, candidate, *segments, duration=None, theirs=()):
    answers = (
        Answer(primary, transcript=Transcript(tuple(theirs))),
        Answer(candidate, transcript=Transcript(segments, duration=duration)),
    )
    return hallucination(Sides("audio", "transcriptions", Asked(), *answers))


def codes(*given, **more):
    return [(one.code, one.severity.value) for one in found(*given, **more).flags]


REVIEW = [("HALLUCINATION", "review")]


def test_five_words_in_a_row_that_the_primary_did_not_hear_are_shown():
    (flag,) = found("take one tablet", "take one tablet and never come back here again").flags
    assert (
        flag.evidence
        == "6 words in a row that the primary did not hear: and never come back here again"
    )
    assert codes("take one tablet", "take one tablet with some water please") == []


def test_words_in_place_of_silence_are_shown():
    assert codes("", "I will see you all again next week") == REVIEW


@pytest.mark.parametrize(
    "phrase",
    [
        "Thank you for watching!", "Please subscribe.", "Subtitles by the Amara.org community",
        "Terima kasih kerana menonton!", "谢谢大家观看", "请不吝点赞 订阅 转发", "字幕由志愿者提供",
    ],
)  # fmt: skip
def test_phrases_of_captions_are_shown(phrase):
    assert codes("yes", f"yes {phrase}") == REVIEW
    assert codes(f"yes {phrase}", f"yes {phrase}") == []


def test_thanks_are_no_caption():
    assert codes("yes", "yes thank you") == []


def test_words_where_the_recogniser_itself_heard_silence_are_shown():
    assert codes("yes", "yes", Segment("yes", no_speech=0.9, logprob=-1.5)) == REVIEW
    assert codes("yes", "yes", Segment("yes", no_speech=0.9)) == REVIEW
    assert codes("yes", "yes", Segment("yes", no_speech=0.9, logprob=-0.2)) == []
    assert codes("yes", "yes", Segment("yes", no_speech=0.3, logprob=-1.5)) == []


def test_nobody_speaks_thirty_characters_a_second():
    assert codes("a" * 60, "a" * 60, duration=2) == REVIEW
    assert codes("a" * 40, "a" * 40, duration=2) == []


def test_a_segment_that_compresses_as_loops_do_is_for_review():
    loop = Segment("no no no", compression=2.5)
    assert codes("no", "no", loop) == [("REPETITION", "review")]
    assert codes("no", "no", loop, theirs=[loop]) == []
    assert codes("no", "no", Segment("no", compression=2.4)) == []
