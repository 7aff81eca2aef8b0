"""What a verification finds: each with its file, line and event, and the exit code that follows.

Standard library only.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

TAMPERED, GAP, WARNING = "tampered", "gap", "warning"
EXIT_VALID, EXIT_TAMPERED, EXIT_GAP, EXIT_USAGE = 0, 1, 2, 3
OUTCOMES = {
    EXIT_VALID: "valid",
    EXIT_TAMPERED: "tampered",
    EXIT_GAP: "gap",
    EXIT_USAGE: "usage",
}
_MOST_OF_A_CHECK = 20


class Fault(Exception):
    """What makes a check stop: something is not as an honest export has it."""

    def __init__(
        self, what: str, file: str = "", line: int = 0, event: int = 0, kind: str = TAMPERED
    ) -> None:
        super().__init__(what)
        self.what, self.file, self.line, self.event, self.kind = what, file, line, event, kind


class Finding:
    """One thing that is wrong, missing or odd. `line` and `event` are 0 where none is meant."""

    def __init__(self, check: str, fault: Fault) -> None:
        self.check, self.kind, self.what = check, fault.kind, fault.what
        self.file, self.line, self.event = fault.file, fault.line, fault.event

    def body(self) -> dict[str, Any]:
        """As JSON types."""
        return dict(vars(self))

    def __str__(self) -> str:
        where = [self.file] if self.file else []
        where += [f"line {self.line:,}"] if self.line else []
        where += [f"event {self.event:,}"] if self.event else []
        return ": ".join([", ".join(where)] * bool(where) + [self.what])


class Report:
    """The findings of one verification, and what was looked at. Of one check only the first are kept."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.checked: dict[str, int] = {}
        self.facts: dict[str, Any] = {}
        self._counts: Counter[str] = Counter()
        self._of_check: Counter[str] = Counter()

    def add(self, check: str, fault: Fault) -> None:
        """Keep what was found."""
        self._counts[fault.kind] += 1
        self._of_check[check] += 1
        if self._of_check[check] <= _MOST_OF_A_CHECK:
            self.findings.append(Finding(check, fault))

    def tampered(
        self, check: str, what: str, file: str = "", line: int = 0, event: int = 0
    ) -> None:
        """Something was changed."""
        self.add(check, Fault(what, file, line, event))

    def gap(self, check: str, what: str, file: str = "", line: int = 0, event: int = 0) -> None:
        """Something is missing, or cannot be told from what is here."""
        self.add(check, Fault(what, file, line, event, GAP))

    def warn(
        self, check: str, what: str, file: str = "", line: int = 0, event: int = 0
    ) -> None:
        """Something is odd, and not in itself wrong."""
        self.add(check, Fault(what, file, line, event, WARNING))

    def saw(self, what: str, many: int) -> None:
        """So many of something were looked at."""
        self.checked[what] = self.checked.get(what, 0) + many

    def count(self, kind: str) -> int:
        """How many findings of a kind there are, those that were not kept among them."""
        return self._counts[kind]

    @property
    def code(self) -> int:
        """The exit code: 0 valid, 1 tampered, 2 something is missing."""
        if self._counts[TAMPERED]:
            return EXIT_TAMPERED
        return EXIT_GAP if self._counts[GAP] else EXIT_VALID

    def body(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "outcome": OUTCOMES[self.code],
            "code": self.code,
            "findings": [one.body() for one in self.findings],
            "counts": {kind: self._counts[kind] for kind in (TAMPERED, GAP, WARNING)},
            "checked": self.checked,
            **self.facts,
        }
