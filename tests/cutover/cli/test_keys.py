import pytest
from builders import accepted
from click.testing import CliRunner

from cutover.cli import cli
from mirror.journal import events, exchanges
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store


@pytest.fixture
def data(tmp_path):
    home = Home.open(tmp_path / "data")
    store = Store.open(home.store_url)
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), Sealer.open(home))
    store.close()
    return home.path


def run(*given):
    return CliRunner().invoke(cli, ["keys", *map(str, given)])


def files(data):
    return sorted((data / "keys" / "tenants" / "clinic").iterdir())


def test_keys_are_listed_with_what_they_are_needed_for(data):
    done = run("list", "--data", data)
    assert done.exit_code == 0
    assert files(data)[0].stem in done.output and "1 months" in done.output
    assert files(data)[0].read_bytes().hex() not in done.output


def test_a_key_that_is_gone_is_named(data):
    (file,) = files(data)
    file.unlink()
    done = run("list", "--data", data)
    assert done.exit_code == 1 and f"{file.stem}  1 months" in done.output
    assert "GONE" in done.output


def test_a_key_whose_file_was_written_over_is_named(data):
    (file,) = files(data)
    kept = file.read_bytes()
    file.write_bytes(bytes(len(kept)))
    done = run("list", "--data", data)
    assert (done.exit_code, "GONE, or another one" in done.output) == (1, True)
    file.write_bytes(kept)
    assert run("list", "--data", data).exit_code == 0


def test_a_rotation_keeps_the_old_key_unless_it_is_to_go(data):
    (old,) = files(data)
    asked = ("rotate", "--tenant", "clinic", "--reason", "yearly", "--data", data)
    assert "wraps 1 months' keys" in run(*asked).output
    assert old in files(data) and len(files(data)) == 2
    done = run(*asked, "--destroy-old")
    assert done.exit_code == 0 and f"key {old.stem} is destroyed" in done.output
    assert old not in files(data) and len(files(data)) == 1
    home = Home.open(data)
    store = Store.open(home.store_url)
    with store.read() as conn:
        assert exchanges.load(conn, "e000001", Sealer.open(home)).accept == accepted(1)
        told = [one.type for one in events.read(conn, "clinic")]
    store.close()
    assert told == ["key.rotated", "key.rotated", "key.destroyed", "key.destroyed"]


def test_a_name_that_is_none_is_refused(data):
    done = run("rotate", "--tenant", "../up", "--reason", "x", "--data", data)
    assert done.exit_code == 2 and "no tenant's name" in done.output


def known(data):
    home = Home.open(data)
    store, held = Store.open(home.store_url), Sealer.open(home).ring.peppers
    with store.write() as conn:
        held.verified(conn, "clinic", 7)
    store.close()
    return data / "keys" / "tenants" / "clinic" / "pepper.key"


def test_a_pepper_that_is_gone_is_named_and_not_drawn_by_looking(data):
    file = known(data)
    done = run("list", "--data", data)
    assert (done.exit_code, "clinic  pepper" in done.output) == (0, True)
    file.unlink()
    done = run("list", "--data", data)
    assert (done.exit_code, "GONE, or another one" in done.output) == (1, True)
    assert not file.exists()


def test_another_pepper_is_accepted_only_where_that_is_said(data):
    file = known(data)
    file.unlink()
    asked = ("pepper", "--tenant", "clinic", "--reason", "no backup", "--data", data)
    refused = run(*asked)
    assert (refused.exit_code, "nothing was changed" in refused.output) == (2, True)
    assert run("pepper", "--tenant", "../x", *asked[3:], "--accept").exit_code == 2
    done = run(*asked, "--accept")
    assert (done.exit_code, "restart the proxies" in done.output) == (0, True), done.output
    assert run("list", "--data", data).exit_code == 0
