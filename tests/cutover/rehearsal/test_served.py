from builders import accepted, replied

from cutover.rehearsal.served import answers
from mirror.exchange import Attempt, End, Leg, Side
from mirror.journal import exchanges
from mirror.journal.seal import Sealer
from mirror.journal.store import Store


def test_every_served_reply_is_read_with_its_side_and_how_it_came(home):
    failed = Attempt(Side.CANDIDATE, "gpu", "onprem", End.CONNECT, None, 1000)
    replies = [
        replied(1),
        replied(1, Leg.SHADOW, side=Side.CANDIDATE),
        replied(2, side=Side.CANDIDATE),
        replied(3, failed_over=(failed,)),
        replied(4, end=End.HTTP_ERROR, status=500),
    ]
    store, sealer = Store.open(home.store_url), Sealer.open(home)
    with store.write() as conn:
        for number in (1, 2, 3, 4):
            exchanges.record_accept(conn, accepted(number), sealer)
        for reply in replies:
            exchanges.record_reply(conn, reply, sealer)
    found = answers(store)
    store.close()
    assert [(a.side, a.answered, a.failed_over) for a in found] == [
        ("primary", True, False),
        ("candidate", True, False),
        ("primary", True, True),
        ("primary", False, False),
    ]
    assert found[0].accepted_us == accepted(1).accepted_us
    assert (found[0].tenant, found[0].route) == ("clinic", "chat")
