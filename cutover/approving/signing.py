"""What clinical reviewers do: see the pairs that were drawn, and say what they think of each."""

from __future__ import annotations

from dataclasses import dataclass

from cutover import wordless
from cutover.approving import sign_offs
from cutover.approving.sign_offs import Given, Label, Pair, Sample
from cutover.approving.signed import demanded
from cutover.cabinet import File
from cutover.controller import Controller
from cutover.emergency.casebook import Casebook
from cutover.history import Key
from cutover.people import Deed, Person, Role
from cutover.refusals import Conflict, NotAllowed


@dataclass(frozen=True, slots=True)
class Signing:
    """The sign-offs of one controller's rollouts. All raise UnknownRollout, StandsBy, Conflict and StoreError."""

    controller: Controller

    def read(self, key: Key) -> Sample:
        """The sample of the present attempt, with its labels."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            return self._sample(cabinet.file(key))

    def label(
        self, person: Person, key: Key, number: int, label: Label, note: str
    ) -> tuple[Pair, str]:
        """Records what a reviewer thinks of a pair; the pair, and what is missing now.

        A harmful one is reported as an incident in the same transaction, which holds its candidate
        everywhere. Raises NotAllowed for who is no clinical reviewer of the tenant, Conflict where the words are gone.
        """
        if why := person.lacks(Role.REVIEWER, key[0]):
            raise NotAllowed(f"{why}; only a clinical reviewer labels pairs")
        if person.barred:
            raise NotAllowed(person.barred)
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            pair = _pair(self._sample(file), number)
            deed = Deed(person.actor, cabinet.now_us(), note)
            with cabinet.changing(file) as conn:
                wordless.need_words(conn, pair.exchange_id, key[0], self.controller.policy)
                given = Given(person.name, label, note, deed.at_us)
                sign_offs.give(conn, file.rollout, pair, given, deed)
                known = [one.exchange_id for one in cabinet.incidents]
                if label is Label.HARMFUL and pair.exchange_id not in known:
                    Casebook(self.controller).open(conn, pair.exchange_id, key, deed)
            file.signed = None
            cabinet.look_around()
            self.controller.rejudge(file)
            sample = self._sample(file)
        return _pair(sample, number), sample.left

    def _sample(self, file: File) -> Sample:
        with self.controller.cabinet.store.read() as conn:
            found = sign_offs.read(conn, file.rollout)
        if found is None and demanded(self.controller.cabinet, file) is None:
            raise Conflict("`terms.sign_off` of the policy asks for none of this rollout")
        if found is None:
            raise Conflict(
                "no pairs were drawn of this attempt; that is done once all else is shown"
            )
        return found


def _pair(sample: Sample, number: int) -> Pair:
    found = next((one for one in sample.pairs if one.number == number), None)
    if found is None:
        raise Conflict(f"there is no pair {number}; they are numbered 1 to {len(sample.pairs)}")
    return found
