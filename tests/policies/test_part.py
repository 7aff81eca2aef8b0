"""A part that grew is written down as before, until somebody uses what is new."""

from typing import ClassVar

from policies.part import Grown


class Grew(Grown):
    """One key, and one that came later."""

    LATER: ClassVar[frozenset[str]] = frozenset({"new"})

    old: int = 1
    new: int = 2


def test_a_later_key_is_written_where_it_is_not_at_its_default() -> None:
    assert Grew().model_dump() == Grew(new=2).model_dump() == {"old": 1}
    assert Grew(old=5, new=3).model_dump(mode="json") == {"old": 5, "new": 3}
