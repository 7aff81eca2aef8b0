"""The summary for a browser: one page that holds all it needs, without a script, for a screen and for paper."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from html import escape

from cutover.exports.about import About
from cutover.exports.summary.pictures import svg
from cutover.exports.summary.story import Facts, Heading, Item, Picture, Text
from cutover.verifying.cells import harmless


def page(about: About, items: Iterable[Item]) -> str:
    """The page as HTML."""
    title = _safe(f"What crossfade recorded of {about.whose}")
    body = "\n".join(_parts(items))
    return _PAGE.format(title=title, style=_STYLE, body=body, foot=_safe(about.foot))


def _parts(items: Iterable[Item]) -> Iterator[str]:
    for one in items:
        match one:
            case Heading(text):
                yield f"<h2>{_safe(text)}</h2>"
            case Text(text):
                yield f"<p>{_safe(text)}</p>"
            case Facts(rows, sign):
                told = "".join(
                    [f"<dt>{_safe(name)}</dt><dd>{_safe(said)}</dd>" for name, said in rows]
                )
                yield f'<dl class="{"sign" if sign else "facts"}">{told}</dl>'
            case Picture(drawing, told, below):
                data = base64.b64encode(svg(drawing)).decode()
                yield (
                    f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{_safe(told)}">'
                    f"<figcaption>{_safe(below)}</figcaption></figure>"
                )


def _safe(text: str) -> str:
    """Whatever people and models wrote, as letters alone."""
    return escape(harmless(text))


_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --faint: #5f6b7a; --ground: #ffffff; --line: #d9dee5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7ecf2; --faint: #a9b4c0; --ground: #14191f; --line: #38424d; }
}
body { font: 15px/1.5 "Helvetica Neue", Helvetica, Arial, "Noto Sans CJK SC", sans-serif; color: var(--ink);
  background: var(--ground); max-width: 52rem; margin: 2rem auto 4rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
p, dd, dt { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: 11rem 1fr; gap: .15rem 1rem; margin: .5rem 0; }
dt { color: var(--faint); }
dd { margin: 0; }
.sign { border-left: 3px solid var(--line); padding-left: .8rem; margin: 1rem 0; break-inside: avoid; }
figure { margin: 1rem 0; break-inside: avoid; }
img { width: 100%; height: auto; display: block; border-radius: 4px; }
figcaption, footer { color: var(--faint); font-size: .85rem; overflow-wrap: anywhere; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .5rem; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
@page { margin: 18mm 15mm 22mm; }
@media print {
  :root { --ink: #000; --faint: #444; --ground: #fff; --line: #bbb; }
  body { margin: 0; max-width: none; font-size: 10pt; }
  footer { position: fixed; bottom: -16mm; left: 0; right: 0; font-size: 7pt; margin: 0; }
}
"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
<footer>{foot}</footer>
</body>
</html>
"""
