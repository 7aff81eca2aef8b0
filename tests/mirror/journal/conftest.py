import pytest

from mirror.journal.seal import Sealer


@pytest.fixture
def sealer(home):
    """The seals of the data folder."""
    return Sealer.open(home)
