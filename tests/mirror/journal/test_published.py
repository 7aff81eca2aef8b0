"""The route table's row: the newest fence wins, whoever writes last."""

from mirror.journal import published


def put(store, version, body):
    with store.write() as conn:
        return published.put(conn, version, body)


def there(store):
    with store.read() as conn:
        return published.version(conn), published.body(conn)


def test_before_the_first_there_is_none(store):
    assert there(store) == (0, None)


def test_a_later_table_takes_the_place_of_an_earlier_one_and_not_the_other_way(store):
    assert put(store, 1 << 32, "first")
    assert put(store, (2 << 32) + 1, "second")
    assert not put(store, (1 << 32) + 99, "late")
    assert not put(store, (2 << 32) + 1, "the same version")
    assert there(store) == ((2 << 32) + 1, "second")
