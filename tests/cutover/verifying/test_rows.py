import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.verifying.rows import TABLES, csv_header, csv_line, meaning_of, tables_of

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["kind", "id", "name", "route", "flags"]), inner)
    ),
)


def event(type, **said):
    body = {
        "v": 1,
        "seq": 12,
        "at_us": 1_795_000_000_000_000,
        "tenant": "clinic",
        "type": type,
        "actor": {"kind": "human", "name": "aisyah"},
        "object": {"kind": "rollout", "id": "clinic/chat"},
        "outcome": "ok",
        "reason": "",
        "details": {},
    }
    return body | said


def test_an_approval_has_name_time_and_meaning():
    moves = {"from_stage": "mirror", "from_share": "0", "to_stage": "canary", "to_share": "5"}
    row = TABLES["approvals"].row(event("approval.given", details=moves))
    assert row["printed_name"] == "aisyah"
    assert (row["at_utc"], row["at_plus8"]) == (
        "2026-11-18T11:06:40.000000Z",
        "2026-11-18T19:06:40.000000+08:00",
    )
    assert row["meaning"] == "approves clinic/chat going from mirror to canary 5 %"


def test_the_meaning_that_was_signed_is_the_one_that_is_shown():
    signed = {"meaning": "approves clinic/chat going from mirror to live", "to_share": "5"}
    assert meaning_of(event("approval.given", details=signed)) == signed["meaning"]


def test_an_approval_of_an_older_version_tells_its_move_all_the_same():
    told = meaning_of(event("approval.given", details={"signal": "widen", "to_share": "25"}))
    assert told == "approves clinic/chat: widen 25 %"


def test_scores_are_whole_ten_thousandths():
    details = {"equivalence": "0.9137", "noise_floor": "", "flags": ["DOSE:fail", "TONE:info"]}
    row = TABLES["comparisons"].row(event("comparison.scored", details=details))
    assert (row["equivalence_e4"], row["noise_floor_e4"], row["fails"]) == (9137, None, 1)


def test_a_label_is_a_row_of_the_comparison_it_is_about():
    details = {"comparison": 4, "exchange": "e1", "label": "harmful", "before": ""}
    row = TABLES["comparisons"].row(event("comparison.labelled", details=details))
    assert (row["number"], row["exchange"], row["route"]) == (4, "e1", "chat")
    assert (row["label"], row["labelled_by"]) == ("harmful", "aisyah")


def test_who_saw_which_payload_stands_in_one_row():
    details = {"exchanges": 2, "exchange_ids": ["e1", "e2"]}
    row = TABLES["access"].row(event("payload.viewed", details=details))
    assert (row["actor"], row["exchanges"], row["exchange_ids"]) == ("aisyah", 2, "e1 e2")


@pytest.mark.parametrize(
    ("details", "many", "which", "whose"),
    [
        ({"count": 2, "exchanges": ["e1", "e2"], "subject": ""}, 2, "e1 e2", ""),
        ({"count": 812, "exchanges": [], "subject": "p-77aa"}, 812, "", "p-77aa"),
        ({"exchanges": 1, "exchange_ids": ["e3"]}, 1, "e3", ""),
    ],
)
def test_what_was_destroyed_or_seen_is_counted_and_named_or_the_patient_is(
    details, many, which, whose
):
    payloads = {"kind": "payloads", "id": "clinic"}
    row = TABLES["access"].row(event("payload.erased", object=payloads, details=details))
    assert (row["exchanges"], row["exchange_ids"], row["subject"]) == (many, which, whose)


def test_who_agreed_to_an_export_or_an_erasure_stands_in_its_row_and_did_not_in_the_first_form():
    details = {"profile": "full", "requested_by": "siti", "approved_by": "rahman"}
    export = event("export.created", details=details)
    row = TABLES["access"].row(export)
    assert (row["profile"], row["requested_by"], row["approved_by"]) == (
        "full",
        "siti",
        "rahman",
    )
    erased = TABLES["access"].row(event("payload.erased", details={"second": "rahman"}))
    assert (erased["actor"], erased["approved_by"]) == ("aisyah", "rahman")
    before = tables_of(1)["access"].row(export)
    assert {name for name in row if name not in before} == {*details, "subject"}
    assert {name: row[name] for name in before} == before
    assert {**tables_of(1), "access": 0} == {**tables_of(2), "access": 0}


def test_what_left_for_the_cloud_is_told_with_its_size():
    exchange = {"kind": "exchange", "id": "e9"}
    details = {"egress": "x", "purpose": "shadow", "upstream": "openai", "sent_bytes": 812}
    row = TABLES["egress"].row(event("egress.intent", object=exchange, details=details))
    assert (row["exchange"], row["upstream"], row["sent_bytes"]) == ("e9", "openai", 812)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_columns_have_names_of_their_own(name):
    columns = TABLES[name].columns
    assert len(set(columns)) == len(columns)
    assert csv_header(columns).count(",") == len(columns) - 1


@pytest.mark.parametrize("name", sorted(TABLES))
@given(details=ANYTHING, actor=ANYTHING, object=ANYTHING, at_us=ANYTHING, reason=ANYTHING)
def test_no_event_whatever_its_shape_breaks_a_row(name, **said):
    for type in ("comparison.scored", "approval.given", "egress.done", "payload.viewed"):
        row = TABLES[name].row(event(type, **said))
        if row is not None:
            assert tuple(row) == TABLES[name].columns
            csv_line(row).encode()
    assert TABLES[name].row({}) is None


def test_the_tables_need_nothing_but_python():
    # -S and -I: no site packages, so that whatever is not of the standard library fails to import.
    root = Path(__file__).parents[3]
    row = event("egress.done", details={"call": "=cmd"})
    told = (
        f"import sys, json; sys.path.insert(0, {str(root)!r}); "
        "from cutover.verifying.rows import TABLES, csv_line; "
        f"sys.stdout.write(csv_line(TABLES['egress'].row(json.loads({json.dumps(row)!r}))))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", told], capture_output=True, text=True, check=True
    )
    assert (
        done.stdout.startswith("12,2026-11-18T11:06:40.000000Z,") and ",'=cmd," in done.stdout
    )
