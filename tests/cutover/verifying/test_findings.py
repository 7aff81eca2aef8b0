"""Findings, and the exit code that follows from them."""

from cutover.verifying.findings import GAP, Fault, Report


def test_the_worst_finding_decides_the_code():
    report = Report()
    report.warn("clock", "odd")
    assert report.code == 0
    report.gap("range", "nothing")
    assert report.code == 2
    report.tampered("lines", "changed", "events.jsonl", 3, 7)
    report.gap("range", "nothing")
    assert (report.code, report.body()["outcome"]) == (1, "tampered")


def test_a_finding_says_its_file_line_and_event():
    report = Report()
    report.tampered("lines", "changed", "events.jsonl", 1003, 2007)
    report.gap("archive", "cut short")
    report.tampered("files", "too long", "README.txt")
    assert [str(one) for one in report.findings] == [
        "events.jsonl, line 1,003, event 2,007: changed",
        "cut short",
        "README.txt: too long",
    ]


def test_of_a_million_findings_few_are_kept_and_all_are_counted():
    report = Report()
    for number in range(5000):
        report.tampered("tables", "another row", line=number)
    report.add("archive", Fault("cut short", kind=GAP))
    assert (len(report.findings), report.count("tampered"), report.code) == (21, 5000, 1)
