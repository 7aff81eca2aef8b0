from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from papers import ABOUT

from cutover.exports.summary.page import page
from cutover.exports.summary.pictures import columns
from cutover.exports.summary.story import Facts, Heading, Picture, Text


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.asked = set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.asked += [value for name, value in attrs if name in ("src", "href")]


def read(text):
    tags = Tags()
    tags.feed(text)
    return tags


ITEMS = [
    Heading("Stages"),
    Text("two moves"),
    Facts([("Name", "aisyah")], sign=True),
    Picture(columns([1.0], ("a", "b"), "1"), "one column", "below"),
]
KNOWN = read(page(ABOUT, ITEMS)).seen


def test_a_page_holds_all_it_needs_and_no_script():
    tags = read(page(ABOUT, ITEMS))
    assert "script" not in tags.seen and "link" not in tags.seen
    assert all(one.startswith("data:image/svg+xml;base64,") for one in tags.asked)
    assert "default-src 'none'" in page(ABOUT, ITEMS)


def test_the_range_and_the_root_stand_at_its_foot():
    assert ABOUT.end_root in page(ABOUT, [])


def test_it_is_made_for_paper_and_for_dark_screens():
    told = page(ABOUT, [])
    assert "@media print" in told and "prefers-color-scheme: dark" in told


@given(st.text())
def test_whatever_people_wrote_becomes_letters_and_no_tags(text):
    odd = replace(ABOUT, tenant=text or "x")
    told = page(odd, [Heading(text), Text(text), Facts([(text, text)])])
    assert read(told).seen <= KNOWN
    assert "\x1b" not in told and "\u202e" not in told
    told.encode()


def test_the_same_story_gives_the_same_page():
    assert page(ABOUT, ITEMS) == page(ABOUT, ITEMS)
