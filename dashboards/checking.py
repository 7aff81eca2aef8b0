"""Verifies a file that somebody brought, in a process of its own: `crossfade verify`, the command that auditors have.

The dashboard knows nothing of how bundles are made. What is brought may be made to harm whoever reads it, so the
process that does may take so much memory, time and output and no more, and few run at once. The file lies on the disk
without a name, readable by nobody else, and is gone with its last reader, also where both are killed.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from dashboards.questions import verification
from dashboards.questions.verification import Report
from dashboards.wire import NotUnderstood, read

AT_ONCE = 2
"""So many verifications run at a time; more are told to come again."""
WALL_S, PROCESSOR_S = 240.0, 120
MEMORY = 4 * 1024**3
"""Bytes of addresses: far more than a bundle needs, whose reader holds one line at a time, and less than a bomb takes."""
OUTPUT = 4 * 1024**2
_KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")
_UNUSABLE = 3
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Untried:
    """Why it could not be verified, and what to do."""

    sentence: str


def verify(
    content: bytes | memoryview, name: str, *, note: str = "", keys: str = ""
) -> Report | Untried:
    """What is wrong with a bundle or a proof; `note` is a checkpoint from before and `keys` a `keys.json`, "" for none."""
    if not _turns.acquire(blocking=False):
        return Untried("Other bundles are being verified. Try again in a minute.")
    try:
        with ExitStack() as open_files:
            return _verified(open_files, content, verification.named(name), note, keys)
    except OSError as error:
        why = error.strerror or "it failed"
        return Untried(f"The dashboard's machine could not hold the file: {why}. {COMMAND}")
    finally:
        _turns.release()


COMMAND = "Copy it to a machine with crossfade and run `crossfade verify FILE` there."


def _verified(
    files: ExitStack, content: bytes | memoryview, name: str, note: str, keys: str
) -> Report | Untried:
    bundle = _nameless(files, content)
    given = [bundle]
    words = ["verify", "--json"]
    for option, text in (("--old-checkpoint", note), ("--keys", keys)):
        if text.strip():
            held = _nameless(files, _ended(text).encode())
            given.append(held)
            words += [option, _path(held)]
    said, failed = _nameless(files), _nameless(files)
    code = _run([*words, _path(bundle)], given, said, failed)
    if code is None:
        return Untried(f"It took longer than {WALL_S:g} s. {COMMAND}")
    if code == _UNUSABLE:
        return Untried(
            _unusable(
                _text(failed), dict(zip(map(_path, given), _names(name, words), strict=True))
            )
        )
    return _report(_text(said), _path(bundle), name)


def _ended(text: str) -> str:
    """A note as it was signed: its last line has an end, which what is pasted may have lost."""
    return text.replace("\r\n", "\n").strip("\n") + "\n"


def _names(name: str, words: list[str]) -> list[str]:
    others = {"--old-checkpoint": "the old checkpoint", "--keys": "the keys"}
    return [name, *(others[word] for word in words if word in others)]


def _nameless(files: ExitStack, content: bytes | memoryview = b"") -> IO[bytes]:
    held = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    held.write(content)
    held.flush()
    held.seek(0)
    return held


def _path(file: IO[bytes]) -> str:
    return f"/dev/fd/{file.fileno()}"


def _run(
    words: list[str], given: list[IO[bytes]], said: IO[bytes], failed: IO[bytes]
) -> int | None:
    """The exit code; None where it was ended for taking too long."""
    # The limits are set from outside: nothing of this process runs between fork and exec.
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-P", "-m", "cutover.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=failed,
        pass_fds=[one.fileno() for one in given],
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
    )
    try:
        _limit(process.pid)
        return process.wait(WALL_S)
    except subprocess.TimeoutExpired:
        return None
    finally:
        process.kill()
        process.wait()


def _limit(pid: int) -> None:
    if not hasattr(resource, "prlimit"):
        return  # not Linux: the time it may take is all that bounds it
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR_S),
        (resource.RLIMIT_FSIZE, OUTPUT),
    ):
        try:
            resource.prlimit(pid, what, (most, most))
        except ProcessLookupError:
            return  # it has ended already
        except (PermissionError, ValueError):
            continue  # a lower limit is in force


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(OUTPUT).decode("utf-8", "replace")


def _unusable(said: str, names: dict[str, str]) -> str:
    """What the command says of a file that it could not try, by the names that people know."""
    line = next((each for each in said.splitlines() if each.strip()), "it said nothing")
    line = line.removeprefix("crossfade: ")
    for path, name in names.items():
        line = line.replace(path, name)
    return f"It could not be verified: {line}."


def _report(said: str, path: str, name: str) -> Report | Untried:
    try:
        body = verification.whose(json.loads(said), path, name)
        return read(Report, json.dumps(body).encode())
    except (ValueError, NotUnderstood):
        return Untried(
            f"The verification ended without an answer: it took more memory or time than it may. {COMMAND}"
        )
