"""Hands a letter over by Apprise: mail, Slack, Teams, a webhook. Only declared hosts are reached.

An address is a secret, and so may be what Apprise says of it: neither is ever repeated.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyType, PersistentStoreMode

from cutover.notices.notice import Letter
from mirror.confine import confined
from mirror.guard import Endpoint
from policies.notify import Destination, Happening

PLAIN = ("json", "xml", "form", "mailto")
"""Clear text: inside the clinic's own network only."""
SECURE = ("jsons", "xmls", "forms", "mailtos", "slack", "workflow", "workflows", "https")
_GRAVE = frozenset({Happening.ROLLED_BACK, Happening.ALARM})
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_STATUS = re.compile(r"error=(\d{3})\b")

LONGEST_S = 60.0
"""A letter that is not accepted within this time is tried again later."""

_apprise = logging.getLogger("apprise")
_asset = AppriseAsset(
    app_id="crossfade",
    app_desc="crossfade",
    app_url="",
    async_mode=False,
    http_redirects=False,
    storage_mode=PersistentStoreMode.MEMORY,
    plugin_paths=[],
)


def prepare_process() -> None:
    """Takes out of the environment what would send letters another way than declared."""
    for name in list(os.environ):
        if name.lower() in _PROXIES:
            del os.environ[name]
    os.environ["NETRC"] = os.devnull


def problem(to: Destination, environ: Mapping[str, str]) -> str:
    """Why nothing can be sent to a destination, and what to do; "" where it can. Opens nothing."""
    url = environ.get(to.to, "").strip()
    if not url:
        return f"the environment variable {to.to} is not set; set it to an Apprise URL"
    scheme = url.partition("://")[0].lower()
    if re.search(r"\s", url) or scheme not in (*PLAIN, *SECURE):
        return f"{to.to} holds no one address of a known kind: {', '.join((*PLAIN, *SECURE))}://..."
    if to.location == "cloud" and scheme in PLAIN:
        return f"{to.to} would send clear text to a cloud; use {scheme}s://"
    found = _parsed(url)
    if found is None:
        return f"{to.to} holds no address that Apprise can read; see its page on {scheme}://"
    if not found.verify_certificate:
        return f"{to.to} has `verify=no`; whom a letter is given to must be certain"
    return ""


def send(to: Destination, environ: Mapping[str, str], letter: Letter) -> str:
    """Hands a letter over. Why it was not accepted, and what to do; "" where it was.

    For as long as that takes, the whole process reaches the destination's hosts alone.
    """
    wrong = problem(to, environ)
    if wrong:
        return wrong
    found = _parsed(environ[to.to].strip())
    assert found is not None, "it has no problem"
    grave = bool(letter.kinds & _GRAVE)
    kind = NotifyType.WARNING if grave else NotifyType.INFO
    said = _Said()
    with confined(endpoints(to)) as bounds, said, _within(LONGEST_S):
        try:
            if found.notify(title=letter.title, body=letter.body, notify_type=kind):
                return ""
        except Exception as error:  # a library's bug must not end the sender
            return f"{to.to}: sending broke ({type(error).__name__})"
    if bounds.refused:
        tried = ", ".join(sorted(bounds.refused))
        return f"{to.to} leads to {tried}, which `hosts` of the policy does not name"
    if said.status:
        return f"{to.to}: it was refused with status {said.status}"
    return f"{to.to}: it was not accepted; is {', '.join(to.hosts)} up?"


def endpoints(to: Destination) -> frozenset[Endpoint]:
    """The hosts and ports that sending may reach."""
    pairs = [written.rpartition(":") for written in to.hosts]
    return frozenset((host.strip("[]"), int(port)) for host, _, port in pairs)


def _parsed(url: str) -> NotifyBase | None:
    with _Said():
        return Apprise.instantiate(url, asset=_asset, suppress_exceptions=True)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Interrupts what takes longer, such as a server that answers a byte at a time.

    Only where the main thread sends, as the notifier's process does: signals go there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise TimeoutError

    former = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


class _Said:
    """Keeps what Apprise logs from every log, but for the status that a server answered with."""

    def __init__(self) -> None:
        self.status = ""

    def __enter__(self) -> None:
        _apprise.addFilter(self._read)

    def __exit__(self, *exception: object) -> None:
        _apprise.removeFilter(self._read)

    def _read(self, record: logging.LogRecord) -> bool:
        found = _STATUS.search(record.getMessage())
        self.status = found[1] if found else self.status
        return False
