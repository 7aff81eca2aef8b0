import pytest

from compare.comparators.grounding import grounding
from compare.comparison import Pair, Severity

VISIT = (
    "Doctor: What brings you here today? Patient: My knee has been hurting since I fell on the stairs "
    "two weeks ago, and it swells in the evening. Doctor: Did you take anything? Patient: Paracetamol, it "
    "helped little. Doctor: I see swelling and tenderness over the kneecap, movement is painful but full. "
    "We should get a radiograph, keep the leg raised, put ice on it, and see the physiotherapist next week. "
    "Patient: Can I drive to work meanwhile? Doctor: Better let your brother drive until the radiograph is "
    "read, and keep away from stairs and ladders. Come back sooner when the knee locks or gives way."
)
NOTE = (
    "Knee pain since a fall on the stairs two weeks ago, swelling in the evening. Paracetamol helped little. "
    "Swelling and tenderness over the kneecap; movement painful but full. Radiograph, leg raised, ice, "
    "physiotherapist next week."
)
OTHER = (
    "Asthma worsened after the cat moved into the bedroom. Wheezing every morning, inhaler used hourly, peak "
    "flow reduced. Budesonide doubled, spacer technique taught, allergy testing arranged, written asthma "
    "action plan handed over and explained thoroughly to mother, school nurse informed by letter."
)


def found(candidate, prompt=VISIT, route="reason", primary=NOTE):
    return grounding(Pair(route, prompt, primary, candidate))


def test_a_note_of_the_visit_is_grounded():
    same = found(
        NOTE + " Knee injury after the fall, likely bruised; review radiograph results."
    )
    assert same.flags == () and same.signals["words_supported"] > 0.8


def test_a_note_of_another_visit_is_not_and_its_words_are_shown():
    (flag,) = found(OTHER).flags
    assert (flag.code, flag.severity) == ("UNGROUNDED", Severity.FAIL)
    assert "asthma" in flag.evidence and "%" in flag.evidence


def test_what_the_primary_says_grounds_as_well():
    assert found(OTHER, primary=OTHER).flags == ()


@pytest.mark.parametrize(
    "change",
    [
        {"route": "chat"},  # where answers say what the question does not
        {"prompt": "Write a note."},  # what was said does not stand in it
        {
            "prompt": "Doktor: apa masalah hari ini? Pesakit: lutut saya sakit sejak jatuh tangga. "
            * 9
        },
    ],
)
def test_it_is_not_flagged_where_the_prompt_cannot_tell(change):
    assert found(OTHER, **change).flags == ()


def test_a_short_answer_is_not_asked():
    assert found("Asthma worsened.").signals == {}
