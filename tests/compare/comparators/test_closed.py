import pytest

from compare.comparators.closed import Ask, answered, opening, question

YES_NO, COUNT = "Is there a fracture?", "How many tablets are there?"

PLAIN = [
    (YES_NO, "Yes.", "yes"),
    (YES_NO, "**Yes**, of the left wrist.", "yes"),
    (YES_NO, "There is a fracture of the wrist.", "yes"),
    (YES_NO, "No fracture is seen.", "no"),
    (YES_NO, "There is no fracture.", "no"),
    ("Adakah terdapat patah tulang?", "Ya, ada.", "yes"),
    ("Adakah terdapat patah tulang?", "Tiada patah tulang.", "no"),
    ("图中有骨折吗？", "有。", "yes"),
    ("图中有骨折吗？", "没有，未见骨折。", "no"),
    ("图中是否有骨折？", "是的。", "yes"),
    ("Describe it. Answer yes or no.", "no", "no"),
    (COUNT, "3", "3"),
    (COUNT, "There are three tablets.", "3"),
    (COUNT, "None.", "0"),
    ("Berapa banyak pil dalam gambar?", "Terdapat lima pil.", "5"),
    ("图中有几个药片？", "有两个药片。", "2"),
    ("图中有多少个药片？", "12个。", "12"),
    ("Is the lesion on the left or right?", "It is on the left side.", "left"),
    ("Which eye is affected, left or right?", "The right eye.", "right"),
    ("Is it red, green, or blue?", "Green", "green"),
    ("Kiri atau kanan?", "Sebelah kiri.", "kiri"),
    ("是左边还是右边？", "在右边。", "右边"),
    ("What is it?\nA) a wart\nB) a mole", "B", "B"),
    ("What is it?\nA) a wart\nB) a mole", "The answer is (A).", "A"),
]


@pytest.mark.parametrize(("prompt", "text", "said"), PLAIN)
def test_plain_answers_are_known_in_three_languages(prompt, text, said):
    assert answered(text, question(prompt)) == said


@pytest.mark.parametrize(
    "prompt",
    [
        "Describe the image.",
        "What do you see?",
        "Can you describe it?",
        "Why is it red?",
        "",
        "图中是什么？",
    ],
)
def test_other_questions_are_open(prompt):
    assert question(prompt) is None


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (YES_NO, "It may be fractured."),
        (YES_NO, "Unclear."),
        (YES_NO, "No, but it is unclear."),
        (COUNT, "Possibly 3."),
        (YES_NO, "The image shows a hand."),
        (YES_NO, ""),
        (YES_NO, "Yesterday it hurt."),
        (YES_NO, "Noted."),
        (COUNT, "Between 3 and 5 tablets."),
        (COUNT, "Many."),
        ("Left or right?", "Both left and right."),
        ("Left or right?", "Neither."),
        ("What is it?\nA) a wart\nB) a mole", "A lesion is seen."),
        ("What is it?\nA) a wart\nB) a mole", "D"),
    ],
)
def test_of_what_is_not_plain_nothing_is_said(prompt, text):
    assert answered(text, question(prompt)) == ""


def test_the_last_question_counts():
    assert question("Is it red? How many are there?").ask is Ask.COUNT
    assert question("How many are there? Is it red?").ask is Ask.YES_OR_NO


@pytest.mark.parametrize(
    "text", ["x" * 10**6, "或" * 4000 + "?", "A)" * 2000, "?" * 4000, " or" * 1300 + "?"]
)
def test_any_text_is_read_in_bounded_time(text):
    asked = question(text[:4000])
    assert asked is None or answered(text, asked) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**No**, you should not.", "no"),
        ("Yes - it is safe.", "yes"),
        ("Tidak boleh diambil bersama.", "no"),
        ("可以一起吃。", "yes"),
        ("No worries.", ""),
        ("No. 5 Jalan Ampang", ""),
        ("Boleh saya tahu?", ""),
        ("Yes, it might be.", ""),
        ("", ""),
    ],
)
def test_the_word_that_an_answer_begins_with_counts_where_it_answers(text, said):
    assert opening(text) == said
