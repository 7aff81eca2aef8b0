"""The payloads of a full export: each is what its event committed to, and those that were erased are counted.

A commitment is SHA-256(salt || payload) with a salt of 16 bytes. Line for line they follow the events, so that
none can be left out unseen; a long payload goes over several lines. Standard library only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Any

from cutover.verifying.findings import Fault, Report
from cutover.verifying.strict_json import NotJson, read_canonical
from cutover.verifying.tarball import Archive

PAYLOADS = "payloads.jsonl"
COMMITTED = ("request_commitment", "body_commitment")
GONE = ("erased", "unreadable")
OUTSIDE = "outside"
"""Of an event between those of the range that tells a time outside of it: none was agreed to."""
_SALT_BYTES = 16


def commitments_of(event: dict[str, Any]) -> list[tuple[str, str]]:
    """The name and the value of each commitment that an event holds, in the order of their payloads."""
    said = event["details"]
    return [
        (name, said[name])
        for name in COMMITTED
        if isinstance(said.get(name), str) and said[name]
    ]


class Payloads:
    """Takes the events of a range in order, and reads their payloads alongside; nothing where there are none."""

    def __init__(self, archive: Archive, report: Report, span: tuple[int, int]) -> None:
        self._report, self._span = report, span
        self._lines: Iterator[bytes] = iter(())
        self._here = PAYLOADS in archive.members
        self._number = 0
        if self._here:
            self._lines = archive.lines(PAYLOADS)

    def take(self, event: dict[str, Any]) -> None:
        """The payloads of the next event. Raises Fault, and reads none after it."""
        if not self._here:
            return
        for name, commitment in commitments_of(event):
            try:
                self._one(event, name, commitment)
            except Fault:
                self._here = False
                raise

    def end(self) -> None:
        """Raises Fault where payloads stand there that no event committed to."""
        if self._here and next(self._lines, None) is not None:
            raise Fault("a payload that no event committed to", PAYLOADS, self._number + 1)

    def _one(self, event: dict[str, Any], name: str, commitment: str) -> None:
        seq, within = event["seq"], self._span[0] <= event["at_us"] < self._span[1]
        said = self._next(seq)
        if [said.get("seq"), said.get("of"), said.get("commitment")] != [seq, name, commitment]:
            raise Fault("not the payload that is due here", PAYLOADS, self._number, seq)
        state = said.get("state")
        if state in GONE or (state == OUTSIDE and not within):
            self._report.saw(f"payloads {state}", 1)
            return
        if state != "kept":
            raise Fault("neither kept nor erased", PAYLOADS, self._number, seq)
        salt = self._bytes(said, "salt", seq)
        hashed = hashlib.sha256(salt)
        hashed.update(self._bytes(said, "data", seq))
        while said.get("more"):
            said = self._next(seq)
            hashed.update(self._bytes(said, "data", seq))
        if len(salt) != _SALT_BYTES or hashed.hexdigest() != commitment:
            raise Fault("it is not what its event committed to", PAYLOADS, self._number, seq)
        self._report.saw("payloads", 1)

    def _next(self, seq: int) -> dict[str, Any]:
        self._number += 1
        text = next(self._lines, None)
        if text is None:
            raise Fault("the payload of an event is missing", PAYLOADS, self._number, seq)
        try:
            said = read_canonical(text)
        except NotJson as error:
            raise Fault(str(error), PAYLOADS, self._number, seq) from None
        if not isinstance(said, dict):
            raise Fault("not a payload", PAYLOADS, self._number, seq)
        return said

    def _bytes(self, said: dict[str, Any], name: str, seq: int) -> bytes:
        try:
            return base64.b64decode(said[name], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise Fault("its bytes are not base64", PAYLOADS, self._number, seq) from None
