"""Exports of a real store, signed by the real signer, and the events that tell of them."""

import hashlib
import json
from dataclasses import replace

import pytest
from bundles import checked, unpacked
from signed_logs import START_US, Logs

from cutover.exports.exporting import Exporting
from cutover.exports.payloads import Revealed
from cutover.exports.planned import Asked, ExportRefused
from cutover.exports.sealing import Patience
from cutover.people import CONTROLLER, Actor, Deed, Kind
from cutover.retention import holds
from mirror.journal import events

LATER_US = START_US + 10 * 3_600_000_000
WHO = Actor(Kind.HUMAN, "siti")


@pytest.fixture
def logs(home, store):
    logs = Logs(home, store)
    logs.append(count=30)
    logs.append(tenant="other", count=3)
    logs.step()
    return logs


def exporting(logs, told=None, steps=True, wait_s=5.0):
    """With a signer that works while the export waits."""

    def sleep(seconds):
        if steps:
            logs.step(60)
        logs.clock.go(seconds)

    patience = Patience(
        wait_s, sleep, logs.clock.steady_s, (told if told is not None else []).append
    )
    return Exporting(logs.store, logs.folder, replace(patience, wait_s=600.0 if steps else wait_s),
                     lambda *_: None, "0.7.0", lambda: logs.clock.us)  # fmt: skip


def ask(**changed):
    return replace(Asked("clinic", START_US, LATER_US, "redacted", "siti", "audit"), **changed)


def deed(logs):
    return Deed(WHO, logs.clock.us, "audit")


def test_a_stores_log_becomes_a_bundle_that_is_valid_and_two_events_say_so(logs, tmp_path):
    told = []
    made = exporting(logs, told).export(ask(), deed(logs), tmp_path / "b.tar")
    content = (tmp_path / "b.tar").read_bytes()
    report = checked(content)
    assert (report.code, [str(one) for one in report.findings if one.kind != "warning"]) == (
        0,
        [],
    )
    assert made.events == 31  # the request itself, too
    assert [one.partition(" (")[0] for one in told] == [
        "waiting for the signer to sign up to event 31",
        "waiting for the signer to sign the manifest",
    ]
    requested, created = (
        logs.events("clinic", f"export.{kind}")[0] for kind in ("requested", "created")
    )
    said = json.loads(created.body)
    assert (said["actor"]["name"], said["reason"]) == ("siti", "audit")
    assert said["details"]["manifest_sha256"] == made.sha256
    assert requested.seq < created.seq
    assert [
        one.name for one in tmp_path.iterdir() if one.suffix != ".db" and one.name != "data"
    ] == ["b.tar"]


def test_the_signer_is_asked_to_sign_the_range_now_and_nothing_of_that_stays(logs, tmp_path):
    asked, step = [], logs.step

    def noted(*seconds):
        asked.extend(json.loads(content) for _, content in logs.folder.asked())
        return step(*seconds)

    logs.step = noted
    exporting(logs).export(ask(), deed(logs), tmp_path / "b.tar")
    assert {"kind": "crossfade.checkpoint", "tenant": "clinic", "seq": 31} in asked
    assert not list(logs.folder.asked())
    assert not list((logs.folder.path / "signed").iterdir())


def test_the_event_of_a_bundle_tells_when_it_was_whole_and_not_when_it_was_asked_for(
    logs, tmp_path
):
    asked_us = logs.clock.us
    begun = deed(logs)
    closed = ask(to_us=START_US + 1)
    with pytest.raises(ExportRefused, match="run the same command again"):
        exporting(logs, steps=False).export(closed, begun, tmp_path / "b.tar")
    logs.clock.go(3600)
    exporting(logs).export(closed, begun, tmp_path / "b.tar")
    (requested,) = logs.events("clinic", "export.requested")
    (created,) = logs.events("clinic", "export.created")
    assert requested.at_us == asked_us
    assert created.at_us == logs.clock.us >= asked_us + 3_600_000_000


@pytest.mark.parametrize("who", [WHO, CONTROLLER])
def test_what_a_purpose_says_of_a_patient_is_covered_whoever_makes_it(logs, tmp_path, who):
    purpose = "complaint of 850101-14-5567"
    said = ask(purpose=purpose, to_us=START_US + 1)
    exporting(logs).export(said, Deed(who, logs.clock.us, purpose), tmp_path / "b.tar")
    for type in ("export.requested", "export.created"):
        (one,) = logs.events("clinic", type)
        assert "850101" not in one.body and "complaint of [mykad]" in one.body
    manifest = json.loads(unpacked((tmp_path / "b.tar").read_bytes())["manifest.json"])
    assert manifest["purpose"] == "complaint of [mykad]"


def test_a_part_of_it_starts_where_it_was_asked_and_proves_the_rest(logs, tmp_path):
    logs.clock.go(7200)
    old = next(one["note"] for one in logs.rows("log_checkpoint") if one["tenant"] == "clinic")
    logs.append(count=300)
    logs.step()
    logs.clock.go(7200)
    logs.append(count=5)
    logs.step()
    out = tmp_path / "b.tar"
    begins = START_US + 3600 * 1_000_000
    exporting(logs).export(
        ask(from_us=begins, to_us=START_US + 10_000 * 1_000_000, kept=(old,)), deed(logs), out
    )
    report = checked(out.read_bytes(), [old])
    assert report.code == 0, [str(one) for one in report.findings]
    assert report.facts["first_seq"] == 31


def test_the_same_closed_range_gives_the_same_bytes(logs, tmp_path):
    closed = ask(to_us=START_US + 1)
    for name in ("a.tar", "b.tar"):
        logs.clock.go(10)
        exporting(logs).export(closed, deed(logs), tmp_path / name)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_without_a_signer_it_says_so_and_goes_on_later(logs, tmp_path):
    out = tmp_path / "b.tar"
    with pytest.raises(ExportRefused, match="does the signer run"):
        exporting(logs, steps=False).export(ask(), deed(logs), out)
    closed = ask(to_us=START_US + 1)
    with pytest.raises(ExportRefused, match="run the same command again"):
        exporting(logs, steps=False).export(closed, deed(logs), out)
    assert not out.exists()
    exporting(logs).export(closed, deed(logs), out)
    assert checked(out.read_bytes()).code == 0


def test_a_period_that_is_not_over_is_told_as_such_while_it_waits_and_where_it_fails(
    logs, tmp_path
):
    told, late = [], "the period is not over: it ends "
    why = f"^{late}.*give a --to that has passed.*event 31, its newest.*does the signer run"
    with pytest.raises(ExportRefused, match=why):
        exporting(logs, told, steps=False).export(ask(), deed(logs), tmp_path / "b.tar")
    assert told[0].startswith(
        "waiting for the signer to sign up to event 31 (the period is not"
    )
    told.clear()
    logs.clock.us = LATER_US  # its end is no part of it
    with pytest.raises(ExportRefused, match=r"^event 31 is not signed yet"):
        exporting(logs, told, steps=False).export(ask(), deed(logs), tmp_path / "b.tar")
    assert told == ["waiting for the signer to sign up to event 31"]


def test_a_bundle_of_a_period_that_is_not_over_says_so_on_every_paper(logs, tmp_path):
    exporting(logs).export(ask(), deed(logs), tmp_path / "open.tar")
    content = (tmp_path / "open.tar").read_bytes()
    assert checked(content).code == 0
    for name in ("manifest.json", "README.txt", "summary.html", "custody.json"):
        assert "the period is not over: it ends" in unpacked(content)[name].decode(), name
    logs.clock.go(10)
    exporting(logs).export(ask(to_us=START_US + 1), deed(logs), tmp_path / "over.tar")
    over = unpacked((tmp_path / "over.tar").read_bytes())
    assert json.loads(over["manifest.json"])["notes"] == {}


def test_a_period_that_has_not_begun_is_refused_before_anything_is_recorded(logs, tmp_path):
    later = ask(from_us=LATER_US, to_us=LATER_US + 1)
    with pytest.raises(ExportRefused, match=r"has not begun: it begins .* and now it is "):
        exporting(logs).export(later, deed(logs), tmp_path / "b.tar")
    assert logs.events("clinic", "export.requested") == []
    logs.append(at_us=LATER_US)  # a clock was ahead then
    exporting(logs).export(later, deed(logs), tmp_path / "b.tar")
    assert checked((tmp_path / "b.tar").read_bytes()).code == 0


def test_what_another_edition_began_is_gone_on_with_and_names_both(logs, tmp_path):
    out, closed = tmp_path / "b.tar", ask(to_us=START_US + 1)
    with pytest.raises(ExportRefused, match="run the same command again"):
        exporting(logs, steps=False).export(closed, deed(logs), out)
    later = replace(exporting(logs), build="0.8.0")
    later.export(closed, deed(logs), out)
    content = out.read_bytes()
    assert checked(content).code == 0
    assert json.loads(unpacked(content)["manifest.json"])["build"] == "0.7.0, 0.8.0"


def test_a_store_that_was_never_signed_and_a_tenant_without_events_are_refused(
    home, store, tmp_path
):
    logs = Logs(home, store)
    logs.append()
    with pytest.raises(ExportRefused, match="ever signed"):
        exporting(logs).export(ask(), deed(logs), tmp_path / "b.tar")
    logs.step()
    with pytest.raises(ExportRefused, match="no event of a tenant 'nobody'"):
        exporting(logs).export(ask(tenant="nobody"), deed(logs), tmp_path / "b.tar")
    with pytest.raises(ExportRefused, match="needs the keys"):
        exporting(logs).export(ask(profile="full"), deed(logs), tmp_path / "b.tar")
    assert logs.events("nobody") == []


def test_what_is_refused_before_it_began_leaves_no_folder(logs, tmp_path):
    with pytest.raises(ExportRefused, match="no event of a tenant"):
        exporting(logs).export(ask(tenant="nobody"), deed(logs), tmp_path / "b.tar")
    assert not (tmp_path / "b.tar.work").exists()


def test_a_log_that_was_changed_is_not_exported(logs, tmp_path):
    from sqlalchemy import update

    from mirror.journal import tables

    with logs.store.write() as conn:
        body = events.read(conn, "clinic")[4].body.replace("aminah", "nobody")
        changed = (tables.event.c.tenant == "clinic", tables.event.c.seq == 5)
        conn.execute(update(tables.event).where(*changed).values(body=body))
    with pytest.raises(ExportRefused, match="do not lead to the root"):
        exporting(logs).export(ask(to_us=START_US + 1), deed(logs), tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_a_range_on_hold_is_exported_and_every_paper_says_so(logs, tmp_path):
    with logs.store.write() as conn:
        holds.place(conn, "clinic", replace(deed(logs), reason="court order 12/2026"))
    exporting(logs).export(ask(), deed(logs), tmp_path / "b.tar")
    content = (tmp_path / "b.tar").read_bytes()
    assert checked(content).code == 0
    for name in ("manifest.json", "README.txt", "summary.html", "custody.json"):
        assert "court order 12/2026" in unpacked(content)[name].decode(), name


def test_the_deployments_own_log_is_exported_like_any(logs, tmp_path):
    exporting(logs).export(ask(tenant=""), deed(logs), tmp_path / "b.tar")
    files = unpacked((tmp_path / "b.tar").read_bytes())
    assert json.loads(files["manifest.json"])["tenant"] == ""
    assert checked((tmp_path / "b.tar").read_bytes()).code == 0


SALT = b"s" * 16


@pytest.fixture
def full(logs):
    """An export of payloads; `full.erased` says whether the one that there is was erased."""
    commitment = hashlib.sha256(SALT + b"words").hexdigest()
    logs.append(type="request.served", details={"leg": "served", "body_commitment": commitment})
    logs.step()

    def opened(*_):
        return "erased" if full.erased else (SALT, iter([b"words"]))

    whole = ask(profile="full", to_us=logs.clock.us - 1)

    def full(out, **more):
        by = replace(exporting(logs, **more), revealed=Revealed(full.opened))
        return by.export(whole, deed(logs), out)

    full.erased, full.opened = False, opened
    return full


def erase(logs, full):
    logs.append(type="payload.erased")
    full.erased = True


def states(out):
    lines = unpacked(out.read_bytes())["payloads.jsonl"].splitlines()
    return [json.loads(line)["state"] for line in lines]


def test_what_was_erased_before_an_export_goes_on_does_not_leave_with_it(logs, full, tmp_path):
    out = tmp_path / "b.tar"
    with pytest.raises(ExportRefused, match="run the same command again"):
        full(out, steps=False)
    assert (tmp_path / "b.tar.work").exists()
    assert not (tmp_path / "b.tar.work" / "payloads.jsonl").exists()
    erase(logs, full)
    full(out)
    assert states(out) == ["erased"]
    assert checked(out.read_bytes()).code == 0


def test_an_erasure_while_a_bundle_is_made_ends_it_and_the_next_run_leaves_it_out(
    logs, full, tmp_path
):
    out = tmp_path / "b.tar"
    opened = full.opened

    def erased_meanwhile(*told):
        found = opened(*told)
        erase(logs, full)
        return found

    full.opened = erased_meanwhile
    with pytest.raises(ExportRefused, match="erased while the bundle was made"):
        full(out)
    assert not out.exists()
    full.opened = opened
    full(out)
    assert states(out) == ["erased"]


def test_what_nobody_erased_leaves_with_an_export_of_payloads(full, tmp_path):
    full(tmp_path / "b.tar")
    assert states(tmp_path / "b.tar") == ["kept"]
