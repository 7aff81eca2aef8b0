"""Runs the deep tests that this machine can run, and says which it could not and why.

    python .ci/deep.py [pytest arguments]   run them; the exit code is not 0 only when one failed
    python .ci/deep.py --missing            print the Debian packages that would let more of them run

Installs nothing. A test says what it needs: `@pytest.mark.deep` and `@pytest.mark.needs("chromium")`.
They run in two processes side by side, a file's tests in one of them. The files whose tests may take longest,
`@pytest.mark.timeout`, begin first: what is left at the end is short, so both end at about the same time.
With arguments of its own all run in one process, in pytest's order.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

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
    """A pytest plugin that leaves out deep tests whose needs are not met, and remembers them.

    Where pytest-xdist collects in processes of its own, they tell at their end what they left out.
    """

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.left_out: dict[str, str] = {}
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
                self.left_out[item.nodeid] = ", ".join(missing)
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)

    def _missing(self, item: pytest.Item) -> list[str]:
        needs = [need for mark in item.iter_markers("needs") for need in mark.args]
        self.unknown |= {need for need in needs if need not in NEEDS}
        return [need for need in needs if not NEEDS.get(need, (False, ""))[0]]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """One of the processes has ended: what it left out, each of them the same."""
        told = getattr(node, "workeroutput", {})
        self.left_out |= told.get("left_out", {})
        self.unknown |= set(told.get("unknown", []))


class OneOfTwo(OnlyWhatCanRun):
    """The same in one of two processes, with the files that may take longest at the front."""

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keeps what can run, file by file."""
        super().pytest_collection_modifyitems(config, items)
        limits: dict[Path, float] = {}
        for item in items:
            limits[item.path] = max(limits.get(item.path, 0.0), _limit_s(item))
        items.sort(key=lambda item: (-limits[item.path], item.path))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tells the process that began this one what was left out."""
        output = cast("dict[str, object]", vars(session.config)["workeroutput"])
        output |= {"left_out": self.left_out, "unknown": sorted(self.unknown)}


def _limit_s(item: pytest.Item) -> float:
    """How long a test may take, in seconds; 0 where it says nothing of its own."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark and mark.args else 0.0


def pytest_configure(config: pytest.Config) -> None:
    """Makes this file a plugin by its name, `-p deep`: how it gets into processes that xdist begins."""
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(OneOfTwo())


# `loadfile` and no order of its own: a process that is through takes the next file in ours.
SIDE_BY_SIDE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


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
    words = arguments or SIDE_BY_SIDE
    code = int(pytest.main(["-m", "deep", "-q", "-p", "deep", *words], plugins=[plugin]))
    for test, missing in sorted(plugin.left_out.items()):
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
