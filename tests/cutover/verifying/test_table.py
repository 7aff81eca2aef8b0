from cutover.verifying.table import WHEN, Table, counted, either, said, showing, told

TABLE = Table(
    ("egress.", "state.transition"),
    (
        said("route"),
        counted("epoch"),
        either("who", ("details", "name"), ("actor", "name")),
        told("told", lambda event: "always"),
    ),
)


def test_a_table_begins_with_where_and_when():
    assert TABLE.columns[: len(WHEN)] == ("seq", "at_utc", "at_plus8", "type", "tenant")
    assert TABLE.whole == {"seq", "epoch"}


def test_an_event_of_another_type_gives_no_row():
    assert TABLE.row({"type": "state.transitions"}) is None
    assert TABLE.row({"type": ["state.transition"]}) is not None  # read as the text it holds
    assert TABLE.row({"type": 7}) is None


def test_a_row_has_every_column_in_order():
    row = TABLE.row(
        {
            "seq": 7,
            "at_us": 0,
            "type": "egress.done",
            "actor": {"name": "proxy"},
            "details": {"route": "chat", "epoch": 2},
        }
    )
    assert row is not None and tuple(row) == TABLE.columns
    assert row["at_utc"] == "1970-01-01T00:00:00.000000Z"
    assert (row["route"], row["epoch"], row["who"], row["told"]) == (
        "chat",
        2,
        "proxy",
        "always",
    )


def test_which_tables_show_a_type_is_told_in_their_order():
    tables = {"b": Table(("x.y", "z."), ()), "a": Table(("x.y",), ())}
    shown = showing(tables)
    assert [shown(one) for one in ("x.y", "z.q", "z", "")] == [("b", "a"), ("b",), (), ()]


def test_some_cells_of_a_row_are_those_of_the_row():
    event = {"type": "x.y", "seq": 7, "at_us": 1, "details": {"one": "1", "many": 3}}
    table = Table(("x.y",), (said("one"), counted("many"), said("absent")))
    row = table.row(event)
    names = ("many", "absent", "one", "at_plus8")
    assert table.cells(event, names) == {name: row[name] for name in names}
