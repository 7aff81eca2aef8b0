import stat

import pytest

from mirror.journal.keys.files import DRAWN_FILE, PEPPER_FILE, FileKeys
from mirror.journal.keys.port import KeyLost


@pytest.fixture
def keys(tmp_path):
    return FileKeys(tmp_path / "tenants")


def file_of(keys, tenant, key):
    return keys.folder / tenant / f"{key}.key"


def test_a_key_is_a_file_of_32_bytes_that_only_its_owner_reads(keys):
    file = file_of(keys, "clinic-a", keys.draw("clinic-a"))
    assert len(file.read_bytes()) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_key_that_others_may_read_is_refused_with_the_command_that_mends_it(keys):
    key = keys.draw("clinic-a")
    file = file_of(keys, "clinic-a", key)
    file.chmod(0o640)
    with pytest.raises(KeyLost, match=f"chmod 600 {file}"):
        keys.wrap("clinic-a", key, b"k" * 32, b"")


def test_a_file_that_vanished_or_was_cut_is_named(keys):
    key = keys.draw("clinic-a")
    wrapped = keys.wrap("clinic-a", key, b"k" * 32, b"")
    file = file_of(keys, "clinic-a", key)
    whole = file.read_bytes()
    file.write_bytes(whole[:31])
    with pytest.raises(KeyLost, match=str(file)):
        keys.unwrap("clinic-a", key, wrapped, b"")
    file.unlink()
    with pytest.raises(KeyLost, match=str(file)):
        keys.unwrap("clinic-a", key, wrapped, b"")


def test_a_key_that_cannot_be_read_is_lost_and_no_fault_of_the_code(keys):
    key = keys.draw("clinic-a")
    keys.pepper("clinic-a")
    for name in (key, "pepper"):
        file = file_of(keys, "clinic-a", name)
        file.unlink()
        file.mkdir()
    with pytest.raises(KeyLost, match=f"{key}.key: this key cannot be read"):
        keys.wrap("clinic-a", key, b"k" * 32, b"")
    with pytest.raises(KeyLost, match=r"pepper\.key: this key cannot be read"):
        keys.pepper("clinic-a")


@pytest.mark.parametrize("name", ["", "..", "a/b", "../up", ".hidden", "A", "a\n", "x" * 65])
def test_no_name_leads_out_of_the_folder(keys, name):
    for ask in (keys.draw, keys.ids, keys.pepper):
        with pytest.raises(KeyLost, match="no name of a tenant"):
            ask(name)
    assert not keys.folder.exists()


def test_a_key_that_is_destroyed_leaves_no_file(keys):
    key = keys.draw("clinic-a")
    keys.destroy("clinic-a", key)
    assert list((keys.folder / "clinic-a").iterdir()) == []


def test_a_tenants_next_key_never_has_the_name_of_one_that_it_has(keys):
    first = keys.draw("clinic-a")
    second = keys.draw("clinic-a")
    keys.destroy("clinic-a", first)
    third = keys.draw("clinic-a")
    assert list(keys.ids("clinic-a")) == [second, third]
    assert keys.draw("clinic-a", after="0041-00000000").startswith("0042-")


def test_a_pepper_that_is_gone_is_drawn_anew_only_once_it_is_forgotten(keys):
    was, file = keys.pepper("clinic"), keys.folder / "clinic" / PEPPER_FILE
    file.unlink()
    with pytest.raises(KeyLost, match="keys pepper --tenant clinic --accept --reason"):
        keys.pepper("clinic")
    assert not file.exists()
    keys.forget_pepper("clinic")
    assert keys.pepper("clinic") != was


def test_a_pepper_of_before_is_noted_when_it_is_used(keys):
    keys.pepper("clinic")
    drawn = keys.folder / "clinic" / DRAWN_FILE
    drawn.unlink()
    keys.pepper("clinic")
    assert drawn.exists()
