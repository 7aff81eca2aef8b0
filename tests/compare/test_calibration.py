import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare import calibration, noise
from compare.calibration import FAMILIES, KEPT, NoScale, Scale, equivalence, scales

NAMES = [name for names in FAMILIES.values() for name in names]
CHAT = scales("all-MiniLM-L6-v2/bf16", "chat")
SIGNALS = st.fixed_dictionaries({name: st.floats(0, 1) for name in (*NAMES, "kept")})


def test_the_floor_is_one_and_mismatched_answers_are_zero():
    floor = {name: CHAT[name].floor for name in NAMES} | {"kept": KEPT.floor}
    assert equivalence(floor, CHAT)[0] == pytest.approx(1)
    assert equivalence({name: CHAT[name].null for name in NAMES} | {"kept": 0.5}, CHAT)[0] == 0


def test_an_answer_that_leaves_most_out_agrees_little_however_alike_the_rest_is():
    alike = {name: CHAT[name].floor for name in NAMES}
    assert equivalence(alike | {"kept": KEPT.null}, CHAT)[0] == 0
    assert equivalence(alike | {"kept": 0.275}, CHAT)[0] == pytest.approx(0.5)


def test_one_view_that_sees_nothing_alike_halves_likeness():
    words_alone = {name: CHAT[name].floor for name in FAMILIES["lexical"]} | {"kept": 1.0}
    whole, places = equivalence(words_alone, CHAT)
    assert whole == pytest.approx(0.5**0.5)
    assert places == {"lexical": pytest.approx(1), "semantic": 0, "coverage": 1}


def test_short_notes_are_placed_as_chat_is():
    name = "all-MiniLM-L6-v2"
    assert (
        scales(name, "reason", "short")
        == scales(name, "chat")
        != scales(name, "reason", "long")
    )
    assert noise.length_of(10) == calibration.SHORT


@given(SIGNALS)
def test_agreement_and_every_family_lie_between_zero_and_one(signals):
    whole, families = equivalence(signals, CHAT)
    assert 0 <= whole <= 1 and families.keys() == {*FAMILIES, "coverage"}
    assert min(families.values()) - 1e-9 <= whole <= max(families.values()) + 1e-9


@given(SIGNALS, st.sampled_from([*NAMES, "kept"]), st.floats(0, 1))
def test_a_higher_signal_never_lowers_agreement(signals, name, more):
    higher = signals | {name: max(signals[name], more)}
    assert equivalence(higher, CHAT)[0] >= equivalence(signals, CHAT)[0] - 1e-12


def test_a_missing_signal_is_no_agreement():
    assert equivalence({"overlap": 1.0, "token_sort_ratio": 1.0}, CHAT)[0] == 0


def test_every_table_holds_every_signal_with_a_floor_above_its_null():
    for model in ("all-MiniLM-L6-v2", "multilingual-e5-small"):
        for route in ("chat", "reason", "vision"):
            table = scales(f"{model}/any", route)
            assert table.keys() == set(NAMES)
            assert all(scale.floor > scale.null for scale in table.values())


def test_an_encoder_that_was_never_measured_has_no_scale():
    assert scales("another-model", "chat") == {}
    with pytest.raises(NoScale):
        equivalence({"f1": 0.9}, {})


def test_a_scale_places_between_its_ends_and_clips():
    scale = Scale(null=0.2, floor=0.7)
    assert [scale.place(x) for x in (0.0, 0.2, 0.7, 0.9)] == [0, 0, 1, 1]
    assert scale.place(0.45) == pytest.approx(0.5)
    assert calibration.FAMILIES["semantic"] == ("f1", "recall")
