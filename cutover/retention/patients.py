"""Patients as the store knows them: by a pseudonym, which is made of the reference that an app has. The reference itself is kept nowhere."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from mirror.journal.keys.peppers import Peppers
from mirror.journal.tables import exchange
from mirror.patient import pseudonym

UNFIT = "a patient's reference needs a letter or a digit"


class NoPatient(Exception):
    """What was given names no patient; the message says what is needed."""

    mendable = True


def subject_of(
    conn: Connection, peppers: Peppers, tenant: str, reference: str, now_us: int
) -> str:
    """The pseudonym of a patient of a tenant, in a transaction that may write.

    Raises NoPatient, and KeyLost where the tenant's pepper is not the one that its pseudonyms were made with.
    """
    subject = pseudonym(peppers.verified(conn, tenant, now_us), reference)
    if not subject:
        raise NoPatient(UNFIT)
    return subject


def gone_us(conn: Connection, tenant: str, subject: str) -> int | None:
    """When words of this patient went last (microseconds of UTC); None where none ever did."""
    of = (exchange.c.tenant == tenant, exchange.c.subject == subject)
    last: int | None = conn.scalar(select(func.max(exchange.c.purged_us)).where(*of))
    return last
