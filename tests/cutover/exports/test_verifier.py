"""The single file `verify.py`. What it finds is tested beside its parts."""

import ast

import pytest

from cutover.exports import verifier as assembling
from cutover.exports.verifier import PARTS, PartsClash, verifier


def test_it_is_what_an_old_python_can_read_and_imports_the_standard_library_alone():
    import sys

    tree = ast.parse(verifier(), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module]
        )
    }
    assert imported <= sys.stdlib_module_names
    assert not {"socket", "urllib", "subprocess", "ssl", "http"} & imported


def test_it_is_the_same_each_time_and_holds_every_part():
    once = verifier()
    verifier.cache_clear()
    assert verifier() == once
    for part in PARTS:
        assert f"# {part} ---".encode() in once


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def verify_ed25519():\n    pass\n", "both have a verify_ed25519"),
        ("from cutover.verifying import cells\nimport mirror.journal\n", "whole module"),
        ("from cutover.verifying.cells import utc as time_of\n", "whole module"),
    ],
)
def test_parts_that_would_hide_one_another_are_refused(monkeypatch, source, words):
    known = assembling._source
    last = PARTS[-1]
    monkeypatch.setattr(
        assembling, "_source", lambda part: source if part == last else known(part)
    )
    verifier.cache_clear()
    with pytest.raises(PartsClash, match=words):
        verifier()
    verifier.cache_clear()
