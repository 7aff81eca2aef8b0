"""Of two runs of a rollout the second does nothing."""

from cutover.resend.alone import alone
from mirror.journal.store import Store


def test_of_two_runs_of_a_rollout_one_sends_and_after_it_another_may(store, store_url, home):
    other = Store.open(store_url)
    with (
        alone(store, home.path, ("clinic", "chat")) as ours,
        alone(other, home.path, ("clinic", "chat")) as second,
        alone(other, home.path, ("clinic", "reason")) as elsewhere,
    ):
        assert (ours, second, elsewhere) == (True, False, True)
    with alone(other, home.path, ("clinic", "chat")) as second:
        assert second
    other.close()
