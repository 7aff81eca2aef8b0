"""The payloads of a full export: what each event committed to, as far as it is still there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cutover.exports.archive import Work
from cutover.exports.passing import Bodies
from cutover.verifying.payloads import OUTSIDE, PAYLOADS, commitments_of
from mirror.journal.events import canonical

PIECE = 512 * 1024
"""How many bytes of a payload stand in one line at most."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """Opens payloads: an exchange's id, the leg of its event and the name of the commitment give the salt (16
    bytes) and the payload in pieces, or a word for why it is not there: `erased` or `unreadable`."""

    open: Callable[[str, str, str], tuple[bytes, Iterator[bytes]] | str]


def write(work: Work, bodies: Bodies, revealed: Revealed, span: tuple[int, int]) -> None:
    """Writes the payloads in the order of their events. Raises OSError.

    Of an event that tells another time than the `span` that was agreed to, and stands between those that do not,
    none is handed out.
    """
    if work.has(PAYLOADS):
        return
    with work.writing(PAYLOADS) as file:
        for body in bodies():
            event = json.loads(body)
            for name, commitment in commitments_of(event):
                leg = str(event["details"].get("leg", ""))
                found: tuple[bytes, Iterator[bytes]] | str = OUTSIDE
                if span[0] <= event["at_us"] < span[1]:
                    found = revealed.open(event["object"]["id"], leg, name)
                head = {"seq": event["seq"], "of": name, "commitment": commitment}
                for line in _lines(head, found):
                    file.write(line.encode())


def _lines(
    head: dict[str, object], found: tuple[bytes, Iterator[bytes]] | str
) -> Iterator[str]:
    if isinstance(found, str):
        yield _line({**head, "state": found})
        return
    salt, pieces = found
    first = {**head, "state": "kept", "salt": base64.b64encode(salt).decode()}
    piece = next(pieces, b"")
    for following in pieces:
        yield from _parts(first, piece, more=True)
        first, piece = {"seq": head["seq"]}, following
    yield from _parts(first, piece, more=False)


def _parts(head: dict[str, object], data: bytes, *, more: bool) -> Iterator[str]:
    """A piece over as many lines as it needs."""
    while True:
        part, data = data[:PIECE], data[PIECE:]
        said = {**head, "data": base64.b64encode(part).decode(), "more": more or bool(data)}
        yield _line(said)
        head = {"seq": head["seq"]}
        if not data:
            return


def _line(said: dict[str, object]) -> str:
    return canonical(said) + "\n"  # type: ignore[arg-type]
