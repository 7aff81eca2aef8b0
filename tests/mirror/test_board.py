import os
import signal
import subprocess
import sys

import pytest

from mirror import board
from mirror.board import Alone, SharedBoard, seen
from mirror.capacity import Load
from mirror.journal.home import HomeError

BUSY = Load((3, 2, 1), (5, 4), 7)

HOLD = """
import sys, threading
from pathlib import Path
from mirror.board import SharedBoard
from mirror.capacity import Load
held = SharedBoard(Path(sys.argv[1]))
held.tell("gpu", Load((3, 2, 1), (5, 4), 7))
print("up", flush=True)
threading.Event().wait()
"""


def test_each_reads_what_the_others_tell_and_not_its_own(tmp_path):
    with (
        SharedBoard(tmp_path) as one,
        SharedBoard(tmp_path) as two,
        SharedBoard(tmp_path) as three,
    ):
        one.tell("gpu", BUSY)
        three.tell("gpu", Load((1, 0, 0)))
        two.tell("gpu", Load((0, 9, 0)))
        two.tell("other", Load((0, 0, 8)))
        assert one.others("gpu") == Load((1, 9, 0))
        assert two.others("gpu") == BUSY + Load((1, 0, 0))
        assert three.others("gpu") == BUSY + Load((0, 9, 0))
        assert one.others("other") == Load((0, 0, 8)) and two.others("other") == Load()


def test_who_closes_counts_no_more_and_its_row_is_free_again(tmp_path):
    with SharedBoard(tmp_path) as one:
        two = SharedBoard(tmp_path)
        two.tell("gpu", BUSY)
        two.close()
        assert one.others("gpu") == Load()
        with SharedBoard(tmp_path) as three:
            assert three.row == two.row


def test_what_a_killed_process_had_in_flight_is_taken_out_and_what_living_ones_have_is_not(
    tmp_path,
):
    with SharedBoard(tmp_path) as one, SharedBoard(tmp_path) as two:
        two.tell("gpu", Load((1, 0, 0)))
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=os.getcwd()
        )
        with process:
            assert process.stdout.readline() == b"up\n"
            one.bury("gpu")
            assert one.others("gpu") == BUSY + Load((1, 0, 0)) == seen(tmp_path)["gpu"]
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert seen(tmp_path)["gpu"] == Load((1, 0, 0))
        two.bury("gpu")
        assert one.others("gpu") == Load((1, 0, 0))


def test_a_new_process_in_a_dead_ones_row_starts_with_nothing_everywhere(tmp_path):
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            HOLD.replace("threading.Event().wait()", "import os; os._exit(1)"),
            str(tmp_path),
        ],
        cwd=os.getcwd(),
        stdout=subprocess.PIPE,
        check=False,
    )
    assert process.returncode == 1
    with SharedBoard(tmp_path) as one, SharedBoard(tmp_path) as two:
        assert one.row == 0  # the dead one's
        assert two.others("gpu") == Load()


def test_dead_rows_are_looked_for_a_few_times_a_second_at_most(tmp_path, monkeypatch):
    looks, now = [], [100.0]
    monkeypatch.setattr(board.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(board, "_whole", lambda file: looks.append(file) or b"")
    with SharedBoard(tmp_path) as one:
        for _ in range(3):
            one.bury("gpu")
        now[0] += 0.2
        one.bury("gpu")
    assert len(looks) == 2


def test_a_board_that_fails_binds_each_alone_and_says_so_once(tmp_path, caplog):
    folder = tmp_path / "load"
    folder.mkdir()
    one = SharedBoard(folder)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    for _ in range(2):
        one.tell("gpu", BUSY)
        one.bury("gpu")
        one.keep()
        assert one.others("gpu") == Load()
    assert len(caplog.records) == 1 and "each process alone" in caplog.text
    one.close()


@pytest.mark.parametrize("content", [b"x" * 100, bytes(24) * 2 + b"x" * 7, b"\xff" * 7000])
def test_whatever_stands_in_a_file_is_read_as_no_load_and_healed_at_a_start(
    tmp_path, content, caplog
):
    file = tmp_path / "gpu.load"
    with SharedBoard(tmp_path) as one, SharedBoard(tmp_path) as two:
        two.tell("gpu", BUSY)
        file.write_bytes(content)
        for _ in range(2):
            assert one.others("gpu") == Load()
            one.bury("gpu")
        assert seen(tmp_path) == {"gpu": Load()}
        assert caplog.text.count("no process of ours told") == (content[:1] != b"\0")
    file.write_bytes(content)
    with SharedBoard(tmp_path) as one:
        assert one.others("gpu") == Load()
        rows = file.read_bytes()
        assert rows[:24] == bytes(24) and len(rows) % 24 == 0
        assert len(rows) <= board.ROWS * 24


def test_a_row_that_something_else_wrote_is_its_owners_again_though_it_is_idle(tmp_path):
    with SharedBoard(tmp_path) as one, SharedBoard(tmp_path) as idle:
        idle.tell("gpu", Load((1, 0, 0)))
        for content in ((9).to_bytes(4, "little") * 12, b""):
            (tmp_path / "gpu.load").write_bytes(content)
            assert one.others("gpu") != Load((1, 0, 0))
            idle.keep()
            assert one.others("gpu") == Load((1, 0, 0))


def test_a_process_whose_lock_was_removed_makes_room_for_the_one_that_has_its_row_now(
    tmp_path, caplog
):
    with SharedBoard(tmp_path) as one:
        one.tell("gpu", Load((3, 0, 0)))
        (tmp_path / "row-000").unlink()
        with SharedBoard(tmp_path) as two:
            assert two.row == one.row == 0
            two.tell("gpu", Load((1, 0, 0)))
            for _ in range(2):
                one.keep()
                two.keep()
            assert (one.row, two.row) == (1, 0)
            assert one.others("gpu") == Load((1, 0, 0)) and two.others("gpu") == Load((3, 0, 0))
    assert caplog.text.count("was removed while in use") == 1


def test_a_file_that_was_removed_is_made_again_by_those_who_had_it(tmp_path):
    with SharedBoard(tmp_path) as one:
        one.tell("gpu", Load((3, 0, 0)))
        (tmp_path / "gpu.load").unlink()
        with SharedBoard(tmp_path) as two:
            assert two.others("gpu") == Load()
            one.keep()
            assert two.others("gpu") == Load((3, 0, 0))


def test_a_folder_that_cannot_be_used_says_why(tmp_path, monkeypatch):
    with pytest.raises(HomeError, match="No such file"):
        SharedBoard(tmp_path / "missing")
    monkeypatch.setattr(board, "ROWS", 1)
    with SharedBoard(tmp_path), pytest.raises(HomeError, match="1 processes use this"):
        SharedBoard(tmp_path)


def test_a_process_alone_shares_with_nobody():
    alone = Alone()
    alone.tell("gpu", BUSY)
    alone.bury("gpu")
    alone.keep()
    assert alone.others("gpu") == Load()
