"""One proposal as who decides on it has to read it: what will change, on what evidence, and what is new since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cutover.cli.options import moment
from cutover.evidence.gates import titled
from cutover.stages import SAID

type One = Mapping[str, Any]


def lines(frozen: One, now: One) -> Iterator[str]:
    """A proposal with its frozen evidence, beside its rollout of now, both as the control API tells them."""
    of = f"{now['tenant']}/{now['route']}"
    open_ = now["proposal"] if frozen["state"] == "open" else None
    if open_ is None:
        why = f": {frozen['why']}" if frozen["why"] else ""
        yield f"{of}: proposal {frozen['id']} is {frozen['state']}{why}"
    else:
        yield from _change(of, open_, now)
    ticket = f", for change ticket {frozen['ticket']}" if frozen["ticket"] else ""
    yield f"proposed {moment(frozen['at_us'])}{ticket}, because {frozen['reason']}"
    yield from _evidence(frozen)
    if open_ is not None:
        yield "since then"
        yield from (f"  {each}" for each in since(frozen, now))
        ticket = " --ticket CHANGE" if open_["ticket_needed"] else ""
        yield f"yes: crossfade approve {of} --proposal {open_['id']} --as YOU --reason TEXT{ticket}"
        yield f"no:  crossfade approvals reject {open_['id']} --as YOU --reason TEXT"


def _change(of: str, proposal: One, now: One) -> Iterator[str]:
    stage, share = now["stage"].replace("_", " "), f"{proposal['to_share']:g} %"
    yield f"{of}: {move(proposal['signal'])}"
    candidate, primary = now["candidate"], now["primary"]
    yield (
        f"{candidate['model']} on {candidate['upstream']} is to answer {share} of the sessions, "
        f"in place of {primary['model']} on {primary['upstream']}; now it is in {stage} and answers {proposal['from_share']:g} %"
    )
    given = ", ".join(_given(each) for each in proposal["approvals"]) or "nobody yet"
    yield (
        f"by {proposal['proposer']}; approved by {given}, {proposal['needed']} needed; "
        f"expires {moment(proposal['expires_us'])}"
    )


def _given(yes: One) -> str:
    return f"{yes['name']} ({yes['ticket']})" if yes["ticket"] else str(yes["name"])


def _evidence(frozen: One) -> Iterator[str]:
    kept = "as it was frozen" if frozen["intact"] else "NOT the evidence that was frozen"
    yield f"evidence {kept}, SHA-256 {frozen['evidence_sha256']}"
    sessions = counted(frozen["sessions"])
    yield f"  when it was proposed: verdict {_words(frozen['verdict'])}, on {sessions}"
    for gate in frozen["evidence"]:
        yield f"  {found(gate)}"


def found(gate: One) -> str:
    """What a gate found, with its name once: a sentence that begins with it keeps it."""
    title = titled(str(gate["gate"]))
    sentence = str(gate["sentence"])
    begins = any(sentence.startswith(f"{name}:") for name in (title, gate["gate"]))
    return sentence if begins else f"{title}: {sentence}"


def counted(sessions: int, more: str = "") -> str:
    """So many sessions: `1 session`, `3 more sessions`."""
    return f"{sessions:,}{more} session{'s' * (sessions != 1)}"


def move(signal: str) -> str:
    """What a proposal would do; the name of a signal that this version does not know."""
    return next((said for known, said in SAID.items() if known == signal), _words(signal))


def since(frozen: One, now: One) -> list[str]:
    """What is not as it was when the evidence was frozen; never empty."""
    told = _sessions(frozen["sessions"], now["sessions"])
    if now["verdict"] != frozen["verdict"]:
        told.append(
            f"the verdict is {_words(now['verdict'])}: an approval would not be applied"
        )
    was, is_now = _beside_gates(frozen), _beside_gates(now)
    told += [f"new: {reason}" for reason in _new(is_now, was)]
    told += [f"no longer: {reason}" for reason in _new(was, is_now)]
    before = {gate["gate"]: gate["sentence"] for gate in frozen["evidence"]}
    for gate in now["evidence"]:
        if gate["sentence"] != before.get(gate["gate"]):
            told.append(f"now {found(gate)}")
    if now["held_by"]:
        told.append(f"held by {now['held_by']}: {now['hold_reason']}")
    if now["frozen"]:
        told.append(str(now["frozen"]))
    return told or ["nothing has changed"]


def _sessions(before: int, now: int) -> list[str]:
    """How many came; fewer than there were say that the evidence was begun anew."""
    if now < before:
        return [f"the evidence was begun anew: {counted(now)} now"]
    return [f"{counted(now - before, ' more')}, {counted(now)} now"] if now > before else []


def _beside_gates(look: One) -> list[str]:
    """The reasons that no gate says itself: what a gate finds is told with the gates."""
    of_gates = {said for gate in look["evidence"] for said in (gate["sentence"], found(gate))}
    return [one for one in look["reasons"] if one not in of_gates]


def _new(these: Sequence[str], those: Sequence[str]) -> list[str]:
    return [one for one in these if one not in those]


def _words(name: str) -> str:
    return name.replace("_", " ")
