import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mirror.journal.home import Home, HomeError, sync_folder


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_data_folder_is_for_its_owner_alone(tmp_path):
    home = Home.open(tmp_path / "a" / "b")
    assert mode(home.path) == 0o700
    assert all(mode(f) == 0o700 for f in (home.spool, home.blobs, home.keys, home.tokens))
    assert home.store_url == f"sqlite:///{home.path}/store.db"


def test_a_store_elsewhere_is_kept(tmp_path):
    assert Home.open(tmp_path, "postgresql://db/x").store_url == "postgresql://db/x"


def test_a_file_in_the_folders_place_is_told(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(
        HomeError, match=r"data: a file is in its place; choose another data folder with --data"
    ):
        Home.open(tmp_path / "data")


def test_a_folder_that_is_not_writable_is_told(tmp_path):
    Home.open(tmp_path / "data")
    (tmp_path / "data").chmod(0o500)
    code = (
        "import sys; from pathlib import Path; from mirror.journal.home import *\n"
        "try: Home.open(Path(sys.argv[1]))\nexcept HomeError as e: print(e)"
    )
    if os.geteuid() == 0:  # root may write everywhere: give the folder away and look as nobody
        tmp_path.chmod(0o755)
        for folder in (tmp_path.parent, tmp_path.parent.parent):
            folder.chmod(folder.stat().st_mode | 0o011)
        for path in (tmp_path / "data", *(tmp_path / "data").iterdir()):
            os.chown(path, 65534, 65534)
        code = f"import os; from mirror.journal.home import *; os.setuid(65534)\n{code}"
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")],
        check=True,
        capture_output=True,
        text=True,
        cwd=os.getcwd(),
    )
    assert "not writable" in told.stdout and "--data" in told.stdout


def test_a_key_is_drawn_once_and_only_its_owner_reads_it(home):
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: home.key("payload.key"), range(8)))
    assert len(keys) == 1 and len(keys.pop()) == 32
    assert mode(home.keys / "payload.key") == 0o600
    assert [path.name for path in home.keys.iterdir()] == ["payload.key"]


def test_a_key_that_others_may_read_is_refused_with_the_command_to_run(home):
    home.key("payload.key")
    (home.keys / "payload.key").chmod(0o640)
    with pytest.raises(HomeError, match=r"run: chmod 600 .*payload.key"):
        home.key("payload.key")


def test_half_a_key_is_refused(home):
    home.key("payload.key")
    (home.keys / "payload.key").write_bytes(b"half")
    with pytest.raises(HomeError, match="4 bytes where a key has 32"):
        home.key("payload.key")


def test_a_folder_can_be_synced(home):
    sync_folder(home.path)
