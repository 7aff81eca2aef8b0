"""Merkle trees: against published roots, a naive reading of RFC 6962, and laws."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.journal.signed.merkle import (
    EMPTY_ROOT,
    Range,
    consistency_path,
    cover,
    inclusion_path,
    leaf_hash,
    node_hash,
    range_of,
    verify_consistency,
    verify_inclusion,
)

# The entries and roots with which Certificate Transparency's implementations are tested.
ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
OTHER = hashlib.sha256(b"another").digest()


def naive(leaves):
    """RFC 6962's MTH, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


def naive_path(m, leaves):
    """RFC 6962's PATH, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive(leaves[:k])]


def naive_proof(m, leaves, whole=True):
    """RFC 6962's SUBPROOF, word for word."""
    if m == len(leaves):
        return [] if whole else [naive(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], False), naive(leaves[:k])]


def leaves_of(count):
    return [leaf_hash(str(number).encode()) for number in range(count)]


def reader(leaves):
    return lambda level, index: naive(leaves[index << level : (index + 1) << level])


def grown(leaves):
    found = Range()
    for leaf in leaves:
        found = found.add(leaf)
    return found


sizes = st.integers(1, 200)


def test_roots_are_those_that_were_published():
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]
    for count, root in enumerate(ROOTS, 1):
        assert grown(leaves[:count]).root().hex() == root
    assert Range().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


@given(st.integers(0, 300))
def test_a_grown_range_has_the_root_of_its_leaves(count):
    leaves = leaves_of(count)
    found = grown(leaves)
    assert (found.size, found.root()) == (count, naive(leaves))
    assert range_of(count, reader(leaves)) == found


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_cover_is_aligned_complete_and_grows_a_range_to_the_root(one, other):
    first, end = sorted((one, other))
    leaves, found = leaves_of(end), grown(leaves_of(first))
    covered = [
        leaf
        for level, index in cover(first, end)
        for leaf in range(index << level, (index + 1) << level)
    ]
    assert covered == list(range(first, end))
    for level, index in cover(first, end):
        found = found.take(level, reader(leaves)(level, index))
    assert found.root() == naive(leaves)
    assert len(cover(first, end)) <= 2 * max(1, (end - first).bit_length())


@given(sizes, st.data())
def test_proofs_are_those_of_the_rfc(size, data):
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    assert inclusion_path(index, size, reader(leaves)) == naive_path(index, leaves)
    assert consistency_path(old, size, reader(leaves)) == naive_proof(old, leaves)


@given(sizes, st.data())
def test_an_honest_inclusion_verifies_and_every_change_of_it_fails(size, data):
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion_path(index, size, reader(leaves)), naive(leaves)
    assert verify_inclusion(index, size, leaves[index], path, root)
    assert not verify_inclusion(index, size, OTHER, path, root)
    assert not verify_inclusion(index, size, leaves[index], path, OTHER)
    assert not verify_inclusion(index, size, leaves[index], [*path, OTHER], root)
    assert not verify_inclusion(index, size, leaves[index], [b"", *path], root)
    for at in range(len(path)):
        changed = [*path[:at], OTHER, *path[at + 1 :]]
        assert not verify_inclusion(index, size, leaves[index], changed, root)
        shorter = [*path[:at], *path[at + 1 :]]
        assert not verify_inclusion(index, size, leaves[index], shorter, root)
    wrong = data.draw(st.integers(-1, size + 1).filter(lambda other: other != index))
    assert not verify_inclusion(wrong, size, leaves[index], path, root)


@given(sizes, st.data())
def test_an_honest_consistency_verifies_and_every_change_of_it_fails(size, data):
    leaves = leaves_of(size)
    old = data.draw(st.integers(0, size))
    path = consistency_path(old, size, reader(leaves))
    before, after = naive(leaves[:old]), naive(leaves)
    assert verify_consistency(old, size, before, after, path)
    assert not verify_consistency(old, size, OTHER, after, path)
    assert not verify_consistency(old, size, before, after, [*path, OTHER])
    assert old == 0 or not verify_consistency(old, size, before, OTHER, path)
    for at in range(len(path)):
        changed = [*path[:at], OTHER, *path[at + 1 :]]
        assert not verify_consistency(old, size, before, after, changed)
        shorter = [*path[:at], *path[at + 1 :]]
        assert not verify_consistency(old, size, before, after, shorter)


@given(sizes, st.data())
def test_a_rewritten_log_is_consistent_with_no_older_head(size, data):
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size))
    at = data.draw(st.integers(0, old - 1))
    rewritten = [*leaves[:at], OTHER, *leaves[at + 1 :]]
    path = consistency_path(old, size, reader(rewritten))
    assert not verify_consistency(old, size, naive(leaves[:old]), naive(rewritten), path)


@given(st.lists(st.integers(1, 64), min_size=4, max_size=4))
def test_a_proof_holds_between_no_other_sizes(drawn):
    # A known fault of verifiers: a wrong second size whose proof has as many steps.
    leaves = leaves_of(64)
    (old, size), (other_old, other) = sorted(drawn[:2]), sorted(drawn[2:])
    path = consistency_path(old, size, reader(leaves))
    expected = consistency_path(other_old, other, reader(leaves))
    roots = naive(leaves[:other_old]), naive(leaves[:other])
    assert verify_consistency(other_old, other, *roots, path) == (path == expected)


def test_sizes_that_do_not_fit_are_refused():
    leaves = leaves_of(5)
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_path(index, size, reader(leaves))
    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(ValueError, match="does not begin"):
            consistency_path(old, new, reader(leaves))
        assert not verify_consistency(old, new, OTHER, OTHER, [])
    with pytest.raises(ValueError, match="no range of 3 leaves"):
        Range(3, (OTHER,))
    with pytest.raises(ValueError, match="level 1 begins at leaf 3"):
        grown(leaves[:3]).take(1, OTHER)
    assert not verify_consistency(0, 5, OTHER, naive(leaves), [])
    assert not verify_consistency(0, 0, OTHER, OTHER, [])
    assert not verify_consistency(3, 5, naive(leaves[:3]), naive(leaves), [])


def test_a_node_is_no_leaf():
    assert node_hash(OTHER, OTHER) != leaf_hash(OTHER + OTHER)
