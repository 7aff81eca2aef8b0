import io

from rehearsed import a_move, a_view
from rich.console import Console

from cutover.rehearsal.report import Rehearsed, report
from cutover.rehearsal.summary import summary


def told(view, **changes):
    found = report("rehearsal", [Rehearsed(view, 7, changes.get("first_bad_us"))], [], 3, 65.0)
    console = Console(file=io.StringIO(), width=300)
    console.print(summary(found))
    return console.file.getvalue()


def test_a_summary_tells_stage_reasons_evidence_and_clients():
    text = told(a_view(ledger={"seen": 7, "compared": 7}))
    assert "clinic-1/chat  mirror at 0 %, verdict hold, 7 sessions" in text
    assert "ledger: 7 seen, 7 compared" in text
    assert "because equivalence is not shown yet" in text
    assert "errors: for 0.50 of 1.00, against -0.20 (log10)" in text
    assert "3 errors; 65 s" in text
    assert "rolled back" not in text


def test_a_rollback_is_told_with_its_times():
    move = a_move("canary", "rolled_back", 10, reason="flags [DOSE]")
    text = told(a_view(stage="rolled_back", transitions=[move]), first_bad_us=4_000_000)
    assert "00:00:10  canary -> rolled_back at 0 % by controller: flags [DOSE]" in text
    assert "rolled back 6.0 s after the first bad answer; 0 requests" in text
