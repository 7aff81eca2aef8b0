import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.redaction.redact import Kind, find, redacted


def kinds(text):
    return [one.kind.value for one in find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "880512-10-5233",
        "880512105233",
        "880512 10 5233",
        "８８０５１２－１０－５２３３",
        "IC:000229-14-0011,",
        "(990101-82-1234)",
        "身份证880512105233号",
    ],
)
def test_a_mykad_is_found_however_it_is_written(text):
    assert kinds(text) == ["mykad"]


@pytest.mark.parametrize(
    "text",
    [
        "881312-10-5233",  # no such month
        "880532-10-5233",  # no such day
        "880512-00-5233",  # no such place
        "880512-97-5233",
        "010229-14-001",  # too short
        "88051210523399",  # longer
        "PO880512105233",  # a part of a word
    ],
)
def test_numbers_that_are_no_mykad_are_left(text):
    assert "mykad" not in kinds(text)


def test_the_29th_of_february_counts_if_either_century_had_it():
    assert kinds("000229-10-5233") == ["mykad"]
    assert kinds("010229-10-5233") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hubungi 012-345 6789 segera", "phone"),
        ("+60 12-345 6789", "phone"),
        ("60123456789", "phone"),
        ("Tel 03-7956 1234", "phone"),
        ("电话：０１２－３４５６７８９", "phone"),
        ("siti.aminah@klinik.com.my", "email"),
        ("Passport no: E1234567", "passport"),
        ("pasport A12345678", "passport"),
        ("护照号码：G12345678", "passport"),
        ("MRN: 00123-45", "mrn"),
        ("No. pendaftaran HKL/123456", "mrn"),
        ("病历号：A20251234", "mrn"),
        ("No 12, Jalan Ampang 3/4, Taman Melati, 53100 Kuala Lumpur", "address"),
        ("Lorong Haji Taib 2, 50350 Kuala Lumpur", "address"),
        ("吉隆坡武吉免登路12号", "address"),
    ],
)
def test_each_kind_is_found(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Jalan kaki 30 minit sehari",
        "sukar berjalan sejak 3 hari",
        "BP 120/80, HR 72, SpO2 98 %",
        "paracetamol 500 mg 1-0-1 for 5 days",
        "HbA1c 7.2 %, LDL 2.61 mmol/L, 2026-11-26",
        "ICD-10 E11.9, Z79.4",
        "每日三次，每次一片，饭后服用",
        "Ref 2026/1123, batch 4410021",
    ],
)
def test_what_clinicians_write_every_day_is_left(text):
    assert redacted(text) == text


def test_a_text_is_covered_and_the_rest_stays_as_it_is():
    said = "Puan (880512-10-5233) MRN 443211, tel. 012-3456789: batuk 3 hari."
    assert redacted(said) == "Puan ([mykad]) MRN [mrn], tel. [phone]: batuk 3 hari."


def test_a_clinic_has_record_numbers_of_its_own():
    ours = [re.compile(r"KK-\d{6}")]
    assert redacted("lihat KK-004521", ours) == "lihat [mrn]"
    assert redacted("lihat KK-004521") == "lihat KK-004521"


@given(st.text(alphabet="0123456789- +@.abJalnTmo路号一,", max_size=200))
def test_what_is_found_lies_in_order_and_apart_and_is_gone_from_what_is_shown(text):
    found = find(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    shown = redacted(text)
    assert len(shown) == len(text) + sum(
        len(one.kind.value) + 2 - (one.end - one.start) for one in found
    )


@given(st.text(max_size=300))
def test_nothing_is_found_in_what_was_covered_already(text):
    once = redacted(text)
    assert redacted(once) == once


@pytest.mark.parametrize(
    "unit", ["Jalan ", "1", "a.", "Jalan A ", "0-", "一", "路1号", "MRN ", "a@", " 12"]
)
def test_no_text_takes_long(unit):
    began = time.process_time()
    find(unit * (40_000 // len(unit)))
    assert time.process_time() - began < 5  # half a second on an idle machine


def test_every_kind_has_a_word():
    assert {one.value for one in Kind} == {
        "email",
        "mrn",
        "mykad",
        "passport",
        "phone",
        "address",
    }
