"""One pass over events, for all that is made of them."""

from cutover.exports.passing import passed


def test_each_event_is_read_once_and_given_to_all_in_their_order():
    seen = []
    bodies = ['{"seq":1}', '{"seq":2}']
    takers = [lambda *told, name=name: seen.append((name, *told)) for name in "ab"]
    passed(iter(bodies), takers)
    assert [(name, body, event["seq"]) for name, body, event in seen] == [
        (name, body, seq) for seq, body in enumerate(bodies, 1) for name in "ab"
    ]
    assert seen[0][2] is seen[1][2]


def test_nothing_is_read_for_nobody():
    bodies = iter(['{"seq":1}'])
    passed(bodies, [])
    assert next(bodies)
