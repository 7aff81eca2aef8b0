"""Gates refuse on their own what could never be shown, and know what a file leaves out."""

import json

import pytest
from pydantic import ValidationError

from policies.gates import (
    CodeGate,
    EquivalenceGate,
    FlagsGate,
    Gates,
    Mode,
    Promotion,
    QualityGate,
    RelativeLatencyGate,
)
from policies.load import PolicyError, parse

GOOD = """\
version: 1
deployment: here
upstreams:
  cloud: {base_url: "https://api.openai.com/v1", location: cloud, models: [gpt-4o]}
  gpu: {base_url: "http://10.0.0.3:8000/v1", location: onprem, models: [llama]}
tenants:
  a: {identify: {header: a}, cloud: allowed}
rollouts:
  - tenant: a
    route: chat
    primary: {upstream: cloud, model: gpt-4o}
    candidate: {upstream: gpu, model: llama}
"""


def test_a_margin_lies_below_its_clip() -> None:
    with pytest.raises(ValidationError, match="smaller than `clip`"):
        EquivalenceGate(margin=0.5, clip=0.5)


@pytest.mark.parametrize("gate", ["errors", "latency", "flags"])
@pytest.mark.parametrize(
    "written", [{"at_most": 0.07}, {"weight": 0.01}, {"at_most": 0.07, "weight": 0.01}, {}]
)
def test_a_gate_written_in_part_keeps_its_own_defaults_for_the_rest(
    gate: str, written: dict[str, float]
) -> None:
    found = Gates.model_validate({gate: written})
    default = getattr(Gates(), gate)
    assert getattr(found, gate) == default.model_copy(update=written)


def test_a_gate_still_takes_no_unknown_key_and_nothing_that_is_no_gate() -> None:
    for wrong in ({"at_mots": 0.1}, {"target_ms": 5}, 0.1, None):
        with pytest.raises(ValidationError):
            Gates.model_validate({"errors": wrong})


@pytest.mark.parametrize("gate", ["severe", "first_token", "schema_validity"])
def test_a_gate_that_watches_keeps_its_own_defaults_too(gate: str) -> None:
    found = getattr(Gates.model_validate({gate: {"at_most": 0.3}}), gate)
    default = getattr(Gates(), gate)
    assert default.promotion is Promotion.NO_HARM
    assert found == default.model_copy(update={"at_most": 0.3})


def test_a_kind_of_flag_has_a_bar_of_its_own_or_a_whole_gate() -> None:
    found = FlagsGate.model_validate(
        {
            "at_most": 0.04,
            "weight": 0.15,
            "codes": {"LATERALITY": 0.01, "EMPTY": {"at_most": 0.02, "promotion": "shown"}},
        }
    )
    assert found.codes == {
        "LATERALITY": CodeGate(at_most=0.01),
        "EMPTY": CodeGate(at_most=0.02, promotion=Promotion.SHOWN),
    }


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("flags: {codes: {LATERALITY: 1}}", "LATERALITY.at_most: must be less than 1; it is 1"),
        (
            "flags: {codes: {LATERALITY: 0}}",
            "LATERALITY.at_most: must be greater than 0; it is 0",
        ),
        ("flags: {codes: {LATERALITY: {}}}", "LATERALITY.at_most: is missing"),
        (
            "flags: {codes: {LATERALITY: often}}",
            "LATERALITY: must be a share, as in 0.01 for 1 %, or a gate; it is often",
        ),
        ("flags: {codes: {laterality: 0.1}}", "codes.laterality: "),
        ("flags: {mode: off}", "flags.mode: `off` is not one of `observe`, `hold`, `act`"),
        ("severe: {at_most: .nan}", "severe.at_most: must be a number"),
        ("severe: {drop: 0}", "severe.drop: must be greater than 0; it is 0"),
        ("severe: {promotion: maybe}", "severe.promotion: `maybe` is not one of `shown`"),
        (
            "first_token: {target_ms: 0}",
            "first_token.target_ms: must be greater than 0; it is 0",
        ),
        ("schema_validity: 0.1", "schema_validity: must be a mapping with the keys `at_most`"),
        (
            "sample_ratio: {mode: act}",
            "sample_ratio.mode: a share that is not kept harms nobody",
        ),
        ("sample_ratio: {alpha: 0}", "sample_ratio.alpha: must be greater than 0; it is 0"),
        ("quality: {margin: 0}", "quality.margin: must be greater than 0; it is 0"),
        ("quality: {margin: 0.3}", "quality: `margin` must be smaller than `clip`"),
        ("quality: {severe_at_most: 1}", "severe_at_most: must be less than 1; it is 1"),
        ("relative_latency: {slower_by: -1}", "slower_by: must be at least 0; it is -1"),
    ],
)
def test_a_faulty_gate_is_named_with_its_key(written: str, fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(f"{GOOD}terms:\n  gates:\n    {written}\n", "p.yaml")
    (told,) = caught.value.faults
    assert f"terms.gates.{written[: written.index(':')]}" in str(told)
    assert fault in str(told)


def test_quality_is_left_to_the_judge_unless_it_is_written() -> None:
    assert Gates().quality is None
    gate = Gates.model_validate({"quality": {}}).quality
    assert gate == QualityGate() and gate is not None
    assert (gate.margin, gate.clip, gate.weight) == (0.015, 0.3, 0.30)


def test_relative_latency_is_off_unless_it_is_written() -> None:
    assert Gates().relative_latency is None
    assert (
        Gates.model_validate({"relative_latency": {}}).relative_latency == RelativeLatencyGate()
    )


def test_a_policy_that_says_nothing_of_later_gates_is_written_as_it_was_before_them() -> None:
    assert set(Gates().model_dump()) == {
        "equivalence",
        "errors",
        "latency",
        "flags",
        "missing_at_most",
        "gaps_at_most",
    }
    assert "codes" not in Gates().model_dump()["flags"]
    said = Gates.model_validate({"severe": {"at_most": 0.3}})
    assert said.model_dump()["severe"]["at_most"] == 0.3
    assert Gates.model_validate(json.loads(said.model_dump_json())) == said


def test_gates_of_which_none_acts_are_refused() -> None:
    core = ("equivalence", "errors", "latency", "flags")
    three = {gate: {"mode": "observe"} for gate in core[1:]}
    assert Gates.model_validate(three).errors.mode is Mode.OBSERVE
    with pytest.raises(ValidationError, match="nothing could ever roll back"):
        Gates.model_validate(three | {"equivalence": {"mode": "hold"}})
