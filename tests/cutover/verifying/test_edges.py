"""The events beside a range: whoever has the key and leaves some out at its edges has to show one of those."""

import json

import pytest
from bundles import MemoryLog, bundle, busy, checked, kinds, signed_anew, unpacked
from hypothesis import given
from hypothesis import strategies as st

from cutover.verifying.edges import beside


@pytest.fixture(scope="module")
def log():
    return busy()


def moments(log, first, last):
    """A range with exactly these events."""
    return {
        "from_us": json.loads(log.events[first - 1])["at_us"],
        "to_us": json.loads(log.events[last - 1])["at_us"] + 1,
    }


class Cut(MemoryLog):
    """A thief's log, which gives other events for a range than there are."""

    shown = (0, 0)

    def span(self, from_us, to_us):
        return self.shown


@pytest.mark.parametrize(("first", "last"), [(1, 34), (1, 20), (12, 34), (12, 20), (12, 12)])
def test_the_events_beside_a_range_are_shown_and_it_verifies(log, first, last):
    made = bundle(log, end=log.covering(len(log.events)), **moments(log, first, last))
    found = checked(made)
    assert found.code == 0, [str(one) for one in found.findings]
    told = [json.loads(one)["seq"] for one in unpacked(made)["edges.jsonl"].splitlines()]
    assert told == [seq for seq in (first - 1, last + 1) if 1 <= seq <= len(log.events)]


@pytest.mark.parametrize(
    ("shown", "event"),
    [((13, 20), 12), ((20, 20), 19), ((12, 19), 20), ((12, 12), 13), ((14, 18), 13)],
)
def test_a_range_that_was_cut_at_an_edge_is_named_with_what_was_left_out(shown, event):
    thief = busy(Cut())
    thief.shown = shown
    found = checked(bundle(thief, end=thief.covering(34), **moments(thief, 12, 20)))
    assert ("tampered", "range") in kinds(found)
    (one, *_) = [one for one in found.findings if one.file == "edges.jsonl"]
    assert one.event == event and "left out" in one.what


def test_other_events_than_those_beside_the_range_are_refused(log):
    files = unpacked(bundle(log, end=log.covering(34), **moments(log, 12, 20)))
    early = unpacked(bundle(log, end=log.covering(34), **moments(log, 11, 21)))
    names = ("edges.jsonl", "proofs/edges.json")
    before, behind = files["edges.jsonl"].splitlines(keepends=True)
    assert checked(signed_anew(log, files)).code == 0
    for changed in (
        {name: early[name] for name in names},  # honest events of the log, one further away
        {"edges.jsonl": before},
        {"edges.jsonl": behind + before},
        {"edges.jsonl": before.replace(b'"outcome":"ok"', b'"outcome":"no"') + behind},
        {"edges.jsonl": b"", "proofs/edges.json": b"[]"},
        {"proofs/edges.json": b"{}"},
    ):
        found = checked(signed_anew(log, {**files, **changed}))
        assert ("tampered", "range") in kinds(found), changed


def test_a_bundle_without_them_lacks_something(log):
    files = unpacked(bundle(log, end=log.covering(34), **moments(log, 12, 20)))
    for name in ("edges.jsonl", "proofs/edges.json"):
        less = {other: content for other, content in files.items() if other != name}
        assert checked(signed_anew(log, less)).code == 2


@pytest.mark.parametrize("form", [1, 2])
def test_a_bundle_of_an_older_form_verifies_and_says_what_it_does_not_show(log, form):
    made = bundle(log, v=form, end=log.covering(34), **moments(log, 12, 20))
    assert "edges.jsonl" not in unpacked(made)
    found = checked(made)
    assert found.code == 0
    assert any("beside their range" in one.what for one in found.findings)


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 9))
def test_what_stands_beside_a_range_is_in_the_log_and_not_in_the_range(first, many, more):
    last = first - 1 + many
    numbers = beside(first, last, last + more)
    assert all(1 <= seq <= last + more and not first <= seq <= last for seq in numbers)
    assert (first - 1 in numbers) == (first > 1)
    assert (last + 1 in numbers) == (more > 0)
