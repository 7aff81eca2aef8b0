"""Which store a data folder belongs to: told by environment or file, remembered, and never a secret told."""

import socket

import pytest

from mirror.confine import confined
from mirror.journal import chosen
from mirror.journal.home import Home, HomeError
from mirror.journal.store import Store, StoreError

URL = "postgresql://crossfade:geheim@db.example/crossfade"
NAMED = "postgresql+psycopg://crossfade@db.example/crossfade"


@pytest.fixture
def written(home):
    """`store.url` as an operator writes it."""

    def write(url, mode=0o600):
        file = home.path / chosen.FILE
        file.write_text(f"{url}\n")
        file.chmod(mode)

    return write


def reopened(home, environ=None):
    return chosen.settled(Home.open(home.path), environ or {})


def test_without_a_word_it_is_the_folders_own_file(home):
    assert reopened(home).store_url == home.store_url
    assert not (home.path / chosen.NAME).exists()


@pytest.mark.parametrize("place", ["environment", "file"])
def test_environment_and_file_name_another(home, written, place):
    if place == "file":
        written(URL)
    found = reopened(home, {chosen.VARIABLE: URL} if place == "environment" else {})
    assert found.store_url == URL.replace("postgresql", "postgresql+psycopg")


def test_what_the_folder_remembers_has_no_password(home):
    reopened(home, {chosen.VARIABLE: URL})
    assert (home.path / chosen.NAME).read_text() == f"{NAMED}\n"


def test_a_command_that_was_told_no_store_or_another_is_refused_and_no_secret_told(
    home, written
):
    reopened(home, {chosen.VARIABLE: URL})
    for environ in ({}, {chosen.VARIABLE: URL.replace("db.", "db2.")}):
        with pytest.raises(HomeError, match="its store is postgresql") as caught:
            reopened(home, environ)
        assert "geheim" not in str(caught.value)
    written(URL)
    assert reopened(home).store_url.endswith("@db.example/crossfade")
    with pytest.raises(
        HomeError, match=f"store.url and {chosen.VARIABLE} name different"
    ) as caught:
        reopened(home, {chosen.VARIABLE: URL.replace("geheim", "anders")})
    assert "anders" not in str(caught.value)


def test_another_password_is_the_same_store(home):
    reopened(home, {chosen.VARIABLE: URL})
    reopened(home, {chosen.VARIABLE: URL.replace("geheim", "neu")})


def test_a_folder_with_a_history_of_its_own_does_not_lose_it(home):
    (home.path / chosen.OWN).touch()
    with pytest.raises(HomeError, match=r"its history is in store\.db"):
        reopened(home, {chosen.VARIABLE: URL})


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:geheim@h/d",
        "sqlite:////tmp/geheim.db",
        "geheim",
        "postgresql://u:geheim@h:port/d",
        "postgresql://u@h/d?password=geheim",
    ],
)
def test_what_is_no_store_is_told_with_its_place_and_not_repeated(home, written, url):
    for environ, place in (({chosen.VARIABLE: url}, chosen.VARIABLE), ({}, chosen.FILE)):
        if not environ:
            written(url)
        with pytest.raises(HomeError, match=place) as caught:
            reopened(home, environ)
        assert "geheim" not in str(caught.value)


def test_a_file_that_others_may_read_is_refused_with_the_command_to_run(home, written):
    written(URL, 0o640)
    with pytest.raises(HomeError, match=r"others may read it; run: chmod 600 .*store\.url"):
        reopened(home)


def test_a_file_of_bytes_is_told(home):
    (home.path / chosen.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(HomeError, match="it is no text"):
        reopened(home)


def test_a_file_in_the_place_of_the_folder_is_told_as_that(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="file: it is a file; name the data folder"):
        chosen.is_known(tmp_path / "file", {})


def test_a_folder_has_a_store_when_it_was_told_one_or_has_its_own(home):
    assert not chosen.is_known(home.path, {})
    assert chosen.is_known(home.path, {chosen.VARIABLE: URL})
    reopened(home, {chosen.VARIABLE: URL})
    assert chosen.is_known(home.path, {})  # it says which, when it is opened
    other = Home.open(home.path.parent / "other")
    (other.path / chosen.OWN).touch()
    assert chosen.is_known(other.path, {})


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("sqlite:////var/lib/store.db", set()),
        ("postgresql://u@/d?host=/run/postgresql", set()),
        ("postgresql://u@db/d", {("db", 5432)}),
        ("postgresql://u@db:6432/d", {("db", 6432)}),
        ("postgresql://u@/d?host=one:1&host=two", {("one", 1), ("two", 5432)}),
    ],
)
def test_where_a_store_is_reached_is_known(url, reached):
    assert chosen.endpoints(url) == reached


def test_a_confined_process_reaches_its_store_and_nobody_else(unused_port):
    url = f"postgresql+psycopg://u@localhost:{unused_port}/d"
    with confined(chosen.endpoints(url)) as bounds:
        with pytest.raises(StoreError, match=r"onnection (refused|failed)"):
            Store.open(url)
        with pytest.raises(StoreError, match="not declared"):
            Store.open("postgresql+psycopg://u@elsewhere.example/d")
    assert bounds.refused == {"elsewhere.example:5432"}


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
