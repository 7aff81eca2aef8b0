import pytest
from signed_logs import Clock, Logs

from mirror.journal.store import Store


@pytest.fixture
def logs(home, store_url):
    """Logs on each engine, and their signer."""
    store = Store.open(store_url)
    yield Logs(home, store, Clock())
    store.close()
