"""What people say of comparisons, append-only. Functions that take a connection work in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from compare.ledger import comparisons
from cutover import deeds, wordless
from cutover.acting import acting
from cutover.controller import Controller
from cutover.emergency import incidents
from cutover.emergency.casebook import Casebook
from cutover.emergency.incidents import Incident
from cutover.history import Key
from cutover.people import Deed, Person, Role
from cutover.people_tables import comparison_label
from cutover.refusals import NotAllowed
from mirror.journal import events


class Label(StrEnum):
    """What a person says of the candidate's answer beside the primary's."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    UNSAFE = "unsafe"  # it could harm a patient: reported as an incident at once


@dataclass(frozen=True, slots=True)
class Given:
    """One person's label of a comparison; a later one of the same person takes its place."""

    name: str
    label: Label
    note: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """Which comparison, and of which rollout."""

    number: int
    exchange_id: str
    tenant: str
    route: str

    @property
    def key(self) -> Key:
        """The rollout's."""
        return self.tenant, self.route


def give(conn: Connection, of: Labelled, label: Label, note: str, deed: Deed) -> Given:
    """Records a label with its event, beside all that were given before."""
    given = Given(deed.actor.name, label, note, deed.at_us)
    said = {one.name: one.label.value for one in standing(conn, [of.number]).get(of.number, ())}
    conn.execute(
        insert(comparison_label).values(
            number=of.number,
            exchange_id=of.exchange_id,
            tenant=of.tenant,
            route=of.route,
            name=given.name,
            label=label.value,
            note=note,
            at_us=given.at_us,
        )
    )
    deeds.report(
        conn,
        deed,
        "comparison.labelled",
        ("rollout", "/".join(of.key)),
        tenant=of.tenant,
        details={
            "comparison": of.number,
            "exchange": of.exchange_id,
            "label": label.value,
            **events.changed(said.get(given.name), label.value),
        },
    )
    return given


def standing(conn: Connection, numbers: Collection[int]) -> Mapping[int, tuple[Given, ...]]:
    """The labels of comparisons that count, by number: of each person the latest, by name."""
    table = comparison_label.c
    columns = (table.number, table.name, table.label, table.note, table.at_us)
    query = select(*columns).where(table.number.in_(numbers)).order_by(table.id)
    latest: dict[int, dict[str, Given]] = {}
    for row in conn.execute(query) if numbers else ():
        given = Given(row.name, Label(row.label), row.note, row.at_us)
        latest.setdefault(row.number, {})[row.name] = given
    return {
        number: tuple([given for _, given in sorted(by_name.items())])
        for number, by_name in latest.items()
    }


@dataclass(frozen=True, slots=True)
class Labelling:
    """The labels of one controller's deployment. All raise StandsBy and StoreError."""

    controller: Controller

    def find(self, number: int) -> Labelled | None:
        """The comparison of a number, None where there is none."""
        columns = [comparisons.c[name] for name in Labelled.__dataclass_fields__]
        with self.controller.cabinet.store.read() as conn:
            row = conn.execute(select(*columns).where(comparisons.c.number == number)).first()
        return Labelled(*row) if row else None

    def label(
        self, person: Person, of: Labelled, label: Label, note: str
    ) -> tuple[Given, Incident | None]:
        """Records what a clinical reviewer thinks of a comparison; with the incident that is open for an unsafe one.

        That is reported in the same transaction, where it is not yet, and holds its candidate everywhere.
        Raises NotAllowed for who is no clinical reviewer of the tenant, Conflict where the words are gone.
        """
        if why := person.lacks(Role.REVIEWER, of.tenant):
            raise NotAllowed(f"{why}; only a clinical reviewer labels comparisons")
        cabinet = self.controller.cabinet
        with acting(cabinet, person, note) as (conn, deed):
            wordless.need_words(conn, of.exchange_id, of.tenant, self.controller.policy)
            incident = None
            if label is Label.UNSAFE:
                known = {one.exchange_id: one for one in incidents.unclosed(conn)}
                incident = known.get(of.exchange_id) or Casebook(self.controller).open(
                    conn, of.exchange_id, of.key, deed
                )
            return give(conn, of, label, note, deed), incident
