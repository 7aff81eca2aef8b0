"""What makes bundles here."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from cutover.exports import edition as module
from cutover.exports.edition import edition


@pytest.fixture
def fresh():
    edition.cache_clear()
    yield
    edition.cache_clear()


def test_it_is_the_version_and_the_sources_that_it_has():
    assert re.fullmatch(rf"{re.escape(version('crossfade'))}\+[0-9a-f]{{12}}", edition())


def test_other_sources_of_the_same_version_are_another(fresh, tmp_path, monkeypatch):
    (tmp_path / "words.py").write_text("SAID = 1\n")
    monkeypatch.setattr(module.resources, "files", lambda folder: tmp_path)
    first = edition()
    edition.cache_clear()
    assert edition() == first
    (tmp_path / "words.py").write_text("SAID = 2\n")
    edition.cache_clear()
    assert edition() != first


def test_every_paper_is_made_by_sources_that_it_covers():
    root = Path(module.__file__).parents[2]
    covered = {root / folder.replace(".", "/") for folder in module._SOURCES}
    for name in ("words.py", "fhir.py", "papers.py", "summary/story.py", "summary/pictures.py"):
        assert (root / "cutover/exports" / name).parent in covered
