import asyncio
import os
import socket
import stat

import pytest
from rehearsed import a_staged_policy

from cutover.cli.control import Control
from cutover.rehearsal.box import LEAD, UsedFolder, deployed, folder, free_address
from mirror.journal import chosen


def test_a_temporary_folder_is_removed_even_after_a_fault():
    with pytest.raises(RuntimeError), folder(None) as data:
        (data / "store.db").write_text("x")
        raise RuntimeError
    assert not data.exists()


def test_a_named_folder_stays(tmp_path):
    for name in ("new", "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with folder(tmp_path / name) as data:
            data.mkdir(exist_ok=True)
            (data / "store.db").write_text("x")
        assert data.exists()


def test_a_rehearsal_never_writes_into_the_store_of_a_deployment(monkeypatch):
    monkeypatch.setenv(chosen.VARIABLE, "postgresql://crossfade@db/production")
    with folder(None):
        assert chosen.VARIABLE not in os.environ


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "store.db").write_text("x")
    for used in (tmp_path, tmp_path / "store.db"):
        with pytest.raises(UsedFolder, match=r"not an empty folder.*--data"), folder(used):
            pass


def test_a_free_address_can_be_listened_on():
    with socket.socket() as listener:
        listener.bind(free_address())


def test_a_wanted_port_is_taken_unless_somebody_listens_there():
    wanted = free_address()
    assert free_address(wanted[1]) == wanted
    with socket.socket() as listener:
        listener.bind(wanted)
        listener.listen()
        assert free_address(wanted[1]) != wanted


@pytest.mark.deep
def test_a_deployment_starts_with_people_and_ends_with_all_its_processes(tmp_path):
    said = []

    async def scene():
        async with deployed(
            a_staged_policy(), tmp_path, users=["lead"], dashboard=False, say=said.append
        ) as box:
            (view,) = await box.control.rollouts()
            assert (view.tenant, view.stage) == ("clinic-1", "mirror")
            for name in (LEAD, "lead"):
                me = await asyncio.to_thread(
                    lambda n=name: Control.find(tmp_path, n).get("/v1/me")
                )
                assert (me["name"], me["roles"], me["tenants"]) == (name, ["lead"], {})
                assert stat.S_IMODE((tmp_path / "tokens" / name).stat().st_mode) == 0o600
            return box.running.supervisor, box.running.control_url

    supervisor, url = asyncio.run(scene())
    parts = ("proxy", "drain", "shadow", "score", "controller", "notify", "signer")
    assert [supervisor.pid(part) for part in parts] == [None] * 7
    assert said == []
    host, port = url.removeprefix("http://").split(":")
    with pytest.raises(OSError), socket.socket() as late:
        late.connect((host, int(port)))
