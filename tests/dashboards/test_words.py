"""Numbers, times and codes as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparison import Attribution, Severity
from cutover.cli.status import BACKLOG
from cutover.evidence.verdict import Kind
from cutover.stages import Signal, Stage
from dashboards import words
from mirror.journal.queue import Kind as Work


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 %"), (5.0, "5 %"), (0.5, "0.5 %"), (12.25, "12.25 %"), (100, "100 %")]
)  # fmt: skip
def test_a_share_is_written_without_idle_digits(value, text):
    assert words.percent(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"), (0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"),
        (90_000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_names_its_two_largest_units(seconds, text):
    assert words.duration(seconds * 1_000_000) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0 ms"), (999.4, "999 ms"), (1234, "1.23 s")]
)
def test_a_time_of_an_answer_has_a_unit(value, text):
    assert words.milliseconds(value) == text


def test_what_is_live_is_watched_and_its_harm_told_as_ever():
    assert words.verdict("hold", "live") == "● watched"
    assert words.verdict("roll_back", "live") == words.verdict("roll_back")
    assert words.verdict("hold", "canary") == "● hold"


def test_verdicts_and_severities_carry_a_sign_beside_their_colour():
    signs = {words.verdict(name)[0] for name in ("promote", "hold", "roll_back")}
    assert len(signs) == 3
    assert len({words.severity(name)[0] for name in ("fail", "review", "info")}) == 3


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (words.STAGES, Stage), (words.STAGE_COLOURS, Stage), (words.SIGNALS, Signal),
        (words.VERDICTS, Kind), (words.VERDICT_COLOURS, Kind), (words.SEVERITIES, Severity),
        (words.SEVERITY_COLOURS, Severity), (words.ANSWERED, Attribution), (words.WORK, Work), (BACKLOG, Work),
    ],
)  # fmt: skip
def test_every_code_that_the_api_tells_has_words(told, known):
    assert set(told) == set(known)
    assert all("_" not in said for said in told.values())


def test_a_gate_of_one_flag_or_score_is_named_with_it():
    assert words.gate("first_token") == "first token"
    assert words.gate("flags.DOSE_CONFLICT") == "flags (DOSE_CONFLICT)"
    assert words.gate("quality.severe") == "quality (severe)"
    assert words.gate("of_tomorrow") == "of tomorrow"


def test_what_was_rolled_back_is_told_as_past():
    assert words.verdict("roll_back", "rolled_back") == "▼ rolled back"


def test_a_code_that_this_version_does_not_know_is_still_shown():
    assert words.verdict("wait_and_see") == "wait and see"
    assert words.colour(words.VERDICT_COLOURS, "wait_and_see") == "gray"


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\x1b", "\x00", "\ufeff"])
def test_marks_that_could_disguise_a_text_are_named(hidden):
    assert words.visible(f"5{hidden}0 mg") == f"5⟨U+{ord(hidden):04X}⟩0 mg"


def test_line_breaks_and_scripts_that_need_joiners_stay():
    text = "satu\n\tdua \u200d க்\u200cஷ"
    assert words.visible(text) == text
    assert words.visible("a\r\nb") == "a\nb"


@given(st.text())
def test_escaped_text_leaves_no_mark_that_markdown_reads(text):
    escaped = words.escaped(text)
    bare = escaped.replace("\\\\", "")
    for at, character in enumerate(bare):
        if character in "*_`[]<>#$~|!":
            assert bare[at - 1] == "\\"
    assert "\n" not in escaped


def test_an_emoji_code_stays_text():
    assert ":smile:" not in words.escaped(":smile:").replace("\\", "")


@pytest.mark.parametrize(
    "address", ["siti@klinik.example", "https://klinik.example", "WWW.klinik.example"]
)
def test_an_address_is_no_link_where_a_renderer_looks_again(address):
    shown = words.escaped(address).replace("\\", "")
    assert shown != address
    assert shown.replace("\u2060", "") == address


def test_a_long_text_says_how_long_it_was():
    text = words.shortened("x" * 30, limit=10)
    assert text.startswith("xxxxxxxxxx\n")
    assert "30 characters" in text


@pytest.mark.parametrize(
    ("log10", "text"),
    [(1.30103, "20 to 1"), (0, "1.0 to 1"), (-3, "0.0 to 1"), (3.5, "3,162 to 1"), (99, "over 1,000,000 to 1")],
)  # fmt: skip
def test_evidence_is_told_as_odds(log10, text):
    assert words.odds(log10) == text
