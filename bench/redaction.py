"""How much of what names a patient is found, and how much else: on texts of our own, written and generated.

    python bench/redaction.py

Prints the table of docs/redaction.md and writes bench/results/redaction.json. A mark counts as found where what was
found of its kind covers all of its letters and digits; what was found and overlaps no mark is false.
"""

from __future__ import annotations

import json
import platform
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from mirror.redaction.redact import Kind, find  # noqa: E402

WRITTEN = ROOT / "tests" / "mirror" / "redaction" / "written.txt"
RESULT = ROOT / "bench" / "results" / "redaction.json"
GENERATED = 3_000
_MARK = re.compile(r"\{(mykad|phone|email|passport|mrn|address):([^}]*)\}")

_FRAMES = (
    "Pesakit {mykad}, MRN {mrn}, datang dengan demam 3 hari. Telefon {phone}.",
    "Alamat surat-menyurat: {address}. Hubungi {phone} atau {email}.",
    "Seen today, NRIC {mykad}; BP 128/76, HbA1c 6.9 %, review in 3 months.",
    "Lives at {address}; next of kin {phone}; results to {email}.",
    "Passport {passport}, MRN: {mrn}, dengue day 4, platelet 98, Hct 44.",
    "身份证{mykad}，电话{phone}，主诉咳嗽五天，体温38.1度。",
    "病历号：{mrn}，护照号码：{passport}，请复诊。",
    "Ubat: metformin 500 mg BD, amlodipine 5 mg OD; timbang 71.5 kg; ulang 12/2026.",
    "Order 4410021 collected 14:35, SpO2 98 %, weight 71.5 kg, lot FK0892.",
)
_WAYS = ("Jalan", "Jln", "Lorong", "Persiaran", "Lebuh")
_NAMES = (
    "Ampang",
    "Tun Razak",
    "Sultan Ismail",
    "Bukit Bintang",
    "Merbau 3/2",
    "SS2/24",
    "Kenari",
)
_PARTS = ("Taman Melati", "Taman Sri Muda", "Kampung Baru", "Bandar Utama", "Desa Petaling")
_TOWNS = (
    "53100 Kuala Lumpur",
    "47300 Petaling Jaya, Selangor",
    "11900 Bayan Lepas, Pulau Pinang",
    "80000 Johor Bahru, Johor",
    "93350 Kuching, Sarawak",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A text, and what in it names a patient: kind, start and end."""

    text: str
    marks: tuple[tuple[str, int, int], ...]


def case_of(marked: str) -> Case:
    """A case of a text with marks."""
    text, marks, at = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[at : mark.start()]
        marks.append((mark[1], len(text), len(text) + len(mark[2])))
        text, at = text + mark[2], mark.end()
    return Case(text + marked[at:], tuple(marks))


def written() -> list[Case]:
    """Those of the file."""
    lines = WRITTEN.read_text().splitlines()
    return [case_of(line) for line in lines if line and not line.startswith("#")]


def generated(seed: int = 7, count: int = GENERATED) -> Iterator[Case]:
    """The same for the same seed: identifiers of every form in sentences of three languages."""
    rng = random.Random(seed)
    for _ in range(count):
        frame = rng.choice(_FRAMES)
        yield case_of(re.sub(r"\{(\w+)\}", lambda m: f"{{{m[1]}:{_VALUES[m[1]](rng)}}}", frame))


def _mykad(rng: random.Random) -> str:
    day = f"{rng.randrange(100):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    place, rest = (
        f"{rng.choice([*range(1, 17), *range(21, 60), 82]):02}",
        f"{rng.randrange(10_000):04}",
    )
    return rng.choice(("-", "", " ")).join((day, place, rest))


def _phone(rng: random.Random) -> str:
    tail = f"{rng.randrange(10**7):07}"
    mobile = f"1{rng.choice('0236789')}"
    return rng.choice(
        (
            f"0{mobile}-{tail[:3]} {tail[3:]}",
            f"0{mobile}{tail}",
            f"+60{mobile}{tail}",
            f"+60 {mobile}-{tail}",
            f"60{mobile}{tail}",
            f"03-{tail[:4]} {tail[3:]}",
        )
    )


def _address(rng: random.Random) -> str:
    number = rng.choice(("No 12", "27", "Lot 45", "12A", "B-3-11"))
    way = f"{rng.choice(_WAYS)} {rng.choice(_NAMES)}"
    return f"{number}, {way}, {rng.choice(_PARTS)}, {rng.choice(_TOWNS)}"


_VALUES = {
    "mykad": _mykad,
    "phone": _phone,
    "address": _address,
    "email": lambda rng: (
        f"{rng.choice(('siti', 'dr.lim', 'a_wong'))}{rng.randrange(99)}@klinik.com.my"
    ),
    "passport": lambda rng: f"{rng.choice('AHKBEG')}{rng.randrange(10**8):08}",
    "mrn": lambda rng: rng.choice(
        (f"{rng.randrange(10**7):07}", f"HKL/{rng.randrange(10**6):06}")
    ),
}


def measured(cases: list[Case]) -> dict[str, tuple[int, int, int, int]]:
    """By kind: marks, those found, findings, those false."""
    marks, hits, found, false = Counter(), Counter(), Counter(), Counter()
    for case in cases:
        seen = find(case.text)
        for kind, start, end in case.marks:
            marks[kind] += 1
            hits[kind] += any(one.start <= start and end <= one.end for one in seen)
        for one in seen:
            found[one.kind.value] += 1
            false[one.kind.value] += not any(
                s < one.end and one.start < e for _, s, e in case.marks
            )
    return {k.value: (marks[k], hits[k], found[k], false[k]) for k in Kind}


def main() -> None:
    """Measures, prints, writes."""
    rows = []
    print("| set | kind | marks | recall | findings | precision |\n|---|---|---|---|---|---|")
    for name, cases in (("written", written()), ("generated", list(generated()))):
        for kind, (marks, hits, found, false) in measured(cases).items():
            recall, precision = hits / max(marks, 1), 1 - false / max(found, 1)
            print(f"| {name} | {kind} | {marks} | {recall:.3f} | {found} | {precision:.3f} |")
            for what, value, target in (("recall", recall, 0.9), ("precision", precision, 0.9)):
                rows.append(
                    {
                        "name": f"{what}_{name}_{kind}",
                        "value": round(value, 4),
                        "unit": "share",
                        "target": target,
                        "holds": value >= target,
                    }
                )
    told = {
        "machine": platform.machine(),
        "versions": {"python": platform.python_version()},
        "rows": rows,
    }
    RESULT.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
