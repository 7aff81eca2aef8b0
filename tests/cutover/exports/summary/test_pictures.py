import xml.etree.ElementTree as ET

import pytest

from cutover.exports.summary.pictures import Stretch, bars, columns, stages, svg

LANES = {
    "clinic/chat": [Stretch("mirror", "0", 0, 40), Stretch("canary", "5", 40, 100)],
    "klinik/陈": [Stretch("live", "100", 0, 50), Stretch("rolled_back", "0", 50, 100)],
}
DRAWN = [
    stages(LANES, (0, 100), ("2026-11-18", "2026-12-18")),
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
    again = stages(LANES, (0, 100), ("2026-11-18", "2026-12-18"))
    assert svg(again) == svg(DRAWN[0])


def test_every_lane_and_stage_carries_its_words():
    told = texts(DRAWN[0])
    for said in ("clinic/chat", "mirror", "canary 5 %", "live", "rolled back", "klinik/陈"):
        assert said in told


def test_a_bar_says_its_value_and_its_side_in_words():
    assert "20 ms" in texts(DRAWN[1]) and "whole, 50%" in texts(DRAWN[1])


def test_names_that_would_act_are_written_out():
    lanes = {"a\x1b<b>": [Stretch("mirror", "0", 0, 100)]}
    assert "a\\u001b<b>" in texts(stages(lanes, (0, 100), ("", "")))
