"""What is known of servers that speak OpenAI's API: one YAML file each, shipped with the program."""

from __future__ import annotations

import functools
from importlib.resources import files

from policies.document import read
from policies.translation import NOTHING, Preset, Translation


@functools.cache
def translation(preset: Preset | None) -> Translation:
    """What is known of a server; nothing for none."""
    if preset is None:
        return NOTHING
    name = f"{preset}.yaml"
    document = read(files(__name__).joinpath(name).read_text(encoding="utf-8"), name)
    assert not document.faults, document.faults
    return Translation.model_validate(document.value)
