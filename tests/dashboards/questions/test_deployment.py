"""Which deployment answers."""

from dashboards.questions.deployment import Deployment, mismatch


def test_two_versions_are_told_with_what_to_do():
    said = mismatch("0.9.0", "0.8.0")
    assert "controller is crossfade 0.9.0, this dashboard 0.8.0" in said
    assert "Start both from the same version" in said


def test_one_version_or_none_known_says_nothing():
    assert mismatch("0.9.0", "0.9.0") == mismatch("", "0.9.0") == ""


def test_its_clock_is_that_of_its_zone():
    assert Deployment(zone="Asia/Kuching").clock.place == "Kuching"
