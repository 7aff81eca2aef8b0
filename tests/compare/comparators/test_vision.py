import pytest
from builders import replied

from compare.asked import Asked
from compare.canonical import Answer
from compare.comparators.vision import agreement, applies, gaps, is_closed, vision
from compare.legs import Legs
from compare.sides import Sides
from mirror.exchange import End, Leg

ASKED = "Is there a fracture?"


def sides(candidate, primary, prompt=ASKED, route="vision", body=None):
    return Sides(route, "chat", Asked(prompt, body or {}), Answer(primary), Answer(candidate))


def flags(candidate, primary, prompt=ASKED):
    return [
        (one.code, one.severity.value)
        for one in vision(sides(candidate, primary, prompt)).flags
    ]


@pytest.mark.parametrize(
    ("prompt", "primary", "candidate"),
    [
        (ASKED, "Yes.", "No."),
        (
            ASKED,
            "Yes, of the left wrist, with swelling around it and no sign of healing.",
            "No fracture.",
        ),
        ("Adakah patah?", "Tiada.", "Ya."),
        ("有骨折吗？", "有。", "没有。"),
        ("How many tablets?", "Three.", "There are 4."),
        ("Left or right?", "Left.", "The right one."),
    ],
)
def test_another_answer_to_a_closed_question_fails(prompt, primary, candidate):
    assert flags(candidate, primary, prompt) == [("CLOSED_ANSWER", "fail")]
    assert agreement(sides(candidate, primary, prompt)).signals == {"equivalence": 0.0}


@pytest.mark.parametrize(
    ("prompt", "primary", "candidate"),
    [
        (ASKED, "Yes.", "There is a fracture of the wrist."),
        ("How many tablets?", "Three.", "3"),
        ("有骨折吗？", "没有。", "未见骨折。"),
    ],
)
def test_the_same_answer_in_other_words_agrees(prompt, primary, candidate):
    both = sides(candidate, primary, prompt)
    assert flags(candidate, primary, prompt) == [] and is_closed(both)
    assert agreement(both).signals == {"equivalence": 1.0}


def test_no_plain_answer_is_for_review_and_has_no_agreement():
    both = sides("It may be.", "Yes.")
    assert flags("It may be.", "Yes.") == [("CLOSED_ANSWER", "review")]
    assert not is_closed(both) and agreement(both).missing == "open_answer"
    assert flags("Yes.", "It may be.") == []


def test_long_answers_to_closed_questions_are_compared_as_text():
    assert not is_closed(sides("Yes.", "Yes, " + "with swelling and more besides " * 4))
    assert not is_closed(sides("A hand.", "A hand.", "What is it?"))


@pytest.mark.parametrize(
    ("primary", "candidate"),
    [
        ("The blood pressure is 120/80 mmHg.", "The blood pressure reads 130/80 mmHg."),
        ("The label says 500 mg.", "The label says 50 mg."),
        ("Hemoglobin: 13.5, glucose 5.1", "Hemoglobin 15.3 and glucose 5.1"),
        ("血压为120/80。", "血压为140/80。"),
    ],
)
def test_another_number_under_the_same_name_fails(primary, candidate):
    assert ("NUMBER_CONFLICT", "fail") in flags(candidate, primary, "Read it.")
    assert flags(primary, primary, "Read it.") == []


@pytest.mark.parametrize(
    ("primary", "candidate"),
    [
        ("The label says 500 mg.", "The label says 0.5 g."),
        ("The label says 500 mg.", "The label says 500 mg, batch 17."),
        ("Glucose 5.1, sodium 140.", "Sodium 140, glucose 5.1."),
        ("Three tablets.", "A strip with room for 10."),
        ("The dose is 500 mg.", "The dose is 5 mg to 500 mg."),
        ("The dose is 500 mg.", "The dose is 400 mg, the second dose 100 mg."),
    ],
)
def test_numbers_in_other_words_are_no_conflict(primary, candidate):
    assert "NUMBER_CONFLICT" not in dict(flags(candidate, primary, "Read it."))


def test_a_number_of_the_prompt_is_no_conflict():
    assert flags("The dose is 50 mg.", "The dose is 500 mg.", "Is 50 mg on it?") == []


def test_text_that_was_read_is_compared_by_its_letters():
    primary = "The sign says “Klinik Harapan” in blue."
    found = vision(sides("It reads KLINIK HARAPAN.", primary, "Read it."))
    assert found.flags == () and found.signals == {"quoted_kept": 1.0}
    near = vision(sides('It reads "Klinik Harapen".', primary, "Read it."))
    assert near.flags == () and 0.9 < near.signals["quoted_kept"] < 1
    far = vision(sides('It reads "Farmasi Utama".', primary, "Read it."))
    assert [(one.code, one.severity.value) for one in far.flags] == [("READ_TEXT", "review")]
    assert "Klinik Harapan" in far.flags[0].evidence
    assert vision(sides("A sign.", "A sign.", "Read it.")).signals == {}


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't see the image.",
        "I am unable to view images.",
        "No image was provided.",
        "Saya tidak dapat melihat imej ini.",
        "抱歉，我无法查看您提供的图片。",
    ],
)
def test_a_candidate_that_saw_no_image_fails(text):
    assert flags(text, "Yes, there is a fracture.") == [("IMAGE_UNSEEN", "fail")]
    assert "IMAGE_UNSEEN" not in dict(flags(text, text))


@pytest.mark.parametrize(
    "text",
    [
        "I cannot see a fracture in this image.",
        "The image is blurred, and I can't be sure.",
        "未看到骨折。",
    ],
)
def test_who_looked_and_found_nothing_saw_the_image(text):
    assert "IMAGE_UNSEEN" not in dict(flags(text, "Yes.", "Describe it."))


def test_a_request_with_an_image_or_of_the_route_is_of_vision():
    part = {"type": "image_url", "image_url": {"url": "data:,"}}
    body = {"messages": [{"role": "user", "content": [part]}]}
    assert applies(sides("a", "b")) and applies(sides("a", "b", route="chat", body=body))
    assert not applies(sides("a", "b", route="chat"))


def test_gaps_are_told_where_the_request_was_refused():
    part = {"type": "image_url", "image_url": {"url": "https://pacs.test/1.png"}}
    both = sides("", "Yes.", body={"messages": [{"role": "user", "content": [part]}]})

    def told(**change):
        reply = replied(1, Leg.SHADOW, **change)
        return gaps(both, Legs(primary=None, candidate=reply, reask=None, failed_over=None))

    assert len(told(end=End.HTTP_ERROR, status=400)) == 1
    assert told(end=End.HTTP_ERROR, status=500) == () == told(end=End.TIMEOUT)
    assert gaps(both, Legs(None, None, None, None)) == ()


@pytest.mark.parametrize(
    "text", ["\ud800 12 mg", "\0", "“" * 20_000, '"a' * 20_000, "1 " * 20_000]
)
def test_any_answer_is_compared(text):
    found = vision(sides(text, text[::-1] or "x", "Read it?"))
    assert all(one.evidence.encode() is not None for one in found.flags)
