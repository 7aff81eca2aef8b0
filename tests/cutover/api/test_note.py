"""The note that says where the control API answers."""

import json
import socket
import stat

import pytest

from cutover.api.note import Note, url_of


@pytest.fixture
def file(tmp_path):
    return tmp_path / "control.json"


def a_note(file, port, *, acts):
    return Note(file, f"http://127.0.0.1:{port}", lambda: acts)


def port(file):
    return int(json.loads(file.read_text())["url"].rpartition(":")[2])


def test_it_is_there_for_this_account_alone_until_it_is_withdrawn(file):
    note = a_note(file, 1, acts=True)
    note.step()
    assert port(file) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    note.withdraw()
    note.withdraw()
    assert not file.exists()


def test_one_that_stands_by_neither_overwrites_nor_removes_that_of_the_one_that_acts(file):
    acting, second = a_note(file, 1, acts=True), a_note(file, 2, acts=False)
    acting.step()
    second.step()
    second.withdraw()
    assert port(file) == 1


def test_whoever_acts_takes_it_over_and_puts_back_what_is_gone(file):
    a_note(file, 2, acts=False).step()
    assert port(file) == 2, "better than none"
    acting = a_note(file, 1, acts=True)
    acting.step()
    assert port(file) == 1
    file.unlink()
    acting.step()
    assert port(file) == 1


@pytest.mark.parametrize("spoiled", [b"", b"\xff\xfe", b'{"url": "http://elsewhere"}'])
def test_a_spoiled_one_is_written_anew_by_whoever_acts(file, spoiled):
    file.write_bytes(spoiled)
    a_note(file, 1, acts=True).step()
    assert port(file) == 1


@pytest.mark.parametrize(("family", "host", "url"), [
    (socket.AF_INET, "127.0.0.1", "http://127.0.0.1:"), (socket.AF_INET6, "::1", "http://[::1]:"),
])  # fmt: skip
def test_an_address_is_written_as_a_url(family, host, url):
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((host, 0))
        assert url_of(listener).startswith(url)
