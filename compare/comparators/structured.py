"""Is the answer the JSON that was asked for, and does it say the same as the primary's?

Told strictly, as an app reads it: nothing is repaired. The answer is checked against the schema of
the request itself; what the primary breaks as well is no harm of the candidate's. A schema that
cannot be used makes the answers incomparable: neither side is to blame.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from compare import contract, schemas
from compare.canonical import Answer
from compare.comparators import OF_TEXT
from compare.comparators.fields import (
    Leaf,
    leaves,
    score,
)
from compare.comparators.measures import restated
from compare.comparators.ungrounded import LONGEST_PROMPT, ungrounded
from compare.comparison import Finding, Flag, Pair, Severity
from compare.contract import Contract
from compare.documents import Document, may_be, read, readable, shown
from compare.schemas import Broken, Schema
from compare.sides import Sides

_SHOWN = 6
_LONGEST = 20_000  # characters of a document's words that are compared as text
_ANY = Schema(None)


def applies(sides: Sides) -> bool:
    """Whether the answers are documents: asked for as such, or the primary's is one all the same."""
    demand = contract.of(sides.asked.body)
    if demand.json or demand.choices:
        return True
    return may_be(sides.primary.text) and read(sides.primary.text).holds_fields


def structured(sides: Sides) -> Finding:
    """Signals `schema_primary` and `schema_candidate` (1 is valid) and `fields`; flags of shape and values.

    `SCHEMA_INVALID`, `JSON_FENCED`, `FIELD_CONFLICT`, `FIELD_DIFFERS`, `REFUSAL_ONLY_CAND`,
    `INCOMPARABLE`, `SCHEMA_UNCHECKED`, and those of text for what the document's values say.
    """
    demand = contract.of(sides.asked.body)
    try:
        schema = schemas.compiled(demand.schema) if demand.schema is not None else _ANY
        ours = _faults(sides.candidate, demand, schema)
        theirs = _faults(sides.primary, demand, schema)
    except Broken as fault:
        spoken = _spoken(sides)
        broken = Flag("INCOMPARABLE", Severity.INFO, f"the request's schema {fault}")
        return Finding(spoken.signals, (broken, *spoken.flags))
    signals = {"schema_primary": float(not theirs), "schema_candidate": float(not ours)}
    flags = [*_unchecked(schema), *_shape(sides, ours, theirs)]
    found = _compared(sides, schema)
    if found is not None:
        signals["fields"] = score(found)
        flags += _differences(found, sides.asked.prompt, schema.words)
    spoken = _spoken(sides)
    return Finding(spoken.signals | signals, (*flags, *spoken.flags))


def alone(sides: Sides) -> Finding:
    """`SCHEMA_INVALID` of a candidate's document that breaks what its request asked for; no primary is read."""
    if sides.candidate.refusal and not sides.candidate.text.strip():
        return Finding()
    demand = contract.of(sides.asked.body)
    try:
        schema = schemas.compiled(demand.schema) if demand.schema is not None else _ANY
        broken = _faults(sides.candidate, demand, schema)
    except Broken as fault:
        words = f"the request's schema {fault}"
        return Finding(flags=(Flag("INCOMPARABLE", Severity.INFO, words),))
    flags = (Flag("SCHEMA_INVALID", Severity.FAIL, "; ".join(broken)),) if broken else ()
    return Finding({"schema_candidate": float(not broken)}, flags)


def owed(sides: Sides) -> dict[str, float]:
    """`schema_primary` and `schema_candidate` of a candidate that gave no answer where a document was due."""
    demand = contract.of(sides.asked.body)
    try:
        schema = schemas.compiled(demand.schema) if demand.schema is not None else _ANY
        theirs = _faults(sides.primary, demand, schema)
    except Broken:
        return {}
    return {"schema_primary": float(not theirs), "schema_candidate": 0.0}


def agreement(sides: Sides) -> Finding:
    """`equivalence`: the share of the fields that agree; none where the primary gave no document."""
    demand = contract.of(sides.asked.body)
    try:
        schema = schemas.compiled(demand.schema) if demand.schema is not None else _ANY
        if demand.schema is not None:
            _faults(sides.primary, demand, schema), _faults(sides.candidate, demand, schema)
    except Broken:
        return Finding(missing="schema_broken")
    if _document(sides.primary, demand).problem:
        return Finding(missing="primary_not_json")
    found = _compared(sides, schema)
    return Finding({"equivalence": 0.0 if found is None else score(found)})


def _document(answer: Answer, demand: Contract) -> Document:
    if demand.choices:
        return Document(answer.text.strip())
    return read(answer.text)


def _faults(answer: Answer, demand: Contract, schema: Schema) -> tuple[str, ...]:
    """What is wrong with the shape of an answer; a fence is told apart. Raises `Broken`."""
    document = _document(answer, demand)
    if document.problem:
        return (document.problem,)
    if demand.choices:
        said = str(document.value)
        return () if said in demand.choices else (f"{shown(said)} is none of the choices",)
    if demand.schema is not None:
        found = _checked(schema, answer.text)
        if isinstance(found, Broken):
            raise found
        return found
    if not isinstance(document.value, Mapping | list):
        return (f"is {shown(document.value)}, and no object",)
    return ()


@lru_cache(maxsize=8)  # an exchange's answers are asked about for flags and for equivalence
def _checked(schema: Schema, text: str) -> tuple[str, ...] | Broken:
    try:
        return schema.faults(read(text).value)
    except Broken as fault:
        return fault


def _compared(sides: Sides, schema: Schema) -> tuple[Leaf, ...] | None:
    """The fields of both; None where the candidate's answer is no document."""
    demand = contract.of(sides.asked.body)
    if demand.choices:
        words = frozenset(demand.choices)
        return leaves(sides.primary.text.strip(), sides.candidate.text.strip(), words)
    return _leaves(sides.primary.text, sides.candidate.text, schema.words)


@lru_cache(maxsize=4)  # one exchange is asked about twice
def _leaves(primary: str, candidate: str, exact: frozenset[str]) -> tuple[Leaf, ...] | None:
    ours, theirs = read(candidate), read(primary)
    if ours.problem or theirs.problem:
        return None
    return leaves(theirs.value, ours.value, exact)


def _unchecked(schema: Schema) -> Iterator[Flag]:
    if schema.unchecked:
        words = "not checked: " + "; ".join(schema.unchecked[:_SHOWN])
        yield Flag("SCHEMA_UNCHECKED", Severity.INFO, words)


def _shape(sides: Sides, ours: tuple[str, ...], theirs: tuple[str, ...]) -> Iterator[Flag]:
    """Flags of a candidate whose shape is wrong: `fail` where the primary's is right."""
    severity = Severity.REVIEW if theirs else Severity.FAIL
    if sides.candidate.refusal and not sides.candidate.text.strip():
        if not sides.primary.refusal:
            words = readable(sides.candidate.refusal, 200)
            yield Flag("REFUSAL_ONLY_CAND", Severity.FAIL, words)
        return
    if ours:
        yield Flag("SCHEMA_INVALID", severity, "; ".join(ours))
    fences = [read(answer.text).fenced for answer in (sides.primary, sides.candidate)]
    if fences[1]:
        worse = Severity.INFO if fences[0] else Severity.FAIL
        yield Flag(
            "JSON_FENCED", worse, f"a fence stands around it: {shown(sides.candidate.text, 30)}"
        )


def _differences(
    found: tuple[Leaf, ...], prompt: str, listed: frozenset[str]
) -> Iterator[Flag]:
    same = restated(found)
    differ = [leaf for leaf in found if leaf.differs and leaf.path not in same]
    conflicts = ungrounded(differ, found, prompt, listed) if differ else []
    if conflicts:
        yield Flag("FIELD_CONFLICT", Severity.FAIL, _listed(conflicts))
    rest = [leaf for leaf in differ if leaf not in conflicts]
    if rest:
        yield Flag("FIELD_DIFFERS", Severity.REVIEW, _listed(rest))


def _listed(found: list[Leaf]) -> str:
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "; ".join([leaf.words for leaf in found[:_SHOWN]] + more)


def _spoken(sides: Sides) -> Finding:
    """What the comparators of text find in what both documents say."""
    pair = Pair(
        sides.route,
        readable(sides.asked.prompt, LONGEST_PROMPT),
        prose(sides.primary.text),
        prose(sides.candidate.text),
    )
    if not pair.candidate.strip():
        return Finding()
    found = [comparator(pair) for comparator in OF_TEXT]
    signals = {name: value for one in found for name, value in one.signals.items()}
    return Finding(signals, tuple(flag for one in found for flag in one.flags))


def prose(text: str) -> str:
    """What a document says, a line an object; the text itself where it is none."""
    document = read(text)
    if not document.holds_fields:
        return readable(text, _LONGEST)
    return readable("\n".join(_lines(document.value)), _LONGEST)


def _lines(value: object) -> Iterator[str]:
    """The members of an object that are said in one breath ("metformin", 500, "mg") as one line."""
    inner = list(value.values()) if isinstance(value, Mapping) else value
    if not isinstance(inner, list):
        yield _word(value)
        return
    words: Iterator[str] = filter(None, map(_word, inner))
    inside = (one for one in inner if isinstance(one, Mapping | list))
    nested: Iterator[str] = itertools.chain.from_iterable(map(_lines, inside))
    if isinstance(value, Mapping):  # members that say the same, "not examined", are no loop
        words, nested = _once(words), _once(nested)
    line = (" " if isinstance(value, Mapping) else ", ").join(words)
    if line:
        yield line if line.endswith((".", "。", "!", "?")) else f"{line}."
    yield from nested


def _once(said: Iterable[str]) -> Iterator[str]:
    """What is said in a row, each once."""
    return (one for one, _ in itertools.groupby(said))


def _word(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return ""
