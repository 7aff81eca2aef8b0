"""What a rollout's own answers say of its signals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.calibration import Scale
from compare.noise import (
    CREDIBLE,
    Calibration,
    Cell,
    Estimate,
    Measured,
    Sample,
    calibrate,
    length_of,
    read,
    shrunk,
)

CELL = Cell("minilm", "en", "short")
BUILT_IN = {"f1": Scale(null=0.2, floor=0.7), "overlap": Scale(null=0.1, floor=0.5)}
NONE_KNOWN = {}

values = st.floats(0, 1)


def sample(cell=CELL, floor=(0.9, 0.8), null=(0.3, 0.2)):
    names = ("f1", "overlap")
    return Sample(
        cell, dict(zip(names, floor, strict=False)), dict(zip(names, null, strict=False))
    )


def taken(*samples):
    return calibrate(samples, lambda encoder: BUILT_IN)


def test_a_cell_of_many_values_has_its_own_scales():
    found = taken(*[sample()] * 5000).scales(CELL)
    assert found["f1"].floor == pytest.approx(0.9, abs=0.01)
    assert found["f1"].null == pytest.approx(0.3, abs=0.01)
    assert found["overlap"].floor == pytest.approx(0.8, abs=0.01)


def test_a_thin_cell_leans_on_the_rollout_and_that_on_the_built_in_scales():
    many, thin = [sample()] * 500, sample(Cell("minilm", "en", "long"), floor=(0.5, 0.5))
    whole = taken(*many).scales(CELL)["f1"].floor
    alone = taken(thin).scales(thin.cell)["f1"].floor
    beside = taken(*many, thin).scales(thin.cell)["f1"].floor
    assert abs(alone - 0.7) < 0.02, "one value moves the built-in scale a little"
    assert 0.7 < beside < whole < 0.9


def test_a_cell_that_was_never_seen_has_no_scales():
    assert taken(sample()).scales(Cell("minilm", "en", "long")) is None


@pytest.mark.parametrize(
    ("count", "used"), [(CREDIBLE - 1, set()), (CREDIBLE, {"f1", "overlap"})]
)
def test_an_encoder_without_built_in_scales_needs_many_values_and_then_has_its_own(count, used):
    found = calibrate([sample()] * count, lambda encoder: NONE_KNOWN).scales(CELL)
    assert set(found) == used
    assert not used or (found["f1"].null, found["f1"].floor) == (0.3, 0.9)


def test_what_another_encoder_reads_does_not_bear_on_a_cell():
    other = Cell("e5", "ms", "short")
    both = taken(*[sample()] * 200, *[sample(other, floor=(0.99, 0.99))] * 200)
    assert both.scales(CELL) == taken(*[sample()] * 200).scales(CELL)


def test_a_signal_that_cannot_tell_equal_from_mismatched_answers_is_dropped_and_named():
    blind = [sample(floor=(x / 100, 0.8), null=(0.5, 0.2)) for x in range(100)]
    (found,) = taken(*blind * 20).cells
    assert set(found.scales) == {"overlap"}
    assert found.signals["f1"].dropped.startswith("floor 0.5")
    assert found.signals["overlap"].dropped == ""


def test_a_signal_that_ranks_mismatched_answers_higher_is_dropped():
    (found,) = taken(*[sample(floor=(0.2, 0.8), null=(0.9, 0.2))] * 1000).cells
    assert set(found.scales) == {"overlap"}


def test_exchanges_without_a_null_count_for_the_floor_alone():
    (found,) = taken(*[sample(null=())] * 3, sample()).cells
    assert (found.floors, found.nulls) == (4, 1)


@pytest.mark.parametrize(
    ("words", "length"),
    [(0, "short"), (60, "short"), (61, "middle"), (250, "middle"), (251, "long")],
)
def test_answers_are_short_of_middle_length_or_long(words, length):
    assert length_of(words) == length


@given(st.lists(values, max_size=40), values)
def test_a_shrunk_median_lies_between_what_was_seen_and_what_it_leans_on(seen, lean):
    found = shrunk(seen, lean)
    assert min([*seen, lean]) - 1e-5 <= found <= max([*seen, lean]) + 1e-5


@given(values, values, st.integers(1, 500))
def test_more_of_the_same_values_move_it_towards_them_and_never_past(value, lean, count):
    fewer, more = (shrunk([value] * n, lean) for n in (count, count + 1))
    assert abs(more - value) <= abs(fewer - value) + 2e-6


def test_half_of_it_is_the_cell_s_own_at_the_credible_number():
    assert shrunk([1.0] * CREDIBLE, 0.0) == 0.5
    assert shrunk([], 0.4) == 0.4


def test_a_calibration_is_named_by_what_it_says_and_reads_itself():
    one = taken(*[sample()] * 60)
    assert read(one.written()) == one and read(one.written()).id == one.id
    assert len(one.id) == 12
    assert taken(*[sample()] * 61).id != one.id


def test_the_order_of_samples_does_not_matter():
    some = [sample(floor=(x / 10, 0.5)) for x in range(10)]
    assert taken(*some).id == taken(*reversed(some)).id


def test_scales_are_those_of_the_signals_that_are_used():
    found = Measured(
        CELL, 1, 1, {"f1": Estimate(0.1, 0.9, 0.0), "x": Estimate(0.1, 0.1, 0, "why")}
    )
    assert found.scales == {"f1": Scale(null=0.1, floor=0.9)}
    assert Calibration((found,)).scales(CELL) == found.scales
