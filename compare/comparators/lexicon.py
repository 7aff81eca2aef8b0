"""The names of medicines that ship with the program: `medicines.txt`, which says where they are from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def names() -> Mapping[str, str]:
    """Generic name by name, all in lower case; ingredients of a combination are joined by `+`."""
    text = files("compare.comparators").joinpath("medicines.txt").read_text(encoding="utf-8")
    return MappingProxyType(dict(_named(text.splitlines())))


def _named(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        generic, _, same = line.partition(": ")
        yield generic, generic
        for name in same.split(", ") if same else ():
            yield name, generic
