"""What clinical sign-off still keeps a rollout from its next step. It is one of the gaps of a look.

The sample is drawn when all else is shown, so that it is of all the evidence that the step rests on.
"""

from __future__ import annotations

import secrets

from cutover.approving import sign_offs
from cutover.approving.draw import lots
from cutover.cabinet import Cabinet, File
from cutover.decide import onward
from cutover.people import CONTROLLER, Deed
from cutover.stages import Signal, Stage
from policies.sign_off import SignedBefore, SignOff


def gap(cabinet: Cabinet, file: File) -> str:
    """What is missing, as a sentence; "" for nothing. Draws the sample when it is time."""
    terms = asked(cabinet, file)
    if terms is None:
        return ""
    if file.signed is None or file.signed.attempt != file.rollout.attempt:
        with cabinet.store.read() as conn:
            file.signed = sign_offs.read(conn, file.rollout)
    waits = f"clinical sign-off: {terms.pairs} pairs of answers are drawn for it once all else is shown"
    if file.signed is None and file.told.reasons == (waits,):
        _begin(cabinet, file)
    return waits if file.signed is None else file.signed.gap(terms)


def asked(cabinet: Cabinet, file: File) -> SignOff | None:
    """The terms of the sign-off that a rollout's next step waits for; None where it waits for none."""
    terms, rollout = cabinet.terms(file), file.rollout
    found = demanded(cabinet, file)
    if found is None:
        return None
    if found.before is SignedBefore.CANARY:
        return found if rollout.stage is Stage.MIRROR else None
    last = rollout.stage is Stage.CANARY and onward(rollout, terms) is Signal.GO_LIVE
    return found if last else None


def demanded(cabinet: Cabinet, file: File) -> SignOff | None:
    """The terms of the sign-off that some step of a rollout waits for; None where none does."""
    found = cabinet.terms(file).sign_off
    return found if found is not None and file.rollout.route in found.routes else None


def draw(cabinet: Cabinet) -> None:
    """Draws for those whose time has come, before a tick's turns: to read a whole attempt takes longer than one may."""
    with cabinet.lock:
        files = [file for file in cabinet.files.values() if file.wants_draw]
    for file in files:
        file.wants_draw = False
        attempt, terms = file.rollout.attempt, asked(cabinet, file)
        if terms is None:
            continue
        with cabinet.store.read() as conn:
            pairs = sign_offs.candidates(conn, file.rollout.key)
            found = lots(pairs, terms.pairs, secrets.token_hex(16))
        if found.of >= terms.pairs:
            file.drawn = (attempt, found)


def _begin(cabinet: Cabinet, file: File) -> None:
    """Keeps the attempt's sample once it is drawn; where it is not, it is wanted."""
    drawn, file.drawn = file.drawn, None
    if drawn is None or drawn[0] != file.rollout.attempt:
        file.wants_draw = True
        return
    deed = Deed(CONTROLLER, cabinet.now_us(), "all else is shown")
    with cabinet.changing(file) as conn:
        file.signed = sign_offs.begin(conn, file.rollout, drawn[1], deed)
