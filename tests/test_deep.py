"""What runs the deep tests: two processes, the longest files first, and words that are true at the end."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

RUNNER = Path(__file__).parent.parent / ".ci" / "deep.py"
NOTES = """
import os
from pathlib import Path
import pytest

def note(name):
    with Path("notes").open("a") as notes:
        notes.write(f"{os.environ.get('PYTEST_XDIST_WORKER', 'alone')} {name}\\n")

@pytest.mark.deep
@pytest.mark.timeout(LIMIT)
def test_a_few():
    note(LIMIT)

@pytest.mark.deep
def test_more():
    note(LIMIT)
"""
STRAIGHT = "import pytest\n@pytest.mark.deep\ndef test_it():\n    assert True\n"
TRACED = STRAIGHT.replace("\ndef", '\n@pytest.mark.needs("strace")\ndef')


def run(folder, files, *arguments):
    """A run of some test files on a machine that has no programs."""
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers = deep: long\n  needs: of a machine\n"
    )
    for name, text in files.items():
        (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, RUNNER, *arguments],
        cwd=folder,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def noted(folder):
    """The files' limits in the order in which each process began their tests."""
    found = defaultdict(list)
    for line in (folder / "notes").read_text().splitlines():
        who, limit = line.split()
        found[who].append(int(limit))
    return found


def test_two_processes_take_whole_files_the_longest_first_and_tell_what_could_not_run(tmp_path):
    files = {
        f"test_{name}.py": NOTES.replace("LIMIT", limit)
        for name, limit in (("a", "30"), ("b", "90"), ("c", "20"), ("d", "60"))
    }
    done = run(tmp_path, files | {"test_traced.py": TRACED})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout
    assert done.stdout.count("deep: not run, no strace: test_traced.py::test_it\n") == 1
    assert done.stdout.endswith(
        "deep: everything that could run passed; 1 could not run here, see above\n"
    )
    found = noted(tmp_path)
    assert {limits[0] for limits in found.values()} == {90, 60}
    for limits in found.values():
        assert limits == sorted(limits, reverse=True)
        assert all(limits.count(limit) == 2 for limit in limits)


def test_one_that_fails_in_either_process_fails_the_run(tmp_path):
    files = {"test_good.py": STRAIGHT, "test_bad.py": STRAIGHT.replace("True", "False")}
    done = run(tmp_path, files)
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert done.stdout.endswith("see pytest's last lines; 0 could not run here\n")


def test_a_need_that_nobody_knows_fails_the_run_in_words(tmp_path):
    done = run(tmp_path, {"test_odd.py": TRACED.replace("strace", "a moon")})
    assert done.returncode == 1
    assert "deep: nobody knows what 'a moon' is; name it in NEEDS of .ci/deep.py" in done.stdout


def test_with_arguments_of_its_own_all_run_in_one_process(tmp_path):
    files = {
        "test_a.py": NOTES.replace("LIMIT", "30"),
        "test_b.py": NOTES.replace("LIMIT", "90"),
    }
    done = run(tmp_path, files | {"test_traced.py": TRACED}, "test_a.py", "test_traced.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert noted(tmp_path) == {"alone": [30, 30]}
    assert "deep: not run, no strace: test_traced.py::test_it\n" in done.stdout
