"""The single file `verify.py`: the verifier of exports as one module, for whoever has only Python.

Its parts are the modules that this project itself verifies with, one after another in one namespace: imports
between them are taken out, those of the standard library stand once at the top. Two parts that named
something alike would hide one another, so that is refused.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
from pathlib import Path

PARTS = (
    "mirror.journal.signed.merkle",
    "mirror.journal.signed.note",
    "cutover.verifying.ed25519",
    "cutover.verifying.findings",
    "cutover.verifying.strict_json",
    "cutover.verifying.tarball",
    "cutover.verifying.keyring",
    "cutover.verifying.contents",
    "cutover.verifying.heads",
    "cutover.verifying.lines",
    "cutover.verifying.edges",
    "cutover.verifying.legal",
    "cutover.verifying.decisions",
    "cutover.verifying.departures",
    "cutover.verifying.hours",
    "cutover.verifying.payloads",
    "cutover.verifying.cells",
    "cutover.verifying.sayings",
    "cutover.verifying.meanings",
    "cutover.verifying.table",
    "cutover.verifying.rows",
    "cutover.verifying.derived",
    "cutover.verifying.checks",
    "cutover.verifying.single",
    "cutover.verifying.packs",
    "cutover.verifying.telling",
)
"""In an order in which each finds what it needs at import above itself."""

_HEAD = '''#!/usr/bin/env python3
"""Verifies an export of crossfade, or the folder of a pack, offline, with Python 3.9 or newer and nothing else.

    python3 -I verify.py BUNDLE.tar|PACK [--old-checkpoint NOTE]... [--keys KEYS.json] [--json]

Exit code 0: valid. 1: tampered. 2: something is missing, or there is nothing. 3: it could not be tried.
A copy of this file that came with a bundle is as good as the bundle: whoever forged one forged the other.
Take it from a copy of crossfade that you trust, and keep it with the checkpoints and keys that you noted.
"""
'''
_TAIL = '\n\nif __name__ == "__main__":\n    run()\n'
_OURS = {"mirror", "cutover", "compare", "policies"}


class PartsClash(RuntimeError):
    """Two parts of the verifier name something alike, or one needs more than the standard library."""


@functools.cache
def verifier() -> bytes:
    """The file, the same for the same version of this project. Raises PartsClash."""
    imports: set[str] = set()
    names: dict[str, str] = {}
    bodies = []
    for part in PARTS:
        source = _source(part)
        tree = ast.parse(source)
        for name in _named(tree):
            if names.setdefault(name, part) != part:
                raise PartsClash(f"{part} and {names[name]} both have a {name}")
        bodies.append(_without_imports(source, tree, imports, part))
    top = "from __future__ import annotations\n\n" + "\n".join(sorted(imports)) + "\n"
    return "".join([_HEAD, "\n", top, *bodies, _TAIL]).encode()


def _source(part: str) -> str:
    spec = importlib.util.find_spec(part)
    if spec is None or spec.origin is None:
        raise PartsClash(f"{part} is not installed")
    return Path(spec.origin).read_text(encoding="utf-8")


def _named(tree: ast.Module) -> list[str]:
    """What a module defines at its top."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
    return [name for name in found if name != "__all__"]


def _without_imports(source: str, tree: ast.Module, imports: set[str], part: str) -> str:
    """A part's text without its imports, which are noted, and without what is said once at the top."""
    lines = source.splitlines()
    gone: set[int] = set()
    for node in tree.body:
        spans = range(node.lineno - 1, (node.end_lineno or node.lineno))
        if isinstance(node, ast.Import | ast.ImportFrom):
            _note(node, imports, part)
            gone.update(spans)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            gone.update(spans)
    kept = "\n".join([line for number, line in enumerate(lines) if number not in gone])
    mark = f"# {part} ".ljust(100, "-")
    return f"\n\n{mark}\n\n{kept.strip()}\n"


def _note(node: ast.Import | ast.ImportFrom, imports: set[str], part: str) -> None:
    modules = (
        [node.module or ""]
        if isinstance(node, ast.ImportFrom)
        else [one.name for one in node.names]
    )
    if any(module.split(".")[0] in _OURS for module in modules):
        if isinstance(node, ast.Import) or any(one.asname for one in node.names):
            raise PartsClash(
                f"{part} imports a whole module of ours; it must name what it needs"
            )
        return
    if modules != ["__future__"]:
        imports.update(
            ast.unparse(ast.Import([one])) if isinstance(node, ast.Import)
            else ast.unparse(ast.ImportFrom(node.module, [one], node.level))
            for one in node.names
        )  # fmt: skip
