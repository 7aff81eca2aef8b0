"""A part that grew is written down as before, until somebody uses what is new."""

import importlib
import pkgutil
from typing import ClassVar, get_args

import pytest
from pydantic import ValidationError

import policies
from policies.part import Grown, Part


class Grew(Grown):
    """One key, and one that came later."""

    LATER: ClassVar[frozenset[str]] = frozenset({"new"})

    old: int = 1
    new: int = 2


def test_a_later_key_is_written_where_it_is_not_at_its_default() -> None:
    assert Grew().model_dump() == Grew(new=2).model_dump() == {"old": 1}
    assert Grew(old=5, new=3).model_dump(mode="json") == {"old": 5, "new": 3}


def parts(of=Part):
    """Every kind of part that a policy is made of."""
    for kind in of.__subclasses__():
        if kind.__module__.startswith("policies."):
            yield kind
        yield from parts(kind)


def numbers():
    for module in pkgutil.iter_modules(policies.__path__, "policies."):
        importlib.import_module(module.name)
    for kind in parts():
        for name, field in kind.model_fields.items():
            if {int, float} & {field.annotation, *get_args(field.annotation)}:
                yield kind, name


@pytest.mark.parametrize(
    ("kind", "name"), list(numbers()), ids=lambda one: getattr(one, "__name__", one)
)
@pytest.mark.parametrize("number", [1e300, 10**30])
def test_no_number_is_beyond_all_use(kind, name, number) -> None:
    for given in (number, [number], {"X": number}):
        with pytest.raises(ValidationError) as caught:
            kind.model_validate({name: given})
        assert name in [one["loc"][0] for one in caught.value.errors() if one["loc"]]


def test_there_are_numbers_to_look_at() -> None:
    assert len(list(numbers())) > 60
