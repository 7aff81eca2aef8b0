"""`crossfade dashboard`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from cutover.cli import dashboard as module
from cutover.cli.dashboard import SETTINGS, app_file, arguments, dashboard, written_url
from mirror.supervise import PARENT_PIPE


def refused(*arguments):
    result = CliRunner().invoke(dashboard, arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.output


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_streamlit_is_started_closed(tmp_path):
    given = arguments(tmp_path / "app.py", ("127.0.0.1", 8501))
    for setting in (
        "server.address=127.0.0.1", "server.port=8501", "server.headless=true",
        "server.enableXsrfProtection=true", "server.enableCORS=true", "server.fileWatcherType=none",
        "server.enableStaticServing=false", "server.enableAgentApi=false",
        "browser.gatherUsageStats=false", "client.showErrorDetails=none", "client.toolbarMode=minimal",
    ):  # fmt: skip
        assert f"--{setting}" in given


def test_streamlit_knows_every_setting():
    """A renamed option would be refused at start; this says which."""
    from streamlit import config

    assert [name for name in SETTINGS if name not in config.get_config_options()] == []


def test_the_app_is_found_where_it_is_installed():
    assert app_file().name == "served.py"
    assert app_file().is_file()


def test_the_control_api_is_found_in_the_data_folder(tmp_path):
    note = tmp_path / "control.json"
    note.write_text('{"url": "http://127.0.0.1:9/"}\n')
    assert written_url(note) == "http://127.0.0.1:9"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"url": "nonsense"}', '{"url": 5}'])
def test_a_broken_note_says_to_name_the_address(tmp_path, content):
    (tmp_path / "control.json").write_text(content)
    assert "--control" in refused("--data", str(tmp_path))


def test_a_data_folder_where_nothing_ran_says_what_to_start(tmp_path):
    assert "start `crossfade controller`" in refused("--data", str(tmp_path))


@pytest.mark.parametrize("url", ["127.0.0.1:8081", "ftp://x", "http://", "http://[::1"])
def test_an_address_that_is_none_is_refused(url):
    assert "such as http://127.0.0.1:8081" in refused("--control", url)


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        assert where in refused("--control", "http://127.0.0.1:9", "--listen", where)


def start(**options):
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "cutover.cli",
        "dashboard",
        "--control",
        "http://127.0.0.1:9",
    ]
    process = subprocess.Popen(
        [*command, "--listen", f"127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **options,
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"it does not listen: {process.communicate()[0].decode()}")


def test_it_serves_until_it_is_told_to_end():
    process = start()
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said.decode()
    assert b"dashboard   http://127.0.0.1:" in said


def test_it_ends_with_the_supervisor_that_started_it():
    reading, writing = os.pipe()
    process = start(pass_fds=(reading,), env={**os.environ, PARENT_PIPE: str(reading)})
    os.close(reading)
    os.close(writing)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said.decode()


def test_a_stop_that_does_not_come_to_an_end_is_ended(monkeypatch):
    class Stuck:
        @staticmethod
        def exists():
            return True

        @staticmethod
        def instance():
            return SimpleNamespace(state=SimpleNamespace(name="STOPPING"))

    codes = []
    monkeypatch.setattr("streamlit.runtime.Runtime", Stuck)
    monkeypatch.setattr(module, "END_S", 0.01)
    monkeypatch.setattr(module.os, "_exit", codes.append)
    module._bounded(threading.Event())
    assert codes == [0]
    ended = threading.Event()
    ended.set()
    module._bounded(ended)
    assert codes == [0]
