"""What people and Prometheus are told of money: of the deployment, and of each rollout."""

from rollouts import a_policy

from cutover.spending import body, spending, text
from mirror.journal.spending import AVOIDED, DAY_US, Account, Sum

COPIES = Sum(Account("clinic", "chat", "shadow", "cloud", "big", "USD"), 1_500_000, 30, 3)
REASKS = Sum(Account("clinic", "chat", "reask", "cloud", "big", "USD"), 500_000, 10, 0)
SAVED = Sum(Account("clinic", "chat", AVOIDED, "cloud", "big", "USD"), 9_000_000, 80, 0)


def with_budget(own=None, whole=None):
    written = a_policy().model_dump(mode="json")
    written["terms"]["sampling"]["budget_per_day"] = own
    written["budget_per_day"] = whole
    return type(a_policy()).model_validate(written)


def test_copies_and_re_asks_are_spent_and_answers_of_the_candidate_avoid():
    whole, clinic = spending(with_budget(own={"amount": 2}), [COPIES, REASKS, SAVED])
    assert (whole.tenant, whole.spent, whole.avoided, whole.budget) == ("", 2.0, 9.0, None)
    assert (clinic.tenant, clinic.spent, clinic.budget) == ("clinic", 2.0, 2)
    assert (clinic.legs, clinic.estimated) == (40, 3)
    assert clinic.is_spent and not whole.is_spent


def test_a_budget_of_which_nothing_was_spent_is_told_too():
    (whole,) = spending(with_budget(whole={"amount": 5, "currency": "MYR"}), [])
    assert (whole.tenant, whole.currency, whole.spent, whole.budget) == ("", "MYR", 0, 5)
    assert spending(with_budget(), []) == []


def test_sums_of_two_currencies_are_never_added():
    ringgit = Sum(Account("ward", "chat", "shadow", "c", "m", "MYR"), 4_000_000, 1, 0)
    found = spending(with_budget(whole={"amount": 3}), [COPIES, ringgit])
    told = {(one.tenant, one.currency): (one.spent, one.budget) for one in found}
    assert told == {
        ("", "USD"): (1.5, 3),
        ("", "MYR"): (4.0, None),
        ("clinic", "USD"): (1.5, None),
        ("ward", "MYR"): (4.0, None),
    }


def test_json_says_when_copies_go_out_again():
    told = body(7, spending(with_budget(own={"amount": 1}), [COPIES]))
    assert told["resumes_us"] == 8 * DAY_US
    assert [one["is_spent"] for one in told["spending"]] == [False, True]


def test_prometheus_reads_a_line_a_rollout():
    page = text(spending(with_budget(own={"amount": 2}), [COPIES, SAVED])).splitlines()
    of = '{tenant="clinic",route="chat",currency="USD"}'
    assert f"crossfade_spent_today{of} 1.5" in page
    assert f"crossfade_avoided_today{of} 9" in page
    assert f"crossfade_budget_per_day{of} 2" in page
