"""Which questions read a large table from its beginning to its end, as the engines themselves say."""

from contextlib import contextmanager

from sqlalchemy import Engine, event, text

WHOLE = "(tenant=? AND route=?)"
"""How SQLite says that all rows of a rollout are read."""
GATHERING = ("Sort", "Aggregate", "Group", "Unique", "Bitmap Heap Scan")
"""What PostgreSQL does with all that it is given, before it gives anything."""


@contextmanager
def asked(heard=lambda: True):
    """The questions that are asked of a store meanwhile, while `heard`, each with parameters it was asked with."""
    questions = {}

    def hear(_conn, _cursor, statement, parameters, _context, many):
        if statement.lstrip().startswith(("SELECT", "WITH")) and not many and heard():
            questions.setdefault(statement, parameters)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield questions
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def found(conn, questions, large, of_a_part, *, pages=False):
    """By question what it reads whole of the `large` tables, apart from indices `of_a_part`.

    With `pages` an index that is read in its order until a page is full does not count.
    """
    explain = {"sqlite": _by_sqlite, "postgresql": _by_postgresql}[conn.dialect.name]
    scans = {}
    for question, parameters in questions.items():
        whole = explain(conn, question, parameters, large, pages=pages)
        if said := [one for one in whole if not any(part in one for part in of_a_part)]:
            scans[question] = said
    return scans


def _by_sqlite(conn, question, parameters, large, *, pages):
    rows = [
        row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", parameters)
    ]
    if (
        pages
        and "LIMIT" in question
        and not any("TEMP B-TREE FOR ORDER" in row for row in rows)
    ):
        return
    for row in rows:
        verb, _, rest = row.partition(" ")
        if rest.split(" ")[0] in large and (verb == "SCAN" or row.endswith(WHOLE)):
            yield row


def _by_postgresql(conn, question, parameters, large, *, pages):
    # It reads so few rows whole, and joins what it has read: it is to say what it can do of many.
    for way in ("seqscan", "hashjoin", "mergejoin"):
        conn.execute(text(f"SET LOCAL enable_{way} = off"))
    told = conn.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {question}", parameters).scalar_one()
    nodes = [(one["Plan"], False) for one in told]
    while nodes:
        node, ends = nodes.pop()
        kind = node["Node Type"]
        ends = pages and (kind == "Limit" or (ends and kind not in GATHERING))
        nodes += [(one, ends) for one in node.get("Plans", [])]
        whole = "Index Cond" not in node and kind != "Bitmap Heap Scan"
        if whole and not ends and node.get("Relation Name") in large:
            yield f"{kind} of {node['Relation Name']} by {node.get('Index Name')}"
