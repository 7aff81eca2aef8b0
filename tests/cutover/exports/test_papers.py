"""What people read of a bundle."""

import io
import json
from dataclasses import replace

import pyarrow.parquet as pq
from bundles import asked, bundle, busy, unpacked

from cutover.exports.papers import about_of
from cutover.exports.planned import Plan, planned
from cutover.verifying.rows import TABLES


def test_the_readme_says_how_to_verify_and_the_custody_log_begins_with_who_asked():
    files = unpacked(bundle(busy()))
    assert b"verify.py" in files["README.txt"]
    said = json.loads(files["custody.json"])
    assert said["entries"][0]["by"] == "siti"


def test_parquet_files_hold_as_many_rows_as_the_csv_files_and_the_manifest_counts_them():
    files = unpacked(bundle(busy()))
    listed = {one["path"]: one for one in json.loads(files["manifest.json"])["files"]}
    for name in TABLES:
        found = pq.read_table(io.BytesIO(files[f"{name}.parquet"]))
        assert (
            found.num_rows == listed[f"{name}.parquet"]["rows"] == listed[f"{name}.csv"]["rows"]
        )
        assert found.column_names == list(TABLES[name].columns)


def test_a_bundle_has_its_summary_its_certificate_and_its_audit_events():
    files = unpacked(bundle(busy()))
    root = json.loads(files["manifest.json"])["end_root"]
    assert root in files["summary.html"].decode()
    assert files["summary.pdf"].startswith(b"%PDF-")
    assert root in files["s90A-certificate.txt"].decode()
    lines = files["auditevent.ndjson"].decode().splitlines()
    assert lines and all(json.loads(one)["resourceType"] == "AuditEvent" for one in lines)
    assert not [name for name in files if name.endswith(".part")]


def test_the_same_events_give_the_same_papers():
    assert bundle(busy()) == bundle(busy())


def test_notes_stand_in_the_order_of_their_names_whoever_goes_on_with_an_export():
    log = busy()
    plan = replace(
        planned(log, asked(log), "0.7.0", log.heads[-1]),
        notes={"legal_hold_1": "held", "erased": "gone"},
    )
    assert about_of(plan).notes == about_of(Plan.read(plan.text())).notes == ("gone", "held")
