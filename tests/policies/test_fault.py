import pytest

from policies.fault import Fault, dotted, listed


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("p.yaml", 3, "tenants.a", "is wrong"), "p.yaml:3: tenants.a: is wrong"),
        (Fault("p.yaml", 1, "", "is empty"), "p.yaml:1: is empty"),
        (Fault("p.yaml", 0, "", "there is no such file"), "p.yaml: there is no such file"),
    ],
)
def test_a_fault_reads_as_file_line_key_and_message(fault: Fault, text: str) -> None:
    assert str(fault) == text


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ((), ""),
        (("version",), "version"),
        (("rollouts", 0, "candidate", "model"), "rollouts[0].candidate.model"),
        (("upstreams", "a", "models", 2), "upstreams.a.models[2]"),
    ],
)
def test_a_place_is_written_the_way_people_write_it(
    place: tuple[str | int, ...], text: str
) -> None:
    assert dotted(place) == text


def test_names_are_listed_in_order_and_none_is_said() -> None:
    assert listed(["b", "a"]) == "`b`, `a`"
    assert listed([]) == "none"
