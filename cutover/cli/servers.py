"""How `status` tells of the candidates' servers: what they say of themselves, and which way to scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console

from cutover.cli.options import moment


def show(console: Console, servers: object) -> None:
    """A line an upstream, after what of its capacity is not accepted, and pages that are not read."""
    if not isinstance(servers, Mapping):
        return
    for one in servers["servers"]:
        for style, line in _lines(one):
            console.print(line, style=style, markup=False)


def _lines(one: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    name, pages = one["upstream"], one["pages"]
    if one["why"]:
        most = f" ({one['accepted']} of {one['declared']} at a time)" if one["declared"] else ""
        since = moment(one["since_us"])
        yield (
            "red",
            f"{name}: half of its capacity is accepted{most} since {since}: {one['why']}",
        )
    yield "", f"{name}: {one['way']}: {one['advice']}"
    assert isinstance(pages, list), "the API lists them"
    for page in pages:
        if page["stale"]:
            age_s = page["age_s"]
            last = "never read" if age_s is None else f"read {age_s:,.0f} s ago"
            yield "yellow", f"{name}: {page['url']} is stale, {last}: {page['fault']}"
