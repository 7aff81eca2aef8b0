"""Every example loads, says what it is, and points editors to the schema."""

from importlib.resources import files
from pathlib import Path

import pytest

from policies.load import load
from policies.policy import Cloud

EXAMPLES = sorted(Path(str(files("policies.examples"))).glob("*.yaml"))


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= {"clinics", "rehearsal"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_loads_and_says_that_it_is_not_for_production(path: Path) -> None:
    load(path)
    text = path.read_text(encoding="utf-8")
    assert "NOT FOR PRODUCTION" in text
    schema = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / schema).resolve() == path.parent.parent / "schema.json"


def test_the_clinics_are_under_the_production_terms() -> None:
    policy = load(EXAMPLES[0].parent / "clinics.yaml")
    assert policy.production
    assert policy.terms == type(policy.terms)()
    assert Cloud.FORBIDDEN in {tenant.cloud for tenant in policy.tenants.values()}


def test_the_rehearsal_says_that_it_is_none_of_production() -> None:
    policy = load(EXAMPLES[0].parent / "rehearsal.yaml")
    gates = policy.terms.gates
    assert not policy.production
    assert (gates.errors.at_most, gates.latency.at_most, gates.flags.at_most) == (
        0.1,
        0.1,
        0.15,
    )
    weights = [gates.equivalence.weight, gates.errors.weight, gates.latency.weight]
    assert [*weights, gates.flags.weight] == [0.3, 0.2, 0.15, 0.35]
    assert [step.percent for step in policy.terms.steps] == [20, 50]
    assert policy.terms.sampling.reask_percent == 100
