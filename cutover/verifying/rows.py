"""The tables that an export derives from the events of a log, and from nothing else. Standard library only.

Whoever verifies an export makes the same rows again of its events and compares them byte for byte.
"""

from __future__ import annotations

import re

from cutover.verifying.cells import csv_header, csv_line, harmless, utc
from cutover.verifying.meanings import VERBS, move_in_words
from cutover.verifying.sayings import Event, found_at, number_at, text_at, text_of
from cutover.verifying.table import HOW, WHO, Column, Table, counted, either, said, told

__all__ = ["TABLES", "Table", "csv_header", "csv_line", "harmless", "meaning_of", "tables_of"]

_ROWS_SCORE = re.compile(r"([01])\.([0-9]{4})")
_ROWS_KIND, _ROWS_OF = text_of("object", "kind"), text_of("object", "id")
_ROWS_OTHER = text_of("details", "exchange")
_SUBJECT = either("subject", ("details", "subject"), ("subject",))


def meaning_of(event: Event) -> str:
    """What a signature means, in words: as the event says it, or made of its move where an older one does not."""
    given = text_at(event, "details", "meaning")
    verb = VERBS.get(text_at(event, "type"), "")
    if given or not verb:
        return given
    shares = [text_at(event, "details", f"{end}_share") for end in ("from", "to")]
    stages = [text_at(event, "details", f"{end}_stage") for end in ("from", "to")]
    if not all(stages):
        signal = text_at(event, "details", "signal")
        return f"{verb} {text_at(event, 'object', 'id')}: {signal} {shares[1]} %"
    move = move_in_words(
        text_at(event, "object", "id"), (stages[0], shares[0]), (stages[1], shares[1])
    )
    return f"{verb} {move}"


def _rows_score(name: str) -> Column:
    """A score of 0 to 1 in ten-thousandths: the event has it as a text of four decimals."""

    def read(event: Event) -> int | None:
        found = _ROWS_SCORE.fullmatch(text_at(event, "details", name))
        return int(found.group(1)) * 10_000 + int(found.group(2)) if found else None

    return Column(f"{name}_e4", True, read)


def _rows_fails(event: Event) -> int | None:
    """How many flags of severity `fail` a comparison has."""
    flags = found_at(event, "details", "flags")
    if not isinstance(flags, list):
        return None
    return len([one for one in flags if isinstance(one, str) and one.endswith(":fail")])


def _rows_exchange(event: Event) -> str:
    """Of which exchange an event tells: its object, or what its details name."""
    return _ROWS_OF(event) if _ROWS_KIND(event) == "exchange" else _ROWS_OTHER(event)


def _rows_labelled(event: Event) -> str:
    return text_at(event, "actor", "name") if text_at(event, "details", "label") else ""


def _rows_exchanges(event: Event) -> str:
    listed = text_at(event, "details", "exchange_ids")
    return listed or _rows_exchange(event)


def _rows_many(event: Event) -> int | None:
    """Of how many exchanges an event tells."""
    many = number_at(event, "details", "exchanges")
    return number_at(event, "details", "count") if many is None else many


def _rows_which(event: Event) -> str:
    """Which they were, where it says so: an erasure of a patient names the patient instead."""
    listed = found_at(event, "details", "exchanges")
    named = text_at(event, "details", "exchanges") if isinstance(listed, list) else ""
    return named or _rows_exchanges(event)


def _rows_route(event: Event) -> str:
    """A comparison names its route; a label names its rollout."""
    named = text_at(event, "details", "route")
    return named or text_at(event, "object", "id").rpartition("/")[2]


_ROLLOUT = said("rollout", "object", "id")
_OF_MOVE = (
    said("signal"),
    said("from_stage"),
    said("from_share"),
    said("to_stage"),
    said("to_share"),
    counted("epoch"),
)
_BOUND_TO = (
    said("proposal"),
    said("policy_sha256"),
    said("candidate"),
    said("evidence"),
    said("evidence_sha256"),
    said("ticket"),
)

COMPARISONS = Table(
    ("comparison.scored", "comparison.labelled", "signoff.labelled"),
    (
        told("exchange", _rows_exchange),
        told("route", _rows_route),
        _SUBJECT,
        Column(
            "number",
            True,
            lambda event: (
                number_at(event, "details", "number")
                or number_at(event, "details", "comparison")
            ),
        ),
        said("stage"),
        counted("epoch"),
        said("serving"),
        said("attribution"),
        _rows_score("equivalence"),
        _rows_score("noise_floor"),
        said("missing"),
        said("unpaired"),
        said("flags"),
        Column("fails", True, _rows_fails),
        said("comparators"),
        said("primary_model"),
        counted("primary_us"),
        counted("primary_first_token_us"),
        said("candidate_model"),
        counted("candidate_us"),
        counted("candidate_first_token_us"),
        said("late"),
        *HOW,
        said("label"),
        told("labelled_by", _rows_labelled),
    ),
)
"""What was compared, and what people said of it: a label is a row of its own."""

SERVED = Table(
    ("request.served", "shadow.sent", "shadow.skipped"),
    (
        told("exchange", _rows_exchange),
        said("route"),
        _SUBJECT,
        said("stage"),
        counted("epoch"),
        said("leg"),
        said("side"),
        said("upstream"),
        said("location"),
        said("model"),
        said("served_model"),
        said("served_by"),
        said("engine", "details", "facts", "engine"),
        said("engine_version", "details", "facts", "engine_version"),
        said("gpus", "details", "facts", "gpus"),
        said("weights_sha256", "details", "facts", "weights_sha256"),
        counted("status"),
        *HOW,
        counted("input_tokens"),
        counted("output_tokens"),
        counted("first_byte_us"),
        counted("first_token_us"),
        counted("total_us"),
        counted("failed_over"),
        said("other"),
        said("body_commitment"),
    ),
)
"""Every answer to a client, and every copy."""

TRANSITIONS = Table(
    ("state.transition",),
    (_ROLLOUT, *_OF_MOVE, counted("attempt"), *WHO, said("reason", "reason"), *_BOUND_TO),
)
"""Every move of a rollout."""

APPROVALS = Table(
    ("approval.", "proposal."),
    (
        _ROLLOUT,
        told("meaning", meaning_of),
        either("printed_name", ("details", "printed_name"), ("actor", "name")),
        *WHO,
        said("confirmed_by"),
        told("confirmed_utc", lambda event: utc(number_at(event, "details", "auth_us"))),
        *HOW,
        *_OF_MOVE,
        *_BOUND_TO,
    ),
)
"""Who proposed, approved and refused what: name, time and meaning of each signature."""

EGRESS = Table(
    ("egress.",),
    (
        said("egress"),
        told("exchange", _rows_exchange),
        _SUBJECT,
        said("purpose"),
        said("upstream"),
        said("call"),
        counted("sent_bytes"),
        counted("status"),
        counted("took_us"),
        *HOW,
    ),
)
"""What left for a cloud."""

_ACCESSES = ("payload.", "export.", "retention.", "erasure.", "legal_hold.")
_WHOSE = (*WHO, said("of_kind", "object", "kind"), said("of", "object", "id"))
_ACCESSED = (
    *_WHOSE,
    Column("exchanges", True, _rows_many),
    told("exchange_ids", _rows_which),
    _SUBJECT,
    said("purpose"),
)
_ACCESSED_BEFORE = (
    *_WHOSE,
    counted("exchanges"),
    told("exchange_ids", _rows_exchanges),
    said("purpose"),
)
_AGREED = (
    said("profile"),
    said("requested_by"),
    either("approved_by", ("details", "approved_by"), ("details", "second")),
)

ACCESS = Table(_ACCESSES, (*_ACCESSED, *_AGREED, *HOW))
"""Who saw or took which payload, what was kept from them or destroyed, and who agreed to it."""

TABLES: dict[str, Table] = {
    "comparisons": COMPARISONS,
    "transitions": TRANSITIONS,
    "approvals": APPROVALS,
    "egress": EGRESS,
    "access": ACCESS,
    "served": SERVED,
}
"""By the name of the file that holds it."""
_TABLES_BEFORE = {**TABLES, "access": Table(_ACCESSES, (*_ACCESSED_BEFORE, *HOW))}


def tables_of(form: int) -> dict[str, Table]:
    """The tables of a bundle whose manifest names this form: in the first, `access` does not say who agreed."""
    return TABLES if form > 1 else _TABLES_BEFORE
