"""A disk that fills while an export is made, as a real one does: a file system of a few kilobytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.trail import export

pytestmark = [pytest.mark.deep, pytest.mark.needs("tmpfs")]
ROOT = Path(__file__).parents[2]
EVENTS = 300


@pytest.fixture
def disk(tmp_path):
    """A file system of 64 kB, and what makes it another size."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=64k", "none", place)
    yield place, lambda size: mount("-o", f"remount,size={size}", place)
    subprocess.run(["umount", "--lazy", place], check=True)


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def crossfade(*words):
    return subprocess.run(
        [sys.executable, "-m", "cutover.cli", *map(str, words)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip


def test_a_disk_that_fills_at_any_step_leaves_nothing_that_looks_whole_and_the_export_goes_on(
    home, disk, tmp_path
):
    place, resized = disk
    export.filled(home, EVENTS, lambda text: None)
    out = place / "b.tar"
    words = ["export", "--data", home.path, "--tenant", export.TENANT, "--purpose", "a drill"]
    words += ["--from", "2026-09-01", "--to", "2026-10-31", "--out", out]
    steps = set()
    with export.signing(home, tmp_path / "signer.log"):
        for kilobytes in (64, 128, 256, 400, 600, 900, 1400):
            resized(f"{kilobytes}k")
            done = crossfade(*words)
            if done.returncode == 0:
                break
            assert done.returncode == 2, done.stderr
            assert "no space left" in done.stderr
            assert "goes on where it stopped" in done.stderr
            assert "Traceback" not in done.stderr
            assert [one.name for one in place.iterdir()] == ["b.tar.work"]
            steps.add(tuple(sorted(one.name for one in (place / "b.tar.work").iterdir())))
        if done.returncode:
            resized("64m")
            done = crossfade(*words)
    assert len(steps) > 1, "it stopped at one step only"
    assert done.returncode == 0, done.stderr
    assert [one.name for one in place.iterdir()] == ["b.tar"]
    checked = crossfade("verify", out)
    assert (checked.returncode, "VALID" in checked.stdout) == (0, True)
