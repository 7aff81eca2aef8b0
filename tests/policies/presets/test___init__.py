"""Every preset is there, reads well, holds together, and says where it knows from."""

from importlib.resources import files

import pytest

from policies.presets import translation
from policies.translation import NOTHING, IncludeUsage, Preset, conflicts


@pytest.mark.parametrize("preset", Preset)
def test_a_preset_holds_together(preset: Preset) -> None:
    known = translation(preset)
    assert known.include_usage is IncludeUsage.COPIES
    assert list(conflicts(known.rules, known)) == []
    assert all(rule.why for rule in known.rules if rule.refuse), "people are told why"


@pytest.mark.parametrize("preset", Preset)
def test_a_preset_names_its_sources(preset: Preset) -> None:
    text = files("policies.presets").joinpath(f"{preset}.yaml").read_text(encoding="utf-8")
    assert "# Source" in text


def test_there_is_no_other_file() -> None:
    names = [one.name for one in files("policies.presets").iterdir()]
    assert sorted(n for n in names if n.endswith(".yaml")) == sorted(
        f"{p}.yaml" for p in Preset
    )


def test_no_preset_changes_nothing() -> None:
    assert translation(None) is NOTHING
