import io
import re
import zlib
from base64 import a85decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papers import ABOUT
from reportlab.platypus import KeepTogether, Paragraph

from cutover.exports.summary.leaflet import flowables, leaflet, marked
from cutover.exports.summary.pictures import columns
from cutover.exports.summary.story import Facts, Heading, Picture, Text

ITEMS = [
    Heading("Stages"),
    Text("Bukti bersih; 陈医生同意 <b>not bold</b>"),
    Facts([("Name", "aisyah"), ("Reason", "x" * 900)], sign=True),
    Picture(columns([1.0], ("a", "b"), "1"), "one column", "below"),
]


def made(items):
    out = io.BytesIO()
    leaflet(ABOUT, items, out)
    return out.getvalue()


def content(pdf):
    """The drawing commands of all pages."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            found.append(zlib.decompress(a85decode(stream.strip(), adobe=False)))
        except (ValueError, zlib.error):
            try:
                found.append(zlib.decompress(a85decode(b"<~" + stream.strip(), adobe=True)))
            except (ValueError, zlib.error):
                continue
    return b"\n".join(found)


@pytest.mark.parametrize(
    "behind", [Text("a"), Facts([("a", "b"), ("c", "d")]), ITEMS[2], ITEMS[3]]
)
def test_a_heading_stays_with_what_it_is_of(behind):
    first, together, *_ = flowables([Text("before"), Heading("Latency"), behind])
    assert isinstance(first, Paragraph) and isinstance(together, KeepTogether)
    head, one, *_ = together._content
    assert head.text == "Latency" and one is not head


def test_a_heading_at_the_foot_of_a_page_goes_to_the_next_with_its_picture():
    """Whatever stands above it: on no page is a heading the last that is drawn."""
    for many in range(24, 44):
        items = [Text(f"line {at}") for at in range(many)]
        pages = content(made([*items, Heading("Latency"), ITEMS[3]])).decode("latin-1")
        assert "page " not in pages[pages.index("Latency") : pages.index("below")], many


def test_the_same_story_gives_the_same_bytes():
    assert made(ITEMS) == made(ITEMS)
    assert made(ITEMS).startswith(b"%PDF-")


def test_chinese_names_have_a_face_that_has_their_letters():
    assert b"STSong-Light" in made(ITEMS)
    assert marked("陈 <b>") == '<font name="STSong-Light">陈</font> &lt;b&gt;'


def test_every_page_carries_the_root_and_its_number():
    many = made([Text(f"line {at}") for at in range(200)])
    pages = content(many).decode("latin-1")
    assert pages.count(ABOUT.end_root[:20]) >= many.count(b"/Type /Page\n") or "page 2" in pages
    assert "page 1" in pages and "page 3" in pages


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300), st.integers(1, 3000))
def test_whatever_people_wrote_fits_on_pages(text, many):
    made([Heading(text), Text(text), Text("字" * many), Facts([(text, "m" * many)], sign=True)])


def test_it_has_a_title_and_no_date_of_today():
    pdf = made([])
    assert b"20000101000000" in pdf or b"D:2000" in pdf
