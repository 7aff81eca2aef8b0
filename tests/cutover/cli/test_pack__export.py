"""`crossfade report pack`, with the export itself and a signer that works beside it."""

import threading

import pytest
from click.testing import CliRunner
from signed_logs import Logs

from cutover.cli.report import report
from cutover.cli.verify import verify
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


def test_the_bundle_of_a_pack_is_verified_by_the_other_command(home, signing, tmp_path):
    out = tmp_path / "pack"
    told = ["pack", "--tenant", "clinic", "--quarter", "2025Q4", "--out", str(out)]
    done = CliRunner().invoke(report, [*told, "--data", str(home.path)])
    assert done.exit_code == 0, done.output + done.stderr
    done = CliRunner().invoke(verify, [str(out / "bundle.tar")])
    assert (done.exit_code, "VALID" in done.output) == (0, True), done.output
    assert (out / "egress.csv").exists()
