"""The signer's own folder: what it remembers, and what others may ask in it."""

import stat

import pytest

from mirror.journal.signed.folder import LARGEST_ASKED, Folder, Signed, State, write_whole
from mirror.journal.signed.signing import SignerError

ONE = Signed(3, ("aa" * 32, "bb" * 32), "cc" * 32, "a note", 7, 8, 2, "{}", "note", 0, "why")


@pytest.fixture
def folder(tmp_path):
    return Folder.open(tmp_path)


def test_what_is_remembered_is_read_again(folder):
    assert folder.state() == State()
    state = State("0123456789abcdef", {"": Signed(), "clinic": ONE})
    folder.save(state)
    assert folder.state() == state
    assert ONE.range().size == 3


def test_the_folder_and_what_it_remembers_are_its_owners_alone(folder):
    folder.save(State())
    for path in (folder.path, folder.path / "asked", folder.path / "signed"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.path / "state.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "[]", '{"logs": {}}', '{"deployment": "a", "logs": {"": {"hashes": []}, "b": 1}}',
                '{"deployment": "a", "logs": {"": {"size": 3, "hashes": []}}}'],
)  # fmt: skip
def test_a_memory_that_no_signer_wrote_is_told(folder, content):
    (folder.path / "state.json").write_text(content)
    with pytest.raises(SignerError, match=r"state\.json: not what the signer wrote"):
        folder.state()


def test_a_file_in_the_folders_place_is_told(tmp_path):
    (tmp_path / "signer").write_text("")
    with pytest.raises(SignerError, match="needs a folder of its own"):
        Folder.open(tmp_path)


def test_a_write_that_fails_leaves_what_was_there(folder, monkeypatch):
    write_whole(folder.path / "file", b"before")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_whole(folder.path / "file", b"after")
    assert (folder.path / "file").read_bytes() == b"before"


def test_what_is_asked_is_read_a_link_or_a_draft_is_not_and_what_is_too_large_shows_that_it_is(
    folder,
):
    asked = folder.path / "asked"
    (asked / "a.json").write_bytes(b"{}")
    (asked / "large.json").write_bytes(b" " * (LARGEST_ASKED + 1))
    (asked / ".draft.json").write_bytes(b"{}")
    (asked / "link.json").symlink_to(asked / "a.json")
    assert folder.waiting() == {"a.json", "large.json", "link.json"}
    (first, content), (second, cut) = folder.asked()
    assert (first, content, second, len(cut)) == ("a", b"{}", "large", LARGEST_ASKED + 1)
    folder.done("asked", "a")
    assert [name for name, _ in folder.asked()] == ["large"]


def test_orders_are_read_as_objects(folder):
    for name, content in (("a", "[]"), ("b", "no json"), ("c", '{"kind": "rotate"}')):
        (folder.path / "orders" / f"{name}.json").write_text(content)
    assert list(folder.orders()) == [("a", {}), ("b", {}), ("c", {"kind": "rotate"})]
    folder.answer("c", "done", "well")
    assert (folder.path / "signed" / "c.done").read_text() == "well"
