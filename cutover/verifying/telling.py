"""What a verification says to people, and its command line. Standard library only."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import Any, NoReturn

from cutover.verifying.cells import harmless, utc
from cutover.verifying.checks import Kept, verify_bundle
from cutover.verifying.findings import (
    EXIT_USAGE,
    EXIT_VALID,
    GAP,
    TAMPERED,
    WARNING,
    Fault,
    Report,
)
from cutover.verifying.heads import origin_of_note
from cutover.verifying.keyring import Keyring
from cutover.verifying.packs import verify_pack
from cutover.verifying.single import PROOF_MOST, is_proof, verify_proof
from mirror.journal.signed.note import LONGEST_NOTE, NoteInvalid

USAGE = """\
verify.py BUNDLE.tar|PACK [--old-checkpoint NOTE]... [--keys KEYS.json] [--json]

Checks an export of crossfade offline; it needs Python 3.9 or newer and nothing else.

  BUNDLE.tar            the export, or a proof that `crossfade prove` wrote
  PACK                  the folder that `crossfade report pack` wrote: its bundle, and every report in it
  --old-checkpoint NOTE a checkpoint that you kept from before: shows that the log was not written anew
  --keys KEYS.json      the public keys that you were given on another way
  --json                everything as one JSON object

Exit code 0: valid. 1: tampered; what is wrong is named. 2: something is missing, or there is nothing.
3: it could not be tried.
"""
_KEYS_FILE_MOST = 4 * 1024 * 1024
_OTHER_FILES = {
    b"\x1f\x8b": "compressed with gzip; run gunzip first",
    b"PK\x03\x04": "a zip file",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"%PDF": "a PDF file",
}
_PLURAL = re.compile(r"s\b")
_WORDS = {TAMPERED: "TAMPERED", GAP: "MISSING", WARNING: "note"}
_VERDICTS = {
    0: "VALID: nothing was changed, and nothing is missing.",
    1: "TAMPERED: this is not what crossfade wrote.",
    2: "NOT WHOLE: something is missing, or cannot be told from what is here.",
}


_NO_MEMORY = (
    "a file in it needs more memory than there is. Those of crossfade need some 30 MB: it is none of ours, or this "
    "machine has too little"
)
_NO_NOTES = (
    "{path}: a proof, which says nothing of the checkpoint that you keep. Ask for a bundle, or for the proof that the log of "
    "today extends yours (`crossfade prove --consistency NOTE`), and verify that without --old-checkpoint"
)


class Unusable(Exception):
    """It could not be tried; the message says why and what to do."""


class Asked:
    """What a command line asks for."""

    def __init__(self, words: list[str]) -> None:
        """Raises Unusable."""
        self.bundle, self.keys, self.as_json = "", "", False
        self.notes: list[str] = []
        left = list(words)
        while left:
            word = left.pop(0)
            if word == "--json":
                self.as_json = True
            elif word in ("--old-checkpoint", "--keys"):
                if not left:
                    raise Unusable(f"{word} needs a file")
                self._file(word, left.pop(0))
            elif word.startswith("-") or self.bundle:
                raise Unusable(f"{word!r} is not understood")
            else:
                self.bundle = word
        if not self.bundle:
            raise Unusable("no bundle is named")

    def _file(self, option: str, path: str) -> None:
        if option == "--keys":
            self.keys = path
        else:
            self.notes.append(path)


def _keys_of(path: str) -> bytes:
    """The keys that a reader was given. Raises Unusable."""
    text = _small(path, _KEYS_FILE_MOST)
    try:
        Keyring.read(text, "--keys")
    except Fault as fault:
        raise Unusable(f"{path}: {fault.what}; --keys takes a keys.json") from None
    return text


def verified(path: str, notes: tuple[str, ...] = (), keys: str = "", bar: Any = None) -> Report:
    """What is wrong with the bundle, the proof or the pack at a path. Raises Unusable where it cannot be tried."""
    pinned = _keys_of(keys) if keys else None
    kept = tuple([(note, _small(note, LONGEST_NOTE)) for note in notes])
    try:
        report = _looked_at(path, kept, pinned, bar or (lambda done, of: None))
    except OSError as error:
        raise Unusable(f"{error.filename or path}: {error.strerror or error}") from None
    except MemoryError:
        raise Unusable(f"{path}: {_NO_MEMORY}") from None
    _of_this_log(kept, report)
    return report


def _looked_at(path: str, kept: tuple[Kept, ...], pinned: bytes | None, bar: Any) -> Report:
    if os.path.isdir(path):
        return verify_pack(path, kept, pinned, bar)
    with open(path, "rb") as file:
        start = file.read(512)
        if is_proof(start):
            if kept:  # nothing of it was looked at: to answer VALID would be taken for more
                raise Unusable(_NO_NOTES.format(path=path))
            return verify_proof(start + file.read(PROOF_MOST), path, pinned)
        _is_bundle(start, path)
        if not file.seekable():
            raise Unusable(f"{path}: a pipe; save it to a file first")
        return verify_bundle(file, kept, pinned, bar)


def report_lines(report: Report, path: str) -> list[str]:
    """A report as lines for people; nothing in them acts on a terminal."""
    facts = report.facts
    lines = [f"{path}"]
    if "first_seq" in facts:
        lines.append(
            f"  log {facts['origin']}, events {facts['first_seq']:,} to {facts['last_seq']:,} "
            f"({utc(facts['from_us'])} to {utc(facts['to_us'])}), profile {facts['profile']}"
        )
    if "end_size" in facts:
        lines.append(f"  signed up to event {facts['end_size']:,}, root {facts['end_root']}")
    if "reports" in facts:
        told = facts["reports"]
        lines.append(
            f"  reports listed by event {told['event']:,} of {utc(told['at_us'])}, by {told['by']}; signed up to event "
            f"{told['end_size']:,}, root {told['end_root']}"
        )
    lines += [
        f"  signed by key {one['id']}, public {one['public']}"
        + (f", revoked {utc(one['revoked_us'])}" if one.get("revoked_us") else "")
        for one in facts.get("keys", [])
    ]
    seen = [_seen(many, what) for what, many in report.checked.items() if many]
    lines += [f"  looked at: {', '.join(seen)}"] if seen else []
    for kind in (TAMPERED, GAP, WARNING):
        found = [one for one in report.findings if one.kind == kind]
        lines += [f"{_WORDS[kind]}: [{one.check}] {one}" for one in found]
        if more := report.count(kind) - len(found):
            lines.append(f"{_WORDS[kind]}: and {more:,} more")
    lines.append(_VERDICTS[report.code])
    return [harmless(line) for line in lines]


def _seen(many: int, what: str) -> str:
    """So many of something, which is named as of many: `events of before`, `consistency proofs`."""
    return f"{many:,} {_PLURAL.sub('', what, count=1) if many == 1 else what}"


def main(words: list[str] | None = None) -> int:
    """Verifies what the command line names, and gives the exit code."""
    words = sys.argv[1:] if words is None else words
    _survive(sys.stdout)
    _survive(sys.stderr)
    if "-h" in words or "--help" in words:
        sys.stdout.write(USAGE)
        return EXIT_VALID
    try:
        asked = Asked(words)
        report = verified(asked.bundle, tuple(asked.notes), asked.keys, terminal_bar())
    except Unusable as error:
        sys.stderr.write(f"verify: {harmless(str(error))}\n\n{USAGE}")
        return EXIT_USAGE
    if asked.as_json:
        said: dict[str, Any] = {"file": asked.bundle, **report.body()}
        sys.stdout.write(json.dumps(said) + "\n")
    else:
        sys.stdout.write("\n".join(report_lines(report, asked.bundle)) + "\n")
    return report.code


def run() -> NoReturn:
    """The command itself."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on, as under `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_USAGE
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _is_bundle(start: bytes, path: str) -> None:
    for magic, what in _OTHER_FILES.items():
        if start.startswith(magic):
            raise Unusable(f"{path}: {what}; a bundle is a plain .tar")


def _of_this_log(kept: tuple[Kept, ...], report: Report) -> None:
    """Raises Unusable where a kept note is of another log than the bundle: that says nothing of either."""
    for name, text in kept:
        try:
            origin = origin_of_note(text)
        except NoteInvalid as error:
            raise Unusable(f"{name}: not a checkpoint: {error}") from None
        mine = report.facts.get("origin", origin)
        if origin != mine:
            raise Unusable(f"{name}: a checkpoint of {origin}, and the bundle is of {mine}")


def _small(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as file:
            text = file.read(most + 1)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror or error}") from None
    if len(text) > most:
        raise Unusable(f"{path}: longer than {most:,} bytes")
    return text


def _survive(stream: Any) -> None:
    """A terminal that cannot show a letter shows its number."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def terminal_bar() -> Any:
    """Tells on a terminal how far it is, once a second at most."""
    if not sys.stderr.isatty():
        return None
    last = [time.monotonic()]

    def tell(done: int, of: int) -> None:
        if time.monotonic() - last[0] < 1:
            return
        last[0] = time.monotonic()
        sys.stderr.write(f"\r{done:,} of {of:,} events\r")
        sys.stderr.flush()

    return tell
