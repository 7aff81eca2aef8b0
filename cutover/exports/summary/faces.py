"""Which letters a PDF can show and with which face: Latin ones, and Chinese ones with a face that every reader has.

What neither can show is written out, like \\u0b95, so that nothing is lost without a sign.
"""

from __future__ import annotations

from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from cutover.verifying.cells import harmless

LATIN, LATIN_BOLD = "Helvetica", "Helvetica-Bold"
CHINESE = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def face(text: str) -> str:
    """The face for a short text that is shown whole."""
    return LATIN if all(map(_latin, text)) else CHINESE


def shown(text: str) -> str:
    """A text with what acts, and what no face has, written out."""
    return "".join([one if _known(one) else _written(one) for one in harmless(text)])


def runs(text: str) -> list[tuple[bool, str]]:
    """A text that is `shown`, in stretches of one face: whether it is Chinese, and the stretch."""
    return [(not latin, "".join(run)) for latin, run in groupby(shown(text), key=_latin)]


def _latin(letter: str) -> bool:
    return letter in "…–—•‘’“”€" or ord(letter) < 256


def _known(letter: str) -> bool:
    if _latin(letter):
        return True
    try:
        letter.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _written(letter: str) -> str:
    return f"\\u{ord(letter):04x}"
