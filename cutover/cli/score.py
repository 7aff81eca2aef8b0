"""`crossfade score`: compares recorded pairs of answers, one JSON object a line in and out."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from compare.comparison import Comparison
from cutover.cli.options import fail
from policies.encoders import EncoderKind, LocalEncoder
from policies.policy import Route

if TYPE_CHECKING:
    from compare.cases import Case
    from compare.score import Scorer

BATCH = 32
SHOWN = 10


@click.command()
@click.option(
    "--pairs", required=True, metavar="IN.jsonl",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One object a line: id, route, input, primary, candidate; reask where there is one. Texts or whole bodies.",
)  # fmt: skip
@click.option(
    "--out", required=True, metavar="OUT.jsonl",
    type=click.Path(dir_okay=False, path_type=Path), help="Written whole, or not at all.",
)  # fmt: skip
@click.option(
    "--route", type=click.Choice([route.value for route in Route]),
    help="Of lines that name none.",
)  # fmt: skip
@click.option(
    "--encoder", "kinds", multiple=True, type=click.Choice([kind.value for kind in EncoderKind]),
    help="Instead of this machine's; the one to ask first first.",
)  # fmt: skip
def score(pairs: Path, out: Path, route: str | None, kinds: tuple[str, ...]) -> None:
    """Compare recorded answers: equivalence, flags with their evidence, and signals."""
    from compare.encoders import WeightsError

    count = _checked(pairs, route)
    try:
        if out.exists() and out.samefile(pairs):
            fail(
                f"--out {out}: is the file of --pairs, which would be lost; choose another file"
            )
        scorer = _scorer(kinds)
        with _written_whole(out) as opened:
            _score(pairs, count, scorer, opened, route)
    except WeightsError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{out}: {error.strerror}; choose another file with --out")
    click.echo(f"{count} pairs scored by {scorer.comparators}: {out}")


def _scorer(kinds: Sequence[str]) -> Scorer:
    from compare import encoders
    from compare.score import Scorer

    return Scorer(encoders.load([LocalEncoder(kind=EncoderKind(kind)) for kind in kinds]))


def _checked(pairs: Path, route: str | None) -> int:
    """The number of pairs. Ends the command where a line is broken: nothing is scored by half."""
    from compare.recorded import NEEDED, BrokenLine, parse

    faults, count = [], 0
    for number, line in _lines(pairs):
        count += 1
        try:
            parse(line, route)
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


def _score(pairs: Path, count: int, scorer: Scorer, opened: IO[str], route: str | None) -> None:
    from rich.console import Console
    from rich.progress import track

    from compare.recorded import parse

    cases = (parse(line, route) for _, line in _lines(pairs))
    batches = itertools.batched(cases, BATCH)
    steps = track(
        batches,
        description="scoring",
        total=-(-count // BATCH),
        console=Console(stderr=True),
        transient=True,
    )
    for batch in steps:
        for case, comparison in zip(batch, _scored(scorer, batch), strict=True):
            said = _object(comparison, asked_again=case.again is not None)
            opened.write(json.dumps(said, ensure_ascii=False) + "\n")


def _scored(scorer: Scorer, batch: Sequence[Case]) -> list[Comparison]:
    """A comparison each. A pair that breaks a comparator has none of its own, and costs no other its."""
    from compare.encoders import WeightsError

    try:
        return scorer.score(batch)
    except WeightsError:
        raise
    except Exception as fault:  # a comparator's: the worker gives such an exchange up as well
        if len(batch) > 1:
            return [found for case in batch for found in _scored(scorer, [case])]
        return [_given_up(batch[0], fault, scorer.comparators)]


def _given_up(case: Case, fault: Exception, comparators: str) -> Comparison:
    click.echo(
        f"{case.id}: not scored, a comparator broke on it ({type(fault).__name__}); "
        "please report it with this pair",
        err=True,
    )
    return Comparison(
        exchange_id=case.id,
        attribution=case.attribution,
        equivalence=None,
        noise_floor=None,
        missing=f"score_error:{type(fault).__name__}",
        flags=case.found.flags,
        signals={},
        performance=case.performance,
        comparators=comparators,
    )


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
