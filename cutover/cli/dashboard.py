"""`crossfade dashboard`: serves the Streamlit app, which asks the control API as whoever signed in."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import click

from cutover.cli.options import (
    DASHBOARD,
    Address,
    data_option,
    fail,
    listen_option,
    open_home,
    refuse_used_port,
)
from mirror.journal import chosen
from mirror.supervise import MISCONFIGURED, end_with_parent, stop_on_signals

CONTROL_URL = "CROSSFADE_CONTROL_URL"
"""The environment variable from which the app learns where the control API is."""

# Flags win over every configuration file, so nobody's ~/.streamlit can open what is closed here.
SETTINGS = {
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "global.developmentMode": "false",
    "runner.magicEnabled": "false",
    "server.enableAgentApi": "false",
    "server.enableCORS": "true",
    "server.enableStaticServing": "false",
    "server.enableXsrfProtection": "true",
    "server.fileWatcherType": "none",
    "server.headless": "true",
    "server.maxUploadSize": "64",  # a bundle that is to be verified
    "server.showEmailPrompt": "false",
    "server.trustedUserHeaders": "{}",
}


END_S = 10.0
"""How long Streamlit may take to stop; pages that wait for an answer hold it up."""


@click.command()
@click.option("--control", metavar="URL", help="The control API; else what DIR says.")
@data_option
@listen_option("--listen", DASHBOARD, "the dashboard")
def dashboard(control: str | None, data: Path, listen: Address) -> None:
    """Show where every rollout stands, and let people decide."""
    url = _checked(control) if control else written_url(open_home(data).control_file)
    app = app_file()
    refuse_used_port(listen, "--listen")
    os.environ[CONTROL_URL] = url
    os.environ.pop(chosen.VARIABLE, None)  # the app acts through the control API alone
    os.environ["STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE"] = "true"
    click.echo(f"dashboard   http://{listen[0]}:{listen[1]}   (control API: {url})", err=True)
    from streamlit.web import cli

    with _stopping():
        cli.main(arguments(app, listen), prog_name="streamlit", standalone_mode=False)


def arguments(app: Path, listen: Address) -> list[str]:
    """What Streamlit is started with."""
    host, port = listen
    where = {"server.address": host, "server.port": str(port)}
    return [
        "run",
        str(app),
        *(f"--{name}={value}" for name, value in (where | SETTINGS).items()),
    ]


def app_file() -> Path:
    """The app's file, found without importing it: what decides must not depend on what shows."""
    spec = find_spec("dashboards")
    if spec is None or spec.origin is None:
        fail(
            "the package `dashboards` is not installed; install crossfade whole", MISCONFIGURED
        )
    return Path(spec.origin).with_name("served.py")


def written_url(file: Path) -> str:
    """Where the running control API says it is, or the end of the command with what to do."""
    try:
        return _checked(str(json.loads(file.read_text())["url"]))
    except FileNotFoundError:
        fail(
            f"{file}: no control API has run here; start `crossfade controller`, or give --control URL"
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        fail(f"{file}: cannot be read ({error}); give --control URL")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # a bracket that is not closed
        usable = False
    if not usable:
        fail(f"--control: {url!r} is not an address such as http://127.0.0.1:8081")
    return url.rstrip("/")


@contextmanager
def _stopping() -> Iterator[None]:
    """Ends Streamlit when the supervisor that started this process is gone.

    Streamlit replaces the signal handlers once it serves and stops by SIGTERM, so that is what it
    is sent, again and again in case the first came before its handler.
    """
    ended = threading.Event()

    def stop_it(stop: threading.Event) -> None:
        stop.wait()
        while not ended.wait(0.2):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=_bounded, args=(ended,), daemon=True, name="end-streamlit").start()
    end_with_parent()
    with stop_on_signals() as stop:
        threading.Thread(
            target=stop_it, args=(stop,), daemon=True, name="stop-streamlit"
        ).start()
        try:
            yield
        finally:
            ended.set()


def _bounded(ended: threading.Event) -> None:
    """Ends the process where Streamlit has begun to stop and does not come to an end: it keeps nothing."""
    from streamlit.runtime import Runtime

    while not (Runtime.exists() and Runtime.instance().state.name in ("STOPPING", "STOPPED")):
        if ended.wait(0.5):
            return
    if not ended.wait(END_S):
        os._exit(0)
