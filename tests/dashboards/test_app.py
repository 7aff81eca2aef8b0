"""The frame: the app's own folder hides no package, and Streamlit takes no shortcut past it."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest
from looking import words_on

import dashboards

FOLDER = Path(dashboards.__file__).parent
SHOWN = [FOLDER / "app.py", *sorted((FOLDER / "screens").glob("*.py"))]
OURS = {"policies", "mirror", "compare", "cutover", "dashboards"}


def test_the_bare_address_leads_to_the_board(opened):
    app = opened("board")
    assert not app.exception
    assert [field.label for field in app.text_input] == [
        "Your name", "Your password", "Code of your app, where you have one", "Your token",
    ]  # fmt: skip


def test_no_file_of_the_dashboard_is_called_like_a_package():
    """Streamlit puts the folder first on the import path, where such a file would hide the package."""
    names = {path.stem for path in FOLDER.iterdir() if not path.name.startswith(("_", "."))}
    assert not names & (OURS | set(sys.stdlib_module_names))
    specs = [importlib.util.find_spec(name) for name in names]
    installed = [spec.origin for spec in specs if spec is not None and spec.origin is not None]
    assert all(Path(origin).is_relative_to(FOLDER) for origin in installed)


def test_no_folder_lets_streamlit_run_screens_without_the_frame():
    assert not (FOLDER / "pages").exists()


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.name)
def test_nothing_is_shown_as_html_that_a_model_could_have_written(path):
    text = path.read_text().replace(
        "st.html(WHOLE)", ""
    )  # the app's own style, without a word of anybody
    assert "unsafe_allow" not in text
    assert text.count("st.html(") == text.count("st.html(as_html(")


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.name)
def test_no_screen_has_a_sentence_by_itself_which_streamlit_would_show(path):
    _, *rest = ast.parse(
        path.read_text()
    ).body  # the first says what the screen is for, and is not shown
    assert not [
        each.lineno
        for each in rest
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
    ]


def test_every_screen_has_a_place_in_the_frame():
    named = re.findall(
        r'^    "(\w+)": ":material', (FOLDER / "app.py").read_text(), re.MULTILINE
    )
    assert sorted(named) == sorted(path.stem for path in (FOLDER / "screens").glob("*.py"))


def test_a_controller_of_another_version_is_told(opened, control):
    assert "Start both from the same version" not in words_on(opened("board", "token-mei"))
    control.version = "0.0.1"
    assert "controller is crossfade 0.0.1" in words_on(opened("board", "token-mei"))


def test_times_are_told_in_the_zone_of_the_clinics(opened, control):
    control.zone = "Europe/Madrid"
    text = words_on(opened("rollout", "token-mei", tenant="klinik-johor", route="reason"))
    assert "since 2026-11-21 01:10 UTC (02:10 Madrid)" in text
