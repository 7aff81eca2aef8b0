"""An explanation on a terminal, or as plain lines where a pipe reads it.

Words of patients and models are shown as they are, but for characters that would steer the terminal
or turn the reading direction: those are written out, as in `<U+202E>`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from compare.comparison import Timing
from compare.differences import Piece, Row, side_by_side
from compare.meanings import of_signal
from cutover.cli.options import moment
from cutover.explanation import Explanation, Voice

PROMPT = 2_000
"""Characters of the prompt that are shown; --json has all."""
NARROW = 90
"""Columns below which the answers stand one below the other."""
_STYLES = {"fail": "bold red", "review": "yellow", "info": "cyan"}
_MARK = "bold underline"
_TIMES = (
    ("total_ms", "whole answer", "{:,.0f} ms"),
    ("first_token_ms", "first words", "{:,.0f} ms"),
    ("gap_p50_ms", "median gap", "{:,.0f} ms"),
    ("gap_p95_ms", "95 % of gaps", "{:,.0f} ms"),
    ("longest_gap_ms", "longest gap", "{:,.0f} ms"),
    ("stalls", "stalls", "{:,}"),
    ("chars_per_s", "speed", "{:,.0f} characters/s"),
)


def visible(text: str) -> str:
    """The text with every character written out that a terminal would not show as one."""
    return "".join(c if c in "\n\t" or _shows(c) else f"<U+{ord(c):04X}>" for c in text)


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def show(told: Explanation, *, plain: bool, console: Console | None = None) -> None:
    """Prints it. Plain: no colour, no columns, differing words in `[-primary-]` and `{+candidate+}`."""
    console = console or Console(highlight=False, no_color=plain or None)
    page = _Page(console, plain)
    _who(page, told)
    _found(page, told)
    _texts(page, told)
    _fast(page, told)
    _signals(page, told)


class _Page:
    """Headings, named values and lines, on a terminal or plain."""

    def __init__(self, console: Console, plain: bool) -> None:
        self.console, self.plain = console, plain

    def heading(self, words: str) -> None:
        self.line("")
        self.line(words, "bold")

    def line(self, words: str | Text, style: str = "") -> None:
        text = words if isinstance(words, Text) else Text(visible(words), style)
        self.console.print(text, soft_wrap=self.plain)

    def values(self, named: Iterable[tuple[str, str]]) -> None:
        rows = [(name, visible(value)) for name, value in named if value]
        if self.plain:
            for name, value in rows:
                self.line(f"{name}: {value}")
            return
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(name, Text(value))
        self.console.print(table)


def _who(page: _Page, told: Explanation) -> None:
    page.line(f"exchange {told.id}" if told.tenant else f"pair {told.id}", "bold")
    page.values(_facts(told))
    for name, voice in (("primary", told.primary), ("candidate", told.candidate)):
        page.values([(name, _answered(voice))] if voice.upstream else [])


def _facts(told: Explanation) -> Iterator[tuple[str, str]]:
    if not told.tenant:
        yield "route", told.route
        return
    yield "who", f"{told.tenant}, route {told.route}, session {told.session}"
    if told.accepted_us is not None:
        yield "when", f"{moment(told.accepted_us)} ({_local(told.accepted_us)})"
    asked = f", which asked for {told.requested_model}" if told.requested_model else ""
    yield (
        "stage",
        f"{told.stage} (epoch {told.epoch}); the client{asked}, got the {told.serving}",
    )
    because = f": {told.reason.replace('_', ' ')}" if told.reason else ""
    yield "in the ledger", f"{told.outcome}{because}"


def _local(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6).astimezone().strftime("%H:%M:%S %Z here")


def _answered(voice: Voice) -> str:
    """Who answered, as what is known of it, and how it ended."""
    what = "answered the client" if voice.leg == "served" else "was sent a copy"
    known = [f"{name} {value} ({source})" for name, value, source in voice.facts]
    status = f", status {voice.status}" if voice.status else ""
    error = f": {voice.error}" if voice.error else ""
    told = f"{voice.upstream}, {voice.model or 'no model named'}; {what}"
    ended = f"{voice.end.replace('_', ' ')}{status}{error}"
    return "; ".join([told, ended, *known])


def _found(page: _Page, told: Explanation) -> None:
    page.heading("What was found")
    if not told.attribution:
        page.line("nothing yet: it was not compared")
        return
    page.line(_agreement(told))
    for flag in told.flags:
        words = Text(visible(f"{flag.severity:<6} {flag.code}"), _STYLES.get(flag.severity, ""))
        words.append(f"  {visible(flag.meaning)}", "not bold default")
        page.line(words)
        if flag.evidence:
            page.line(f"       {flag.evidence}")
    if not told.flags:
        page.line("no flag")


def _agreement(told: Explanation) -> str:
    both = told.attribution.replace("_", " ")
    if told.equivalence is None:
        return f"{both}; no agreement score: {told.missing or 'not said why'}"
    floor = "the primary was not asked again"
    if told.noise_floor is not None:
        floor = f"the primary with itself {told.noise_floor:.2f}"
    return f"{both}; agreement {told.equivalence:.2f}, {floor}"


def _fast(page: _Page, told: Explanation) -> None:
    sides = (told.primary.timing, told.candidate.timing)
    if sides == (Timing(), Timing()):
        return
    page.heading("How fast")
    rows = [
        (name, *(_time(timing, field, form) for timing in sides))
        for field, name, form in _TIMES
    ]
    page.values(
        (name, f"primary {ours}, candidate {theirs}")
        for name, ours, theirs in rows
        if (ours, theirs) != ("-", "-")
    )
    after_ms = told.performance.copy_after_ms
    if after_ms is not None:
        late = f"; the {told.performance.late}'s times are no evidence" * bool(
            told.performance.late
        )
        page.values([("copy sent", f"{after_ms:,.0f} ms after the client's request{late}")])


def _time(timing: Timing, field: str, form: str) -> str:
    value = getattr(timing, field)
    if value is None:
        return "-"
    longest = timing.longest_stall_ms if field == "stalls" else None
    return form.format(value) + (f", the longest {longest:,.0f} ms" if longest else "")


def _signals(page: _Page, told: Explanation) -> None:
    if not told.signals:
        return
    page.heading("Signals")
    page.values(
        (name, f"{value:6.3f}  {of_signal(name)}".rstrip())
        for name, value in told.signals.items()
    )
    page.line(f"compared by {told.comparators}", "dim")


def _texts(page: _Page, told: Explanation) -> None:
    page.heading("What was asked and said")
    if told.unopened:
        page.line(f"no words are shown: {told.unopened}")
        return
    prompt = told.prompt or ""
    if prompt.strip():
        page.line(prompt[:PROMPT])
        if len(prompt) > PROMPT:
            page.line(f"... and {len(prompt) - PROMPT:,} characters more", "dim")
        page.line("")
    primary, candidate = told.primary.text or "", told.candidate.text or ""
    rows = side_by_side(primary, candidate)
    if not rows:
        page.line("neither side has words to show")
    elif page.plain or page.console.width < NARROW:
        _below(page, rows)
    else:
        _columns(page, rows)


def _columns(page: _Page, rows: Iterable[Row]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("primary", ratio=1, overflow="fold")
    table.add_column("candidate", ratio=1, overflow="fold")
    for row in rows:
        table.add_row(_marked(row.primary, "red"), _marked(row.candidate, "green"))
    page.console.print(table)


def _below(page: _Page, rows: Iterable[Row]) -> None:
    for row in rows:
        if row.same:
            page.line(f"  {_plain(row.primary or row.candidate, '', '')}")
            continue
        for sign, pieces, style, before, after in (
            ("-", row.primary, "red", "[-", "-]"),
            ("+", row.candidate, "green", "{+", "+}"),
        ):
            if not pieces:
                continue
            marked = (
                Text(_plain(pieces, before, after)) if page.plain else _marked(pieces, style)
            )
            page.line(Text(f"{sign} ").append_text(marked))


def _plain(pieces: Iterable[Piece], before: str, after: str) -> str:
    return "".join(
        f"{before}{visible(piece.text)}{after}" if piece.differs else visible(piece.text)
        for piece in pieces
    )


def _marked(pieces: Iterable[Piece], colour: str) -> Text:
    text = Text()
    for piece in pieces:
        text.append(visible(piece.text), f"{colour} {_MARK}" if piece.differs else "")
    return text
