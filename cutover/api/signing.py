"""The paths of clinical sign-off: the pairs that were drawn, one of them opened, and a reviewer's label."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover import explanation
from cutover.api import asked
from cutover.api.call import Act, Call
from cutover.api.problems import Problem
from cutover.approving.sign_offs import Label, Pair
from cutover.approving.signing import Signing
from cutover.controller import Controller
from cutover.explanation import Found
from cutover.people import Deed, Role
from cutover.refusals import Conflict
from mirror.journal.seal import Sealer
from mirror.journal.store import Store


@dataclass(frozen=True, slots=True)
class SignOffs:
    """What these paths do, on one controller, its store and the key of the texts."""

    controller: Controller
    store: Store
    sealer: Sealer

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        path = "/v1/rollouts/{tenant}/{route}/signoff"
        return [
            ("GET", path, Role.VIEWER, self.sample),
            ("GET", f"{path}/pair", Role.VIEWER, self.show),
            ("POST", path, Role.REVIEWER, self.label),
        ]

    def sample(self, call: Call) -> JSONResponse:
        """The pairs with their labels; why each was drawn is told once it is labelled."""
        found = Signing(self.controller).read(call.key)
        told = {"attempt": found.attempt, "of": found.of, "seed": found.seed}
        pairs = [_body(one) for one in found.pairs]
        return JSONResponse({**told, "left": found.left, "pairs": pairs})

    def show(self, call: Call) -> JSONResponse:
        """One pair as `crossfade explain` tells it; that its texts are read is recorded first."""
        number = _number(call.query.get("pair", ""))
        sample = Signing(self.controller).read(call.key)
        found = next((one for one in sample.pairs if one.number == number), None)
        if found is None:
            raise Conflict(f"there is no pair {number}")
        deed = Deed(call.person.actor, self.controller.cabinet.now_us(), "clinical sign-off")
        exchange = Found(found.exchange_id, *call.key)
        told = explanation.explain(self.store, exchange, self.sealer, deed)
        return JSONResponse({"pair": _body(found), "explanation": asdict(told)})

    def label(self, call: Call) -> JSONResponse:
        """A clinical reviewer says what they think of a pair."""
        said = asked.fields(call.body, ("pair", "label", "note"))
        if said["label"] not in tuple(Label):
            known = ", ".join(Label)
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"`label` must be one of {known}")
        label = Label(said["label"])
        # What is wrong must be said; that nothing is need not be.
        silent = label is Label.ACCEPTABLE and not said["note"].strip()
        note = "" if silent else asked.reason(said["note"], "note")
        pair, left = Signing(self.controller).label(
            call.person, call.key, _number(said["pair"]), label, note
        )
        return JSONResponse({"pair": _body(pair), "left": left}, HTTPStatus.CREATED)


def _number(text: str) -> int:
    found = asked.number({"pair": text}, "pair", default=None)
    assert found is not None, "it is given"
    return found


def _body(pair: Pair) -> dict[str, object]:
    """A pair. Who has not read it is not told whether it is one of the worst."""
    label = pair.label
    return {
        "number": pair.number,
        "exchange_id": pair.exchange_id,
        "why": pair.why.value if label else "",
        "label": label.value if label else "",
        "labels": [asdict(one) for one in pair.labels],
    }
