"""Answers whose words are gone: nobody can judge them any more, so what people would say of them is refused."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cutover import clocks
from cutover.refusals import Conflict
from mirror.journal.tables import exchange
from policies.payloads import Payloads
from policies.policy import Policy

KIND = "words gone"


def need_words(conn: Connection, exchange_id: str, tenant: str, policy: Policy) -> None:
    """Raises Conflict where the words of an exchange were erased, or are not kept by its tenant's policy.

    In the transaction that writes the label: an erasure of the same moment comes before it or after it.
    """
    gone_us = conn.scalar(select(exchange.c.purged_us).where(exchange.c.id == exchange_id))
    if gone_us is not None:
        payloads = policy.tenants[tenant].payloads if tenant in policy.tenants else None
        raise Conflict(sentence(gone_us, payloads), kind=KIND)


def sentence(gone_us: int, payloads: Payloads | None) -> str:
    """Since when the words are gone, and why there may be none; `payloads` as the policy has them now. Pure."""
    kept = ""
    if payloads is not None and payloads.days is None:
        kept = f", and the policy keeps none (`payloads.keep: {payloads.keep}`)"
    return (
        f"the words of these answers are gone since {clocks.moment(gone_us)}{kept}; a label needs them. "
        "Nothing was recorded; where somebody was at risk, report an incident"
    )
