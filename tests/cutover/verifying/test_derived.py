"""Tables made again from their events."""

import json

import pytest
from bundles import bundle, busy, checked, signed_anew, unpacked

from cutover.verifying.rows import TABLES


@pytest.fixture(scope="module")
def log():
    return busy()


@pytest.fixture(scope="module")
def files(log):
    return unpacked(bundle(log))


def found(log, files, name, text):
    report = checked(signed_anew(log, {**files, name: text}))
    return [(one.file, one.line, one.event) for one in report.findings if one.check == "tables"]


def test_a_changed_row_is_named_with_its_line_and_event(log, files):
    rows = files["egress.csv"].split(b"\r\n")
    rows[3] = rows[3].replace(b"openai", b"nobody")
    event = int(rows[3].split(b",")[0])
    assert found(log, files, "egress.csv", b"\r\n".join(rows)) == [("egress.csv", 4, event)]


@pytest.mark.parametrize("name", TABLES)
def test_a_row_more_or_less_or_another_header_is_found_in_every_table(log, files, name):
    file, text = f"{name}.csv", files[f"{name}.csv"]
    assert [one[0] for one in found(log, files, file, text + b"more\r\n")] == [file]
    assert [one[:2] for one in found(log, files, file, text[1:])] == [(file, 1)]
    if text.count(b"\r\n") > 1:
        last = text[:-2].rindex(b"\r\n") + 2
        assert [one[0] for one in found(log, files, file, text[:last])] == [file]


def test_a_table_that_is_not_there_is_missing(log, files):
    report = checked(
        signed_anew(log, {name: text for name, text in files.items() if name != "served.csv"})
    )
    assert (report.code, report.findings[0].file) == (2, "served.csv")


def test_a_bundle_of_before_verifies_in_its_own_form_and_in_no_other(log):
    there = busy()
    there.add("audit.note", {"text": "x"}, reason="one; two")
    there.add("payload.viewed", {}, kind="human", name="siti", reason="one; =two\tthree")
    there.sign()
    before, now = (unpacked(bundle(there, v=form)) for form in (1, 2))
    assert b",one; =two\tthree\r\n" in before["access.csv"]
    assert b',"one;\' =two\tthree"\r\n' in now["access.csv"]
    assert [json.loads(one["manifest.json"])["v"] for one in (before, now)] == [1, 2]
    for files, other in ((before, now), (now, before)):
        assert checked(signed_anew(there, files)).code == 0
        said = found(there, files, "access.csv", other["access.csv"])
        assert [one[0] for one in said] == ["access.csv"]


def test_quoted_cells_over_several_lines_are_compared_as_they_are(log, files):
    assert b"\n" in files["access.csv"].replace(b"\r\n", b"")
    assert checked(signed_anew(log, files)).code == 0
