"""Numbers of change tickets, as in CHG-4711: what they look like, and who must name one. Pure."""

from __future__ import annotations

import re

from policies.approvals import Approvals

LONGEST = 40
PATTERN = r"^([A-Za-z0-9][A-Za-z0-9._/#:-]{0,39})?$"
"""What the ticket system gave; "" for none."""


def fit(ticket: str) -> str:
    """A number of a ticket without the spaces around it. Raises ValueError for what is none."""
    said = ticket.strip()
    if not re.fullmatch(PATTERN, said):
        raise ValueError(
            "must be the number of a change ticket, as in CHG-4711: letters, digits and `. _ / # : -`, "
            f"at most {LONGEST}"
        )
    return said


def gap(terms: Approvals, *named: str) -> str:
    """Why an approval does not count without a ticket; "" where one was named, or none is asked for."""
    if terms.ticket == "optional" or any(named):
        return ""
    return (
        "the policy asks for the number of a change ticket (`approvals.ticket: required`), and neither this nor its "
        "proposal names one; `--ticket CHG-4711` does"
    )
