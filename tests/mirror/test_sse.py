"""Server-sent events, whatever the network does to their bytes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.sse import LONGEST_LINE, Event, EventTooLong, Parser

LINES = st.text(
    st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12
)
TYPES = LINES.filter(lambda text: text != "" and not text.startswith(" "))
EVENTS = st.builds(
    Event,
    type=st.one_of(st.just("message"), TYPES),
    data=st.lists(LINES, min_size=1, max_size=3).map("\n".join),
)
ENDINGS = st.sampled_from(["\n", "\r", "\r\n"])


def written(event, ending, comment):
    lines = [f":{comment}"] if comment else []
    if event.type != "message":
        lines.append(f"event: {event.type}")
    lines += [f"data: {line}" for line in event.data.split("\n")]
    return ending.join([*lines, "", ""])


def parse(pieces):
    parser = Parser()
    return [event for piece in pieces for event in parser.feed(piece)]


def cut(data, points):
    edges = [0, *sorted(point % (len(data) + 1) for point in points), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(
    events=st.lists(st.tuples(EVENTS, ENDINGS, st.one_of(st.none(), LINES)), max_size=5),
    points=st.lists(st.integers(0, 10_000), max_size=20),
    bom=st.booleans(),
)
def test_what_was_written_is_read_whatever_the_split(events, points, bom):
    text = "".join(written(*each) for each in events)
    data = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    assert parse(cut(data, points)) == [event for event, _, _ in events]


@given(data=st.binary(max_size=200), points=st.lists(st.integers(0, 200), max_size=20))
def test_any_bytes_mean_the_same_whatever_the_split(data, points):
    assert parse(cut(data, points)) == parse([data])


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [Event("message", "a")]),
        (b"data:a\n\n", [Event("message", "a")]),
        (b"data:  a\n\n", [Event("message", " a")]),
        (b"data\n\n", [Event("message", "")]),
        (b"data: a\ndata: b\n\n", [Event("message", "a\nb")]),
        (b"event: error\ndata: a\n\n", [Event("error", "a")]),
        (b"event: error\n\ndata: a\n\n", [Event("message", "a")]),
        (b": keep-alive\n\n", []),
        (b"data: cut off", []),
        (b"data: cut off\n", []),
        (b"id: 1\nretry: 5\ndata: a\n\n", [Event("message", "a")]),
        (b"\r\n\r\ndata: a\r\n\r\n", [Event("message", "a")]),
        (b"data: \xe6\xb0\r\r", [Event("message", "\ufffd")]),
    ],
)
def test_cases_of_the_standard(stream, events):
    assert parse([stream]) == events
    assert parse([stream[i : i + 1] for i in range(len(stream))]) == events


def test_a_piece_of_no_bytes_between_cr_and_lf_ends_no_event():
    pieces = [b"event: error\r", b"", b"\ndata: a\r\n\r\n"]
    assert parse(pieces) == [Event("error", "a")]


def test_a_line_without_end_is_not_kept_for_ever():
    parser = Parser()
    with pytest.raises(EventTooLong):
        for _ in range(LONGEST_LINE // 100_000 + 2):
            parser.feed(b"x" * 100_000)
