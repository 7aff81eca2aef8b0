"""Every type of event that the product writes has words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import cutover
from cutover.chronicle import ATTEMPTS, BULK
from cutover.plans.freezes import Kind
from dashboards.questions.event_words import WORDS

ROOT = Path(cutover.__file__).parents[1]
WRITERS = re.compile(r"^\s*(from|import) .*\b(events|deeds|history)\b", re.MULTILINE)
TYPE = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*")
NO_EVENT = re.compile(
    r"key\.next|crossfade\..*|http\..*|.*\.(id|json|jsonl|csv|tar|pdf|html|py|key|lock|yaml|url)|.*(person|store|service)\.name"
)
"""What looks like a type of event in the files that write them and is none: names of files, columns and loggers."""


PUT_TOGETHER = ("export.", "freeze.")
"""Types whose second word is a state or a kind, so that no text has them whole."""


def written() -> Iterator[tuple[str, str]]:
    """Every text that looks like a type of event, in every file that writes events, and the file."""
    for path in sorted(
        each
        for room in ("mirror", "compare", "cutover")
        for each in (ROOT / room).rglob("*.py")
    ):
        text = path.read_text()
        if not WRITERS.search(text) or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and TYPE.fullmatch(node.value)
            ):
                yield node.value, str(path.relative_to(ROOT))


def test_every_type_of_event_that_the_code_names_has_words():
    found = [(one, path) for one, path in written() if not NO_EVENT.fullmatch(one)]
    assert len({one for one, _ in found}) > 90, "the types of events are still found"
    assert not [(one, path) for one, path in found if one not in WORDS]


def test_types_that_are_put_together_have_words():
    made = {f"freeze.{kind}" for kind in Kind}
    made |= {f"dry_run.would_{what}" for what in ("promote", "propose", "roll_back")}
    assert made <= WORDS.keys()


def test_no_words_are_of_a_type_that_nothing_writes():
    every = "\n".join(
        path.read_text()
        for room in ("mirror", "compare", "cutover")
        for path in (ROOT / room).rglob("*.py")
    )
    assert not [
        one for one in WORDS if f'"{one}"' not in every and not one.startswith(PUT_TOGETHER)
    ]


def test_what_the_search_sets_apart_is_known_by_name():
    assert WORDS.keys() >= (BULK | ATTEMPTS)


def test_the_words_are_whole():
    for type, words in WORDS.items():
        assert words == words.strip(), type
        assert not words.endswith("."), type
        assert all(spec in (None, "") for _, _, spec, _ in Formatter().parse(words)), type
