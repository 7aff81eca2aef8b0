from mirror.journal import spending
from mirror.journal.spending import AVOIDED, Account, Charge, DaySum, Sum

SHADOW = Account("clinic", "chat", "shadow", "cloud", "big", "USD")
SAVED = Account("clinic", "chat", AVOIDED, "cloud", "big", "USD")
OTHER = Account("ward", "chat", "reask", "cloud", "big", "MYR")


def test_charges_of_a_day_add_up_by_account_and_begin_anew_the_next_day(store):
    with store.write() as conn:
        spending.add(conn, 7, [Charge(SHADOW, 100, False), Charge(OTHER, 5, True)])
        spending.add(conn, 7, [Charge(SHADOW, 20, True), Charge(SAVED, 900, False)])
        spending.add(conn, 8, [Charge(SHADOW, 1, False)])
    with store.read() as conn:
        assert spending.of_day(conn, 7) == [
            Sum(SAVED, 900, 1, 0),
            Sum(SHADOW, 120, 2, 1),
            Sum(OTHER, 5, 1, 1),
        ]
        assert spending.spent(conn, 7) == {
            ("clinic", "chat", "USD"): 120,
            ("ward", "chat", "MYR"): 5,
        }
        assert spending.spent(conn, 8) == {("clinic", "chat", "USD"): 1}
        assert spending.spent(conn, 9) == {}


def test_a_day_is_that_of_utc():
    assert spending.day_of(0) == 0
    assert spending.day_of(spending.DAY_US - 1) == 0
    assert spending.day_of(spending.DAY_US) == 1


def test_days_add_up_what_was_spent_and_what_was_avoided_and_the_end_is_left_out(store):
    with store.write() as conn:
        spending.add(conn, 6, [Charge(SHADOW, 7, False)])
        spending.add(conn, 7, [Charge(SHADOW, 100, False), Charge(SAVED, 900, False)])
        spending.add(conn, 9, [Charge(OTHER, 5, True), Charge(SHADOW, 1, False)])
        spending.add(conn, 10, [Charge(SHADOW, 1, False)])
    with store.read() as conn:
        assert spending.by_day(conn, 7, 10) == [
            DaySum(7, "USD", 100, 900),
            DaySum(9, "MYR", 5, 0),
            DaySum(9, "USD", 1, 0),
        ]
