"""What vouches for a pack: an event of a real store, signed by the real signer, and its proof."""

import hashlib
import json
from dataclasses import replace

import pytest
from bundles import bundle, busy
from signed_logs import START_US, Logs

from cutover.exports.exporting import Exporting
from cutover.exports.packed import Pack, Vouching
from cutover.exports.planned import Asked, ExportRefused
from cutover.exports.sealing import Patience
from cutover.people import Actor, Deed, Kind
from cutover.verifying.packs import PACK_FILES, PACK_REPORTS, verify_pack

SITI = Actor(Kind.HUMAN, "os:siti")
LATER_US = START_US + 10 * 3_600_000_000
PURPOSE = "a complaint of 900101-14-5678"


@pytest.fixture
def logs(home, store):
    logs = Logs(home, store)
    logs.append(count=30)
    logs.step()
    return logs


def patience(logs, seconds=1.0, steps=True):
    def sleep(waited):
        if steps:
            logs.step(seconds)
        logs.clock.go(waited)

    return Patience(30.0, sleep, logs.clock.steady_s, lambda told: None)


@pytest.fixture
def pack(logs, tmp_path):
    """A pack with its bundle and what stands for its reports, and nothing that vouches for them yet."""
    pack = Pack(tmp_path / "pack", "clinic", START_US, LATER_US, PURPOSE)
    assert pack.begin() is False
    asked = Asked("clinic", START_US, LATER_US, "redacted", "os:siti", PURPOSE)
    exporting = Exporting(logs.store, logs.folder, patience(logs, 60), lambda *_: None, "0.7.0", logs.clock.now_us)  # fmt: skip
    exporting.export(asked, Deed(SITI, logs.clock.us, PURPOSE), pack.bundle)
    for name in PACK_REPORTS:
        (pack.folder / name).write_text(name)
    return pack


def vouching(logs, **more):
    return Vouching(logs.store, logs.folder, patience(logs, **more), logs.clock.now_us)


def test_an_event_lists_every_file_and_its_proof_is_valid_at_once(logs, pack):
    logs.append(count=3)  # so many are not signed yet, and are not due
    began_s = logs.clock.s
    seq = vouching(logs).vouch(pack, SITI)
    assert logs.clock.s - began_s < 5
    (event,) = logs.events("clinic", "report.created")
    said = json.loads(event.body)
    assert (event.seq, said["actor"]["name"]) == (seq, "os:siti")
    assert {one["name"] for one in said["details"]["files"]} == set(PACK_FILES)
    for one in said["details"]["files"]:
        content = (pack.folder / one["name"]).read_bytes()
        assert (one["bytes"], one["sha256"]) == (
            len(content),
            hashlib.sha256(content).hexdigest(),
        )
    assert "900101" not in event.body, "what is never erased names no patient"
    report = verify_pack(str(pack.folder))
    assert [str(one) for one in report.findings if one.kind != "warning"] == []
    assert report.facts["reports"]["event"] == seq
    assert list((logs.folder.path / "asked").iterdir()) == []
    assert list((logs.folder.path / "signed").iterdir()) == []


def test_where_no_signer_runs_that_is_said_and_no_proof_is_left(logs, pack):
    with pytest.raises(ExportRefused, match=r"event \d+ is not signed.*crossfade run signer"):
        vouching(logs, steps=False).vouch(pack, SITI)
    assert not pack.proof.exists()
    assert verify_pack(str(pack.folder)).code == 2
    assert list((logs.folder.path / "asked").iterdir()) == []
    assert pack.begin(), "its bundle is whole, and it goes on"
    vouching(logs).vouch(pack, SITI)
    assert verify_pack(str(pack.folder)).code == 0


def test_a_whole_pack_is_not_written_over(logs, pack):
    vouching(logs).vouch(pack, SITI)
    with pytest.raises(ExportRefused, match="a whole pack is there"):
        pack.begin()


def test_a_bundle_of_something_else_is_not_taken_for_this_packs(pack):
    for other in (
        replace(pack, tenant="other"),
        replace(pack, to_us=LATER_US + 1),
        replace(pack, purpose="another"),
    ):
        with pytest.raises(ExportRefused, match="the bundle of another pack"):
            other.begin()
    pack.bundle.write_bytes(bundle(busy())[:-2000].replace(b"crossfade.export", b"x"))
    with pytest.raises(ExportRefused, match="no bundle"):
        pack.begin()


def test_a_bundle_that_is_still_being_made_is_gone_on_with(pack):
    work = pack.bundle.with_name("bundle.tar.work")
    work.mkdir()
    assert pack.begin() is False
