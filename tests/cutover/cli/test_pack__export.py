"""`crossfade report pack`, with the export itself and a signer that works beside it."""

import subprocess
import sys
import tarfile
import threading
import time

import pytest
from click.testing import CliRunner
from signed_logs import Logs

from cutover.cli import pack as module
from cutover.cli.report import report
from cutover.cli.verify import verify
from cutover.exports import packed
from cutover.verifying.packs import PACK_FILES
from mirror.journal.store import Store


@pytest.fixture
def signing(home):
    """A log of some events, and its signer, pass after pass, until the test ends."""
    store = Store.open(home.store_url)
    logs = Logs(home, store)
    logs.append(count=4)
    logs.step()
    ends = threading.Event()

    def work():
        while not ends.wait(0.05):
            logs.step(60)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ends.set()
    thread.join()
    store.close()


def pack(home, out, code=0):
    told = ["pack", "--tenant", "clinic", "--quarter", "2025Q4", "--out", str(out)]
    done = CliRunner().invoke(report, [*told, "--data", str(home.path)])
    assert done.exit_code == code, done.output + done.stderr
    return done


def verified(path, code):
    done = CliRunner().invoke(verify, [str(path)])
    assert done.exit_code == code, done.output
    return done.output


def test_a_pack_is_verified_by_the_other_command_and_by_who_has_only_python(
    home, signing, tmp_path
):
    out = tmp_path / "pack"
    assert "reports.proof.json proves it" in pack(home, out).output
    assert "VALID" in verified(out / "bundle.tar", 0)
    assert "VALID" in verified(out / "reports.proof.json", 0)
    assert "reports listed by event" in verified(out, 0)
    assert {one.name for one in out.iterdir()} == {*PACK_FILES, "reports.proof.json"}
    assert {one.stat().st_mode & 0o777 for one in out.iterdir()} == {0o600}
    with tarfile.open(out / "bundle.tar") as bundle:
        bundle.extract("verify.py", tmp_path, filter="data")
    (out / "egress.csv").write_text("nothing left")
    assert "TAMPERED: [reports] egress.csv: 12 bytes" in verified(out, 1)
    command = [sys.executable, "-I", "-W", "error", str(tmp_path / "verify.py"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "TAMPERED: [reports] egress.csv" in done.stdout) == (1, True), done
    (out / "egress.csv").unlink()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "MISSING: [reports] egress.csv" in done.stdout) == (2, True), done


def test_a_pack_that_was_killed_before_its_proof_is_not_whole_and_the_same_command_goes_on(
    home, signing, tmp_path, monkeypatch
):
    out = tmp_path / "pack"

    def killed(*_):
        raise SystemExit(-9)

    with monkeypatch.context() as patched:
        patched.setattr(packed.Vouching, "_told", killed)
        pack(home, out, code=-9)
    assert "MISSING: [reports] reports.proof.json" in verified(out, 2)
    before = (out / "bundle.tar").read_bytes()
    monkeypatch.setattr(module, "begun", lambda *_: pytest.fail("its bundle is whole"))
    pack(home, out)
    assert (out / "bundle.tar").read_bytes() == before
    verified(out, 0)
    assert "a whole pack is there" in pack(home, out, code=2).stderr
    verified(out, 0)


def test_where_the_signer_ended_meanwhile_the_pack_says_so_and_is_not_whole(
    home, signing, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "_WAIT_S", 0.0)
    said = pack(home, tmp_path / "pack", code=2).stderr
    assert "crossfade run signer" in said and "run the same command again" in said
    verified(tmp_path / "pack", 2)


@pytest.mark.deep
def test_killed_at_any_file_a_pack_is_not_whole_and_the_same_command_makes_it_so(
    home, signing, tmp_path
):
    out = tmp_path / "pack"
    words = ["report", "pack", "--tenant", "clinic", "--quarter", "2025Q4", "--out", str(out)]
    command = [sys.executable, "-m", "cutover.cli", *words, "--data", str(home.path)]
    for seen in ("access.json", "bundle.tar.work", "promotion.csv", "bundle.tar"):
        process = subprocess.Popen(command)
        ends = time.monotonic() + 120
        while not (out / seen).exists() and time.monotonic() < ends:
            time.sleep(0.005)
        process.kill()
        process.wait()
        assert (out / seen).exists()
        verified(out, 2)
    pack(home, out)
    verified(out, 0)
    assert {one.name for one in out.iterdir()} == {*PACK_FILES, "reports.proof.json"}
