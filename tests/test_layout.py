"""The house keeps its shape: tests mirror the tree, names do not clash, files stay readable."""

import ast
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("policies", "mirror", "compare", "cutover", "dashboards")
MODULES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts and path.name not in {"__main__.py"}
)
# Modules of tables, ports and words alone, exercised by the tests of what uses them.
UNTESTED = {Path("mirror/journal/tables.py")}


def _has_code(path):
    tree = ast.parse((ROOT / path).read_text())
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree)
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_imported_from_this_repository(package):
    assert Path(import_module(package).__file__).parent == ROOT / package


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_each_module_has_a_test_file_of_its_name(path):
    if path.name == "__init__.py" or path in UNTESTED or not _has_code(path):
        return
    assert (ROOT / "tests" / path.parent / f"test_{path.name}").exists()


def test_each_test_file_has_a_module_of_its_name():
    for package in PACKAGES:
        for path in (ROOT / "tests" / package).rglob("test_*.py"):
            folder = ROOT / path.relative_to(ROOT / "tests").parent
            # A module with two kinds of tests has a second file, as in test_app__served.py.
            module = (
                folder / f"{path.stem.removeprefix('test_').split('__')[0] or '__init__'}.py"
            )
            assert module.exists() or (module.with_suffix("") / "__init__.py").exists(), path


def test_no_file_is_named_like_a_package():
    # Streamlit puts dashboards/ first on sys.path: a page called compare.py would hide the package.
    for path in MODULES:
        assert path.stem not in PACKAGES, path


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_files_and_functions_are_of_a_size_that_a_reader_can_hold(path):
    text = (ROOT / path).read_text()
    assert text.count("\n") <= 300, f"{path} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= 40, f"{path}:{node.lineno} {node.name} has {lines} lines"


CARRIED = (  # the single file with which a bundle is verified is put together from these
    *(Path("mirror/journal/signed") / name for name in ("merkle.py", "note.py")),
    *(path for path in MODULES if path.is_relative_to("cutover/verifying")),
)


@pytest.mark.parametrize("path", CARRIED, ids=str)
def test_what_bundles_carry_imports_only_the_standard_library_and_itself(path):
    own = {".".join(one.with_suffix("").parts) for one in CARRIED} | {"cutover.verifying"}
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{one.name}" for one in node.names]
            names = whole if set(whole) <= own else [node.module]
        for name in names:
            assert name in own or name.partition(".")[0] in sys.stdlib_module_names, name


def test_decision_records_have_numbers_of_their_own():
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert numbers
    assert all(re.fullmatch(r"\d{4}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_the_readme_shows_the_diagram_that_the_stage_table_prints():
    stages = import_module("cutover.stages")
    assert stages.diagram().strip() in (ROOT / "README.md").read_text()


def test_every_command_is_documented():
    from cutover.cli import COMMANDS

    text = (ROOT / "docs" / "commands.md").read_text()
    for command in COMMANDS.keys() - {"run"}:
        assert f"`crossfade {command}" in text, command


def test_every_test_that_a_promise_names_exists():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "promises.md").read_text()))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text())
    }
    assert named
    assert named <= there, named - there
