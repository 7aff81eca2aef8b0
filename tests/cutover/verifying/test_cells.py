import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.verifying import cells
from cutover.verifying.cells import csv_cell, csv_header, csv_line, harmless, plus8, utc


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "'", "＝"])
def test_what_a_spreadsheet_takes_for_a_formula_is_shown_as_a_text(start):
    (row,) = csv.reader(io.StringIO(csv_line({"reason": f"{start}HYPERLINK(1)"}), newline=""))
    assert row == [f"'{start}HYPERLINK(1)"]


@given(st.lists(st.text() | st.integers() | st.none(), min_size=2))
def test_every_reader_of_csv_finds_the_cells_again(cells):
    line = csv_line({str(at): one for at, one in enumerate(cells)})
    (row,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    assert len(row) == len(cells)
    for found, one in zip(row, cells, strict=True):
        told = "" if one is None else harmless(one) if isinstance(one, str) else str(one)
        assert was(found) in (told, f"'{told}")


def was(text):
    """A cell without the apostrophes that stand behind what some take for a separator."""
    return re.sub("(?<=[;\t\r\n])'", "", text)


@given(st.lists(st.text("x1;\t\r\n\",=+-@'＝ "), min_size=1, max_size=4))
def test_no_formula_begins_a_cell_whatever_the_separator_is(cells):
    line = csv_line({"seq": 1} | {str(at): one for at, one in enumerate(cells)})
    for separator in (",", ";", "\t"):
        for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator):
            for cell in row:
                shown = cell.lstrip(" ")
                assert not shown.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("text", ["a;b", "a\tb", "a; b"])
def test_what_another_spreadsheet_would_part_is_quoted_and_was_not_in_the_first_form(text):
    assert csv_cell(text) == f'"{text}"'
    assert csv_cell(text, 1) == text


def test_a_formula_behind_a_semicolon_is_disarmed_and_was_not_in_the_first_form():
    assert csv_cell("a; =1+1") == '"a;\' =1+1"'
    assert csv_cell("a; =1+1", 1) == "a; =1+1"
    assert csv_cell("a,\n=1", 1) == '"a,\n=1"'


@given(st.text())
def test_no_cell_acts_on_a_spreadsheet_or_a_terminal(text):
    cell = csv_cell(text).encode().decode().strip('"')
    assert not cell.strip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert "\x1b" not in cell and "\u202e" not in cell


def test_marks_that_turn_the_direction_of_writing_are_written_out():
    assert harmless("cinil\u202eatad") == "cinil\\u202eatad"
    assert harmless("a\x1b[31mred") == "a\\u001b[31mred"


def test_malay_and_chinese_words_stay():
    assert csv_cell("diluluskan oleh 陈医生 · é") == "diluluskan oleh 陈医生 · é"


def test_what_holds_a_comma_or_a_quote_is_quoted():
    assert csv_cell('he said "no", twice') == '"he said ""no"", twice"'


def test_a_moment_is_told_by_both_clocks():
    at_us = 1_795_000_000_000_001
    assert utc(at_us) == "2026-11-18T11:06:40.000001Z"
    assert plus8(at_us) == "2026-11-18T19:06:40.000001+08:00"


@pytest.mark.parametrize("at_us", [None, -1, 2**63])
def test_what_is_no_moment_is_left_empty(at_us):
    assert utc(at_us) == plus8(at_us) == ""


def test_the_header_names_the_columns():
    assert csv_header(["seq", "at_utc"]) == "seq,at_utc\r\n"


@given(st.integers(0, 252_000_000_000_000_000))
def test_a_moment_is_what_the_standard_library_says_it_is(at_us):
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    assert utc(at_us) == there.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    assert datetime.fromisoformat(plus8(at_us)) == there
    assert plus8(at_us).endswith("+08:00")


@given(st.from_regex(cells._CELL_PLAIN, fullmatch=True))
def test_a_cell_that_no_rule_is_about_is_written_as_the_rules_would(text):
    assert not text.startswith(cells._CELL_FORMULA)
    assert not any(one.search(text) for one in cells._CELL_QUOTED.values())
    assert csv_cell(text) == csv_cell(text, 1) == harmless(text) == text


@given(st.lists(st.text() | st.text("x1 ;,=") | st.integers() | st.booleans() | st.none()))
def test_a_line_is_its_cells_one_beside_the_other(row):
    told = {str(at): one for at, one in enumerate(row)}
    for form in cells.FORMS:
        due = ",".join([csv_cell(one, form) for one in row])
        assert csv_line(told, form) == f"{due}\r\n"
