"""Reads a policy: YAML in, a checked `Policy` out, or every fault with file, line and key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from policies import check, document, explain, notes
from policies.document import Document
from policies.fault import Fault, Place, dotted
from policies.policy import Policy
from policies.salvage import at, salvage

_MOST_BYTES = 1_000_000
_MOST_FAULTS, _LONGEST_LINE = 100, 500


class PolicyError(ValueError):
    """A policy that cannot be used. Its text is one line for each fault, in the file's order."""

    mendable = True

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Keeps the faults as values; a fault told twice is kept once."""
        self.faults = sorted(set(faults), key=lambda fault: (fault.line, fault.key))
        told = [str(fault)[:_LONGEST_LINE] for fault in self.faults[:_MOST_FAULTS]]
        more = len(self.faults) - len(told)
        super().__init__("\n".join([*told, f"and {more} more faults"] if more else told))


def load(path: Path, environment: Mapping[str, str] | None = None) -> Policy:
    """The policy in a file. Raises PolicyError with every fault.

    With an `environment`, a credential variable that is unset or empty there is a fault too.
    """
    return parse(_text(path), str(path), environment)


def noted(
    path: Path, environment: Mapping[str, str] | None = None
) -> tuple[Policy, list[Fault]]:
    """As `load`, with what is no fault and perhaps not meant, in the file's order."""
    text, name = _text(path), str(path)
    policy, read = parse(text, name, environment), document.read(text, name)
    found = [_fault(name, read, *note) for note in notes.notes(policy)]
    return policy, sorted(found, key=lambda fault: (fault.line, fault.key))


def parse(text: str, name: str, environment: Mapping[str, str] | None = None) -> Policy:
    """The policy in a text; `name` stands for the file in messages. Raises PolicyError."""
    read = document.read(text, name)
    if read.value is None and not read.faults:
        raise PolicyError([Fault(name, 1, "", "is empty; start with `version: 1`")])
    if not isinstance(read.value, dict):
        form = "is not a policy; it must be a mapping that starts with `version: 1`"
        raise PolicyError(read.faults or [Fault(name, 1, "", form)])
    if read.value and not read.value.keys() & Policy.model_fields.keys():
        # Some other file, perhaps a secret one: nothing of it is repeated.
        form = "is not a policy: none of its keys is known; start with `version: 1`"
        raise PolicyError([Fault(name, 1, "", form)])
    try:
        policy = Policy.model_validate(read.value)
    except ValidationError as error:
        raise PolicyError(_all_faults(error, read, name, environment)) from None
    found = [_fault(name, read, *finding) for finding in check.faults(policy, environment)]
    if found or read.faults:
        raise PolicyError([*read.faults, *found])
    return policy


def _all_faults(
    error: ValidationError, read: Document, name: str, environment: Mapping[str, str] | None
) -> list[Fault]:
    """The faults of single values, and those between the parts that are sound."""
    # A list whose every entry is faulty counts as too short, which would send the reader astray.
    errors = [e for e in error.errors() if e["type"] != "too_short" or not e["input"]]
    findings = [(explain.place_of(e), explain.message(e)) for e in errors]
    assert isinstance(read.value, dict)
    sound = salvage(read.value)
    if sound is not None:
        findings += sound.faults
        for place, message in check.faults(sound.policy, environment):
            written = sound.kept.origin(place)
            if sound.certain(written, at(read.value, written)):
                findings.append((written, message))
    return [*read.faults, *(_fault(name, read, *finding) for finding in findings)]


def _fault(name: str, read: Document, place: Place, message: str) -> Fault:
    return Fault(name, read.line(place), dotted(place), message)


def _text(path: Path) -> str:
    """The text of a file of bounded size. Raises PolicyError where there is none."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file") from None
    except IsADirectoryError:
        raise _unreadable(path, "is a folder; name the policy file in it") from None
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from None
    if len(raw) > _MOST_BYTES:
        raise _unreadable(path, "is larger than 1 MB; a policy is a short text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyError(
            [Fault(str(path), line, "", "is not UTF-8 text; save it as UTF-8")]
        ) from None


def _unreadable(path: Path, message: str) -> PolicyError:
    return PolicyError([Fault(str(path), 0, "", message)])
