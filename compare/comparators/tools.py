"""Does the candidate call what the primary calls, with the same arguments?

Calls are matched whatever their order, ids are not looked at, and arguments are compared as JSON.
An app runs what is called: another function, arguments that it cannot read, or another value where
there is only one way to say it, is a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from compare import contract, schemas
from compare.canonical import Answer, ToolCall
from compare.comparators.fields import Leaf, Sort, leaves, score
from compare.comparison import Finding, Flag, Severity
from compare.contract import Contract
from compare.documents import read, readable, shown
from compare.schemas import Broken
from compare.sides import Sides

_SHOWN = 6
_MOST = 64  # calls of one answer that are compared

type Matched = list[tuple[ToolCall | None, ToolCall | None]]


def applies(sides: Sides) -> bool:
    """Whether either side calls a function."""
    return bool(sides.primary.tool_calls or sides.candidate.tool_calls)


def tools(sides: Sides) -> Finding:
    """Signals `calls_named` and `arguments`, 0..1; flags `TOOL_NAME`, `TOOL_ARGS` and those of shape."""
    demand = contract.of(sides.asked.body)
    pairs = matched(sides.primary.tool_calls[:_MOST], sides.candidate.tool_calls[:_MOST])
    flags = [*_names(sides, demand, pairs), *_finish(sides, demand)]
    try:
        flags += _shapes(pairs, demand)
    except Broken as fault:
        flags.append(Flag("INCOMPARABLE", Severity.INFO, str(fault)))
    for mine, its in pairs:
        if mine is not None and its is not None:
            flags += _values(its, _leaves(mine.arguments, its.arguments))
    both = [(mine, its) for mine, its in pairs if mine is not None and its is not None]
    shares = [_share(mine, its) for mine, its in both]
    signals = {"calls_named": len(both) / len(pairs)}
    if shares:
        signals["arguments"] = sum(shares) / len(shares)
    return Finding(signals, tuple(flags))


def agreement(sides: Sides) -> Finding:
    """`equivalence`: the mean over all calls of the share of a call's arguments that agree."""
    pairs = matched(sides.primary.tool_calls[:_MOST], sides.candidate.tool_calls[:_MOST])
    demand = contract.of(sides.asked.body)
    try:
        list(_shapes(pairs, demand))
    except Broken:
        return Finding(missing="schema_broken")
    shares = [_share(mine, its) for mine, its in pairs if mine is not None and its is not None]
    return Finding({"equivalence": sum(shares) / len(pairs)})


def matched(primary: tuple[ToolCall, ...], candidate: tuple[ToolCall, ...]) -> Matched:
    """Calls of the same function together, the most alike first; None beside one that stands alone."""
    left, right = dict(enumerate(primary)), dict(enumerate(candidate))
    tried = sorted(
        (-_share(mine, its), at, to)
        for at, mine in left.items()
        for to, its in right.items()
        if mine.name == its.name
    )
    found: dict[int, int] = {}
    for _, at, to in tried:
        if at in left and to in right:
            found[at] = to
            del left[at], right[to]
    pairs: Matched = [
        (mine, candidate[found[at]] if at in found else None) for at, mine in enumerate(primary)
    ]
    return pairs + [(None, its) for its in right.values()]


def _share(mine: ToolCall, its: ToolCall) -> float:
    """How much of two calls of one function agrees; arguments that nobody can read agree in nothing."""
    if mine.arguments == its.arguments:
        return 1.0
    found = _leaves(mine.arguments, its.arguments)
    return 0.0 if found is None else score(found)


@lru_cache(maxsize=256)
def _leaves(primary: str, candidate: str) -> tuple[Leaf, ...] | None:
    theirs, ours = read(primary), read(candidate)
    if ours.problem or theirs.problem or ours.fenced:
        return None
    return leaves(theirs.value, ours.value)


def _names(sides: Sides, demand: Contract, pairs: Matched) -> Iterator[Flag]:
    """One flag for all calls that only one side makes, and for functions that nobody offered."""
    missing = [mine.name for mine, its in pairs if mine is not None and its is None]
    added = [its.name for mine, its in pairs if its is not None and mine is None]
    if missing or added:
        refused = sides.candidate.refusal and not sides.candidate.tool_calls
        if refused and not sides.primary.refusal:
            words = readable(sides.candidate.refusal, 200)
            yield Flag("REFUSAL_ONLY_CAND", Severity.FAIL, words)
        ours, theirs = (_listed(one) or "nothing" for one in (added, missing))
        words = f"calls {ours}; the primary calls {theirs}"
        if added and not missing:
            words = f"also calls {ours}" if sides.primary.tool_calls else words
        yield Flag("TOOL_NAME", Severity.FAIL, words)
    known = {call.name for call in sides.primary.tool_calls} | demand.tools.keys()
    strange = [one.name for one in sides.candidate.tool_calls[:_MOST] if one.name not in known]
    if strange and demand.tools:
        yield Flag("TOOL_NAME", Severity.FAIL, f"{_listed(strange)}: nobody offered it")


def _listed(names: list[str]) -> str:
    return ", ".join(shown(name) or "a function without a name" for name in names[:_SHOWN])


def _finish(sides: Sides, demand: Contract) -> Iterator[Flag]:
    ours, theirs = sides.candidate.finish_reason, sides.primary.finish_reason
    if ours == "content_filter" and theirs != ours:
        yield Flag(
            "FINISH_REASON", Severity.REVIEW, f"{ours}; the primary's is {shown(theirs)}"
        )
    if demand.legacy and sides.candidate.tool_calls and ours == "tool_calls" != theirs:
        words = "answers with tool_calls where the request offers functions"
        yield Flag("TOOL_NAME", Severity.FAIL, words)


def _shapes(pairs: Matched, demand: Contract) -> Iterator[Flag]:
    """Arguments that are no JSON object, or that the function's own schema does not allow."""
    for mine, its in pairs:
        if its is None:
            continue
        ours = faults(its, demand)
        theirs = faults(mine, demand) if mine is not None else ()
        if ours:
            severity = Severity.REVIEW if theirs else Severity.FAIL
            yield Flag("TOOL_ARGS", severity, f"{shown(its.name)}: {'; '.join(ours)}")


def faults(call: ToolCall, demand: Contract) -> tuple[str, ...]:
    """What is wrong with the shape of a call's arguments. Raises `Broken` for a schema of no use."""
    document = read(call.arguments)
    if document.problem:
        return (f"arguments: {document.problem}",)
    if document.fenced:
        return ("arguments: a fence stands around them",)
    if not isinstance(document.value, dict):
        return (f"arguments: {shown(document.value)} is no object",)
    schema = demand.tools.get(call.name)
    if not schema:
        return ()
    try:
        return schemas.compiled(schema).faults(document.value)
    except Broken as fault:
        raise Broken(f"the schema of {shown(call.name)} {fault}") from fault


def _values(call: ToolCall, found: tuple[Leaf, ...] | None) -> Iterator[Flag]:
    """Values that differ: `fail` where there is one way to say them, else for review."""
    differ = [leaf for leaf in found or () if leaf.differs]
    hard = [leaf for leaf in differ if leaf.sort in (Sort.NUMBER, Sort.EXACT, Sort.TYPE)]
    soft = [leaf for leaf in differ if leaf not in hard]
    for severity, some in ((Severity.FAIL, hard), (Severity.REVIEW, soft)):
        if some:
            words = "; ".join(leaf.words for leaf in some[:_SHOWN])
            yield Flag("TOOL_ARGS", severity, f"{shown(call.name)}: {words}")


def said(answer: Answer) -> bool:
    """Whether an answer has words beside its calls."""
    return bool(answer.text.strip())
