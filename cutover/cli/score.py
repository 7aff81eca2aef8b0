"""`crossfade score`: compares recorded pairs of answers, one JSON object a line in and out."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from compare.comparison import Comparison, Pair
from cutover.cli.options import fail
from policies.policy import Route

if TYPE_CHECKING:
    from compare.cases import Case
    from compare.score import Scorer

BATCH = 32
SHOWN = 10
NEEDED = ("id", "route", "input", "primary", "candidate")
ROUTES = tuple(route.value for route in Route)


class BrokenLine(ValueError):
    """A line that is not a pair of answers; the message says what to mend."""


@click.command()
@click.option(
    "--pairs", required=True, metavar="IN.jsonl",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One object a line: id, route, input, primary, candidate; reask where there is one.",
)  # fmt: skip
@click.option(
    "--out", required=True, metavar="OUT.jsonl",
    type=click.Path(dir_okay=False, path_type=Path), help="Written whole, or not at all.",
)  # fmt: skip
def score(pairs: Path, out: Path) -> None:
    """Compare recorded answers: equivalence, flags with their evidence, and signals."""
    from compare.encoders import WeightsError

    count = _checked(pairs)
    try:
        if out.exists() and out.samefile(pairs):
            fail(
                f"--out {out}: is the file of --pairs, which would be lost; choose another file"
            )
        scorer = _scorer()
        with _written_whole(out) as opened:
            _score(pairs, count, scorer, opened)
    except WeightsError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{out}: {error.strerror}; choose another file with --out")
    click.echo(f"{count} pairs scored by {scorer.comparators}: {out}")


def _scorer() -> Scorer:
    from compare import encoders
    from compare.score import Scorer

    return Scorer(encoders.load())


def _checked(pairs: Path) -> int:
    """The number of pairs. Ends the command where a line is broken: nothing is scored by half."""
    faults, count = [], 0
    for number, line in _lines(pairs):
        count += 1
        try:
            parse(line)
        except BrokenLine as fault:
            faults.append(f"{pairs}:{number}: {fault}")
    if faults:
        more = [f"... and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        fail("\n".join([*faults[:SHOWN], *more]))
    if not count:
        fail(f"{pairs}: no pairs; every line is an object with {', '.join(NEEDED)}")
    return count


def _lines(pairs: Path) -> Iterator[tuple[int, bytes]]:
    with pairs.open("rb") as opened:
        for number, line in enumerate(opened, start=1):
            if line.strip():
                yield number, line


def parse(line: bytes) -> Case:
    """The case of one line. Raises `BrokenLine`."""
    from compare.cases import of_texts

    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BrokenLine(f"not JSON ({error}); write one object a line") from error
    if not isinstance(found, dict):
        raise BrokenLine("not an object; write one object a line")
    for name in NEEDED:
        if not isinstance(found.get(name), str):
            what = "is missing" if name not in found else "is not a text"
            raise BrokenLine(f"`{name}` {what}; a pair has {', '.join(NEEDED)}")
    if found["route"] not in ROUTES:
        raise BrokenLine(f"route {found['route']!r} is unknown; one of {', '.join(ROUTES)}")
    reask = found.get("reask")
    if reask is not None and not isinstance(reask, str):
        raise BrokenLine(
            "`reask` is not a text; it is the primary's second answer, or left out"
        )
    pair = Pair(found["route"], found["input"], found["primary"], found["candidate"])
    return of_texts(found["id"], pair, reask)


def _score(pairs: Path, count: int, scorer: Scorer, opened: IO[str]) -> None:
    from rich.console import Console
    from rich.progress import track

    cases = (parse(line) for _, line in _lines(pairs))
    batches = itertools.batched(cases, BATCH)
    steps = track(
        batches,
        description="scoring",
        total=-(-count // BATCH),
        console=Console(stderr=True),
        transient=True,
    )
    for batch in steps:
        for case, comparison in zip(batch, scorer.score(batch), strict=True):
            said = _object(comparison, asked_again=case.reask is not None)
            opened.write(json.dumps(said, ensure_ascii=False) + "\n")


def _object(comparison: Comparison, *, asked_again: bool) -> dict[str, object]:
    said: dict[str, object] = {
        "id": comparison.exchange_id,
        "equivalence": _rounded(comparison.equivalence),
        "flags": [
            {"code": flag.code, "severity": flag.severity.value, "evidence": flag.evidence}
            for flag in comparison.flags
        ],
        "signals": comparison.signals,
        "performance": asdict(comparison.performance),
    }
    if asked_again:
        said["noise_floor"] = _rounded(comparison.noise_floor)
    if comparison.missing:
        said["missing"] = comparison.missing
    return said


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)


@contextmanager
def _written_whole(out: Path) -> Iterator[IO[str]]:
    """A file that takes its name only when it is complete."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", errors="backslashreplace") as opened:
            yield opened
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
