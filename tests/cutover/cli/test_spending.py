from io import StringIO

from rich.console import Console

from cutover.cli import spending

ROW = {
    "tenant": "clinic",
    "route": "chat",
    "currency": "USD",
    "spent": 5.004,
    "avoided": 61.2,
    "budget": 5.0,
    "legs": 1200,
    "estimated": 7,
    "is_spent": True,
}


def shown(*rows):
    console = Console(width=200, record=True, file=StringIO())
    spending.show(console, {"resumes_us": 86_400_000_000, "spending": list(rows)})
    return console.export_text().splitlines()


def test_a_spent_budget_says_until_when_and_how_much_was_guessed():
    (line,) = shown(ROW)
    assert line.startswith("clinic chat: copies cost 5.00 of 5.00 USD today")
    assert "(7 of 1,200 estimated)" in line and "no more are sent until 1970-01-02" in line
    assert line.endswith("the candidate's answers avoided 61.20 USD")


def test_without_a_budget_only_the_sums_are_told():
    whole = ROW | {"tenant": "", "route": "", "budget": None, "estimated": 0, "is_spent": False}
    assert shown(whole) == [
        "deployment: copies cost 5.00 USD today; the candidate's answers avoided 61.20 USD"
    ]


def test_a_controller_of_an_older_version_tells_nothing_of_it():
    console = Console(record=True)
    spending.show(console, None)
    assert console.export_text() == ""
