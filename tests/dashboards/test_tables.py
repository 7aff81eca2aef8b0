"""Tables whose cells wrap and are text."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dashboards.tables import as_html

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co")), max_size=30)


class Cells(HTMLParser):
    """The cells' texts and the names of all elements."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.cells, self.elements = [], set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_data(self, data):
        self.cells[-1] += data


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1))
def test_every_cell_comes_out_as_it_went_in_and_adds_no_element(rows):
    read = Cells(as_html([{"one": one, "<b>": other} for one, other in rows]))
    assert read.cells == ["one", "<b>", *(cell for row in rows for cell in row)]
    assert read.elements <= {"div", "table", "thead", "tbody", "tr", "th", "td"}


def test_what_hides_is_named_and_what_is_long_is_cut_with_a_word():
    read = Cells(as_html([{"why": "a\u202eb\x1b[2J"}, {"why": "x" * 5_000}]))
    assert read.cells[1] == "a⟨U+202E⟩b⟨U+001B⟩[2J"
    assert "5,000 characters; the first 2,000 are shown" in read.cells[2]


def test_numbers_stand_on_the_right_with_their_thousands():
    html = as_html([{"name": "a", "number": 12_345}])
    assert html.count("text-align:right") == 2
    assert "12,345" in html


def test_a_long_word_may_break_and_others_may_not():
    assert as_html([{"id": "x" * 64}]).count("overflow-wrap:anywhere") == 1
    assert "overflow-wrap:anywhere" not in as_html(
        [{"when": "2026-11-21 04:10 UTC (12:10 Kuala Lumpur)"}]
    )


def test_many_rows_scroll_in_a_window_that_the_keyboard_reaches():
    assert 'tabindex="0"' in as_html([{"a": 1}] * 200)
    assert "tabindex" not in as_html([{"a": 1}] * 50)


def test_no_rows_are_nothing():
    assert as_html([]) == ""
