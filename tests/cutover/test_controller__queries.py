"""What a tick asks the store is found by an index: the longest history makes no tick longer."""

from contextlib import contextmanager

from rollouts import World, a_policy
from sqlalchemy import Engine, event, text

from mirror.exchange import Side

LARGE = ("observation", "exchange", "comparison", "reply", "proposal")
"""Tables with a row of every exchange, session or proposal there ever was."""
WHOLE = "(tenant=? AND route=?)"
"""How SQLite says that all rows of a rollout are read."""
OF_A_PART = ("ix_exchange_pending", "ix_exchange_reasked", "ix_proposal_open")
"""Indices of a small part: what waits, and what the primary was asked again of."""


@contextmanager
def asked(controller):
    """The questions that a controller's ticks ask meanwhile, each with parameters it was asked with."""
    questions = {}

    def hear(_conn, _cursor, statement, parameters, _context, many):
        ticks = controller._turn.locked()
        if ticks and statement.lstrip().startswith("SELECT") and not many:
            questions.setdefault(statement, parameters)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield questions
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def scanned_by_sqlite(conn, question, parameters):
    for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", parameters):
        verb, table, *how = row.detail.split()
        if verb == "SCAN" and table in LARGE and not set(how) & set(OF_A_PART):
            yield row.detail
        if table in LARGE and row.detail.endswith(WHOLE) and not set(how) & set(OF_A_PART):
            yield row.detail


def scanned_by_postgresql(conn, question, parameters):
    conn.execute(text("SET LOCAL enable_seqscan = off"))  # it reads so few rows whole
    nodes = [
        one["Plan"]
        for one in conn.exec_driver_sql(
            f"EXPLAIN (FORMAT JSON) {question}", parameters
        ).scalar_one()
    ]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        whole = "Index Cond" not in node and node.get("Index Name") not in OF_A_PART
        if (
            whole
            and node.get("Relation Name") in LARGE
            and node["Node Type"] != "Bitmap Heap Scan"
        ):
            yield f"{node['Node Type']} of {node['Relation Name']}"


def test_no_question_of_a_tick_reads_a_table_that_grows_from_its_beginning(home, store):
    world = World(store, home, policy=a_policy())
    world.controller._traffic.production = True  # where it is counted
    world.tick()
    with asked(world.controller) as questions:
        world.until_proposed()
        world.exchange(pending=True)
        world.tick(2)
        world.approve()
        world.good(5, serving=Side.CANDIDATE)
        world.tick(40)
        world.controller.cabinet.files.clear()
        world.controller.cabinet._whole = False
        world.tick(2)  # what was dropped is read again
    explain = {"sqlite": scanned_by_sqlite, "postgresql": scanned_by_postgresql}
    scans = {}
    with store.read() as conn:
        for question, parameters in questions.items():
            if found := list(explain[conn.dialect.name](conn, question, parameters)):
                scans[question] = found
    assert len(questions) > 20
    assert not scans, "\n".join(f"{found}: {question}" for question, found in scans.items())
