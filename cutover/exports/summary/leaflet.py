"""The summary as a PDF of A4 pages. The same events give the same bytes: it holds no clock and no random id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from html import escape
from typing import BinaryIO

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer

from cutover.exports.about import About
from cutover.exports.summary.faces import CHINESE, LATIN, LATIN_BOLD, runs
from cutover.exports.summary.pictures import FAINT, INK, WIDTH
from cutover.exports.summary.story import Facts, Heading, Item, Picture, Text

_MARGIN = 18 * mm
_BODY = ParagraphStyle(
    "body",
    fontName=LATIN,
    fontSize=9,
    leading=13,
    textColor=INK,
    alignment=TA_LEFT,
    spaceAfter=4,
)
_HEAD = ParagraphStyle(
    "head", _BODY, fontName=LATIN_BOLD, fontSize=12, leading=16, spaceBefore=12
)
_TITLE = ParagraphStyle("title", _HEAD, fontSize=17, leading=22, spaceBefore=0, spaceAfter=8)
_FACT = ParagraphStyle("fact", _BODY, leftIndent=88, firstLineIndent=-88, spaceAfter=1)
_SIGN = ParagraphStyle("sign", _FACT, leftIndent=98, borderPadding=2)
_BELOW = ParagraphStyle("below", _BODY, fontSize=8, leading=11, textColor=FAINT, spaceAfter=8)


def leaflet(about: About, items: Iterable[Item], out: BinaryIO) -> None:
    """Writes the PDF. Raises OSError."""
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=16 * mm,
        bottomMargin=22 * mm,
        title=f"What crossfade recorded of {about.whose}",
        author="crossfade",
        subject=about.export_id,
        invariant=1,
        lang="en",
    )
    title = Paragraph(marked(f"What crossfade recorded of {about.whose}"), _TITLE)
    foot = partial(_foot, about)
    document.build([title, *flowables(items)], onFirstPage=foot, onLaterPages=foot)


def marked(text: str) -> str:
    """A text as ReportLab reads it, in faces that have its letters."""
    return "".join(
        [
            f'<font name="{CHINESE}">{escape(run)}</font>' if chinese else escape(run)
            for chinese, run in runs(text)
        ]
    )


def flowables(items: Iterable[Item]) -> Iterator[Flowable]:
    """What stands on the pages, in order; a heading never stands alone at the foot of one."""
    head: list[Flowable] = []
    for one in items:
        if isinstance(one, Heading):
            yield from head
            head = [Paragraph(marked(one.text), _HEAD)]
            continue
        for part in _parts(one):
            together, head = [*head, *part], []
            yield together[0] if len(together) == 1 else KeepTogether(together)
    yield from head


def _parts(one: Text | Facts | Picture) -> Iterator[list[Flowable]]:
    """What of an item stays on one page."""
    match one:
        case Text(text):
            yield [Paragraph(marked(text), _BODY)]
        case Facts(rows, sign):
            lines = [_fact(name, said, sign) for name, said in rows]
            yield from [lines] if sign else [[line] for line in lines]
            yield [Spacer(1, 7 if sign else 5)]
        case Picture(drawing, _, below):
            drawing.renderScale = (A4[0] - 2 * _MARGIN - 12) / WIDTH
            yield [drawing, Spacer(1, 3), Paragraph(marked(below), _BELOW)]


def _fact(name: str, said: str, sign: bool) -> Flowable:
    grey = FAINT.hexval().replace("0x", "#")
    text = f'<font color="{grey}">{marked(name)}</font>&nbsp; {marked(said)}'
    return Paragraph(text, _SIGN if sign else _FACT)


def _foot(about: About, canvas: Canvas, document: SimpleDocTemplate) -> None:
    """What stands on every page: where it belongs, and what signs for it."""
    canvas.saveState()
    canvas.setFillColor(HexColor("#5f6b7a"))
    style = ParagraphStyle("foot", _BODY, fontSize=6.5, leading=8, textColor=FAINT)
    said = Paragraph(marked(f"page {document.page} · {about.foot}"), style)
    _, high = said.wrap(A4[0] - 2 * _MARGIN, 20 * mm)
    said.drawOn(canvas, _MARGIN, 17 * mm - high)
    canvas.restoreState()
