"""What models wrote is shown as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import press, words_on

from dashboards.answers import as_html
from dashboards.grounding import Piece, overlaid

NEWEST = "Open the newest"
BANGSAR = {"tenant": "klinik-bangsar", "route": "chat"}


class Reader(HTMLParser):
    """Collects the text and the names of the elements."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.text, self.elements, self.in_sign = "", [], False
        self.open, self.deepest, self.styles = [], 0, []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.in_sign = tag == "sup"
        self.open.append(dict(attrs).get("style", ""))
        self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag):
        self.in_sign = False
        self.open.pop()

    def handle_data(self, data):
        if not self.in_sign:
            self.text += data
            self.styles += [self.open[-1] if len(self.open) > 1 else ""] * len(data)


PIECES = st.builds(
    Piece,
    st.text(st.characters(exclude_characters="\r")),
    st.booleans(),
    st.lists(st.integers(1, 3), unique=True).map(tuple),
)


@given(st.lists(PIECES))
def test_any_text_comes_out_as_it_went_in_and_adds_no_element_of_its_own(pieces):
    read = Reader(as_html(pieces))
    assert read.text == "".join(piece.text for piece in pieces)
    assert set(read.elements) <= {"div", "mark", "sup"}
    marked = sum(piece.differs or bool(piece.flags) for piece in pieces)
    assert read.elements.count("mark") == marked
    assert read.deepest <= 2  # an element of the answer's, never in another


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15)), max_size=4)


@given(
    st.text(st.characters(exclude_characters="\r"), max_size=40),
    SPANS,
    st.dictionaries(st.integers(1, 3), SPANS, max_size=3),
)
def test_spans_that_overlap_keep_the_text_and_are_told_flat(text, differing, flagged):
    """Whatever of the flags' words lies in, over or beside what differs."""
    differs = [any(at <= place < at + of for at, of in differing) for place in range(len(text))]
    segments = tuple((character, bad) for character, bad in zip(text, differs, strict=True))
    marked = {
        flag: [(at, min(at + of, len(text))) for at, of in apart(spans) if at < len(text)]
        for flag, spans in flagged.items()
    }
    read = Reader(as_html(overlaid(segments, marked)))
    assert read.text == text
    assert read.deepest <= 2
    for place, one in enumerate(read.styles):
        inside = any(at <= place < end for spans in marked.values() for at, end in spans)
        lines = one.partition("text-decoration-line:")[2].partition(";")[0].split()
        assert ("overline" in lines, "underline" in lines) == (inside, differs[place])


def apart(spans):
    """Those that begin behind the end of the one before."""
    kept, behind = [], 0
    for at, of in sorted(spans):
        if at >= behind:
            kept.append((at, of))
            behind = at + of
    return kept


def test_markup_in_an_answer_is_escaped():
    html = as_html((Piece("<script>alert(1)</script>", True, (1,)),))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_flags_words_carry_its_sign_and_a_frame_once_where_they_begin():
    html = as_html((Piece("850", True, (1,)), Piece(" mg", False, (1, 2)), Piece(" daily")))
    assert [html.count(sign) for sign in ("⚑1", "⚑2")] == [1, 1]
    lines = ["underline overline", "overline"]
    assert re.findall("text-decoration-line:([a-z ]+)", html) == lines


@pytest.fixture
def app(opened):
    return opened("rollout", "token-mei", **BANGSAR)


def reads(control):
    """Every time answers were asked for, which the API records as a view of patients' words."""
    return [query for _, path, _, query in control.calls if path.endswith("/comparisons")]


def test_no_answer_is_read_before_the_person_asks(app, control):
    app.run()
    assert reads(control) == []
    assert "Opening them is recorded with your name" in words_on(app)
    assert "metformin" not in words_on(app)


def test_pairs_show_prompt_answers_scores_and_flags(app):
    text = words_on(press(app, NEWEST))
    assert "How should my father take his metformin?" in text
    assert "孩子发烧" in text
    assert "Bolehkah saya makan ubat" in text
    assert "⚑1 ✗ fail · DOSE_CONFLICT" in text
    assert "⚑1 ⚑2</sup>" in text
    assert "primary says 500 mg, candidate says 850 mg" in text


def test_of_words_that_were_erased_what_was_found_stays_and_is_said(app, control):
    gone = {"prompt": None, "primary": None, "candidate": None, "closed": "erased"}
    control.comparisons[0] = {**control.comparisons[0], **gone}
    text = words_on(press(app, NEWEST))
    assert "Its words were erased, or are kept no longer" in text
    assert "#60  ·" in text and "#59  ·" in text


def test_older_pairs_are_one_press_away_and_newest_leads_back(app):
    assert "#60  ·" in words_on(press(app, NEWEST))
    press(app, "Older")
    assert "#55  ·" in words_on(app)
    assert "#60  ·" not in words_on(app)
    assert "#60  ·" in words_on(press(app, NEWEST))


def test_opened_pairs_stay_and_are_not_read_again(app, control):
    press(app, NEWEST)
    control.comparisons.insert(0, {**control.comparisons[0], "number": 61})
    app.run()
    assert "#61  ·" not in words_on(app)
    assert len(reads(control)) == 1
    assert "#61  ·" in words_on(press(app, NEWEST))


def test_pairs_are_chosen_by_flag(app):
    press(app, NEWEST)
    app.selectbox(key="flag").select("LENGTH_RATIO").run()
    text = words_on(app)
    assert "孩子发烧" in text
    assert "metformin" not in text


def test_answers_of_one_rollout_are_not_shown_under_another(app):
    press(app, NEWEST)
    app.query_params["tenant"] = "klinik-ipoh"
    assert "metformin" not in words_on(app.run())


def test_nothing_compared_yet_says_what_brings_comparisons(app, control):
    control.comparisons.clear()
    assert "crossfade worker" in words_on(press(app, NEWEST))
