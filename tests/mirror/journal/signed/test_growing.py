"""A tree that grows keeps the subtrees from which every proof can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_logs import root

from mirror.journal.signed import growing
from mirror.journal.signed.growing import Growing, reader
from mirror.journal.signed.merkle import (
    Range,
    consistency_path,
    inclusion_path,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

LEVELS = (2, 4)


def leaves_of(count):
    return [leaf_hash(str(number).encode()) for number in range(count)]


@given(st.lists(st.integers(0, 40), max_size=5), st.data())
def test_proofs_read_from_what_is_kept_verify_wherever_the_growing_stopped(pieces, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growing, "LEVELS", LEVELS)
        total = sum(pieces)
        leaves, grown, kept = leaves_of(total), Range(), {}
        for piece in pieces:
            now = Growing.of(grown)
            now.add(leaves[grown.size : grown.size + piece])
            kept |= {(one.level, one.index): one.hash for one in now.complete}
            grown = now.range()
        assert grown.root() == root(leaves)
        assert len(kept) == sum(total >> level for level in LEVELS)

        def rows(level, first, count):
            if level == 0:
                return leaves[first : first + count]
            return [
                kept[level, at] for at in range(first, first + count) if (level, at) in kept
            ]

        if total:
            index, old = data.draw(st.integers(0, total - 1)), data.draw(st.integers(0, total))
            path = inclusion_path(index, total, reader(rows))
            assert verify_inclusion(index, total, leaves[index], path, grown.root())
            path = consistency_path(old, total, reader(rows))
            assert verify_consistency(old, total, root(leaves[:old]), grown.root(), path)


def test_a_subtree_that_is_not_kept_is_computed_and_leaves_that_are_gone_are_told():
    leaves = leaves_of(512)
    read = reader(
        lambda level, first, count: leaves[first : first + count] if not level else []
    )
    assert read(9, 0) == root(leaves)
    with pytest.raises(LookupError, match="subtree 1 of level 9"):
        read(9, 1)
