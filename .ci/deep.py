"""Runs the deep tests that this machine can run, and says which it could not and why.

    python .ci/deep.py [pytest arguments]   run them; the exit code is not 0 only when one failed
    python .ci/deep.py --missing            print the Debian packages that would let more of them run

Installs nothing. A test says what it needs: `@pytest.mark.deep` and `@pytest.mark.needs("chromium")`.
Those that only reckon, `@pytest.mark.reckons`, run on another core beside the rest: they wait for nobody, and
nobody's time is measured by them. With arguments of its own all run in one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _program(*names: str) -> bool:
    return any(shutil.which(name) for name in names)


def _mounts() -> bool:
    """Whether this one may mount a file system; root in a container often may not."""
    if not _program("unshare"):
        return False
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    done = subprocess.run(tried, capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0


def _runs(name: str) -> bool:
    """Whether a program is there and starts; a version manager leaves names that do not."""
    found = shutil.which(name)
    if found is None:
        return False
    said = subprocess.run([found, "--version"], capture_output=True, check=False)  # noqa: S603
    return said.returncode == 0


# What tests may need -> (whether it is here, what brings it).
NEEDS = {
    "chromium": (
        _program("chromium", "chromium-browser", "google-chrome"),
        "apt-get install -y chromium",
    ),
    "strace": (_program("strace"), "apt-get install -y strace"),
    "litellm": (
        "LITELLM_VENV" in os.environ or Path(sys.executable).with_name("uv").exists(),
        "install the locked packages, of which uv makes LiteLLM a place of its own",
    ),
    "haproxy": (
        _program("haproxy", "/usr/sbin/haproxy"),
        "apt-get install -y haproxy",
    ),
    "nft": (
        _program("nft", "/usr/sbin/nft") and _program("ip", "/usr/sbin/ip"),
        "apt-get install -y nftables",
    ),
    "promtool": (
        _program("promtool"),
        "apt-get install -y --no-install-recommends prometheus",
    ),
    "python3.9": (_runs("python3.9"), "install that old Python; auditors may have it"),
    "tmpfs": (_mounts(), "run it as root, where it may mount file systems"),
    "root": (hasattr(os, "geteuid") and os.geteuid() == 0, "run it as root"),
}


class OnlyWhatCanRun:
    """A pytest plugin that leaves out deep tests whose needs are not met, and remembers them."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.left_out: list[tuple[str, str]] = []
        self.unknown: set[str] = set()

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keeps what this machine has everything for."""
        kept, left_out = [], []
        for item in items:
            missing = self._missing(item)
            (left_out if missing else kept).append(item)
            if missing:
                self.left_out.append((item.nodeid, ", ".join(missing)))
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)

    def _missing(self, item: pytest.Item) -> list[str]:
        needs = [need for mark in item.iter_markers("needs") for need in mark.args]
        self.unknown |= {need for need in needs if need not in NEEDS}
        return [need for need in needs if not NEEDS.get(need, (False, ""))[0]]


@contextmanager
def _reckoning() -> Iterator[subprocess.Popen[bytes]]:
    """Runs what only reckons beside the rest; at the end all that it said is printed."""
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "deep and reckons",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            yield beside
        except BaseException:
            beside.terminate()
            raise
        finally:
            beside.wait()
            said.seek(0)
            print(
                "deep: beside the rest, what only reckons:",
                said.read().decode(errors="replace"),
                sep="\n",
            )


def main(arguments: list[str]) -> int:
    """Runs the tests and tells what came of it."""
    if "--missing" in arguments:
        installs = [
            how for here, how in NEEDS.values() if not here and how.startswith("apt-get")
        ]
        print(" ".join(how.rsplit(" ", 1)[1] for how in installs))
        return 0
    for need, (here, how) in NEEDS.items():
        print(f"deep: {need:<9} {'here' if here else f'missing; to have it: {how}'}")
    plugin = OnlyWhatCanRun()
    if arguments:
        code = int(pytest.main(["-m", "deep", "-q", *arguments], plugins=[plugin]))
    else:
        with _reckoning() as beside:
            code = int(pytest.main(["-m", "deep and not reckons", "-q"], plugins=[plugin]))
            code = code or beside.wait()
    for test, missing in plugin.left_out:
        print(f"deep: not run, no {missing}: {test}")
    for need in sorted(plugin.unknown):
        print(f"deep: nobody knows what {need!r} is; name it in NEEDS of .ci/deep.py")
    if plugin.unknown:
        return 1
    nothing = code == pytest.ExitCode.NO_TESTS_COLLECTED
    count = len(plugin.left_out)
    print(
        f"deep: {_outcome(code)}; {count} could not run here" + (", see above" if count else "")
    )
    return 0 if nothing else code


def _outcome(code: int) -> str:
    match code:
        case pytest.ExitCode.OK:
            return "everything that could run passed"
        case pytest.ExitCode.NO_TESTS_COLLECTED:
            return "there was nothing to run"
        case _:
            return "something failed, see pytest's last lines"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
