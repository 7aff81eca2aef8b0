import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from reportlab.graphics.shapes import String

from cutover.exports.summary.pictures import WIDTH, Stretch, bars, columns, stages, svg

LANES = {
    "clinic/chat": [Stretch("mirror", "0", 0, 40), Stretch("canary", "5", 40, 100)],
    "klinik/陈": [Stretch("live", "100", 0, 50), Stretch("rolled_back", "0", 50, 100)],
}
DRAWN = [
    stages(LANES, (0, 100)),
    bars([("whole, 50%", "primary", 20.0, "20 ms"), ("whole", "candidate", 0.0, "0 ms")], "ms"),
    columns([0.0, 3.0, 1.0], ("a", "b"), "3"),
    columns([], ("a", "b"), "0"),
]


def texts(drawing):
    return [one.text for one in ET.fromstring(svg(drawing)).iter() if one.tag.endswith("text")]


@pytest.mark.parametrize("drawing", DRAWN)
def test_a_picture_is_svg_that_asks_for_nothing_from_elsewhere(drawing):
    root = ET.fromstring(svg(drawing))
    assert root.tag.endswith("svg")
    assert not [
        one for one in root.iter() if one.tag.endswith(("script", "image", "foreignObject"))
    ]


def test_a_picture_is_drawn_the_same_each_time():
    again = stages(LANES, (0, 100))
    assert svg(again) == svg(DRAWN[0])


def test_every_lane_and_stage_carries_its_words():
    told = texts(DRAWN[0])
    for said in ("clinic/chat", "mirror", "canary 5 %", "live", "rolled back", "klinik/陈"):
        assert said in told


def test_the_times_of_a_short_span_stand_below_its_lanes_with_their_zone():
    begins = 1_763_424_000_000_000  # 2025-11-18 00:00 UTC
    span = begins, begins + 12 * 3_600_000_000
    told = texts(stages({"clinic/chat": [Stretch("mirror", "0", *span)]}, span))
    for said in ("18 Nov", "02:00", "12:00", "2025-11-18 00:00 UTC", "2025-11-18 12:00 UTC"):
        assert said in told


def test_no_word_of_an_axis_leaves_the_picture_or_touches_another():
    begins = 1_763_424_000_000_000
    for long in (
        3,
        7,
        60,
        100,
        3600,
        86_400,
        3 * 86_400,
        30 * 86_400,
        212 * 86_400,
        3000 * 86_400,
    ):
        span = begins, begins + long * 1_000_000
        drawing = stages({"clinic/chat": [Stretch("mirror", "0", *span)]}, span)
        words = [one for one in drawing.contents if isinstance(one, String)]
        placed = sorted([one.y, *one.getBounds()[::2], one.text] for one in words)
        assert all(left >= 0 and right <= WIDTH for _, left, right, _ in placed), placed
        for one, after in pairwise(placed):
            assert one[0] != after[0] or one[2] < after[1], f"{one} touches {after}"


def test_a_bar_says_its_value_and_its_side_in_words():
    assert "20 ms" in texts(DRAWN[1]) and "whole, 50%" in texts(DRAWN[1])


def test_names_that_would_act_are_written_out():
    lanes = {"a\x1b<b>": [Stretch("mirror", "0", 0, 100)]}
    assert "a\\u001b<b>" in texts(stages(lanes, (0, 100)))
