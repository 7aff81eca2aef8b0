"""Which store a data folder belongs to: a SQLite file of its own, unless it was told another.

The URL of another may hold a password. It is taken from the environment, where `ps` does not show
it, or from `store.url` in the folder, which nobody else may read. Once a folder has a store, a command
that was told none, or a third one, is refused: it would find an empty history and begin anew.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from mirror.journal.home import Home, HomeError

VARIABLE = "CROSSFADE_STORE"
FILE = "store.url"
NAME = "store.name"
"""What a folder remembers of the store that it belongs to: its URL without a password."""
OWN = "store.db"
PORT = 5432


def settled(home: Home, environ: Mapping[str, str]) -> Home:
    """The data folder with the store that it was told, and remembers from now on.

    Raises:
        HomeError: what was told is no store, contradicts itself, or is not the folder's.
    """
    url = told(home.path, environ)
    remembered = _read(home.path / NAME)
    if url is None:
        if remembered:
            raise HomeError(
                f"{home.path}: its store is {remembered}, and this command was not told how to reach "
                f"it: set {VARIABLE}, or write the URL into {home.path / FILE}"
            )
        return home
    name = shown(url)
    if remembered and remembered != name:
        raise HomeError(
            f"{home.path}: its store is {remembered}, not {name}; if that store moved there, "
            f"remove {home.path / NAME}"
        )
    if not remembered:
        if (home.path / OWN).exists():
            raise HomeError(
                f"{home.path}: its history is in {OWN}, and {name} knows nothing of it; take another "
                f"data folder, or move {OWN} away if nothing in it is needed"
            )
        (home.path / NAME).write_text(f"{name}\n")
    return replace(home, store_url=url.render_as_string(hide_password=False))


def is_known(folder: Path, environ: Mapping[str, str]) -> bool:
    """Whether a folder has a store, its own or another. Raises HomeError as `settled` does."""
    files = (folder / OWN, folder / NAME)
    return any(file.exists() for file in files) or told(folder, environ) is not None


def told(folder: Path, environ: Mapping[str, str]) -> URL | None:
    """The URL of another store than the folder's own, as environment or folder tell it.

    Raises:
        HomeError: the two tell different ones, others may read the file, or it is no store's URL.
    """
    file = folder / FILE
    there = _read(file)
    if there and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise HomeError(f"{file}: others may read it; run: chmod 600 {file}")
    given = environ.get(VARIABLE, "").strip()
    if given and there and given != there:
        raise HomeError(f"{file} and {VARIABLE} name different stores; remove one of them")
    return parsed(given or there, VARIABLE if given else str(file)) if given or there else None


def parsed(text: str, place: str) -> URL:
    """The URL of a PostgreSQL store. Raises HomeError, which never repeats it, with the place it stands in."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise HomeError(
            f"{place}: no URL of a PostgreSQL store; it looks like postgresql://USER@HOST/DATABASE"
        )
    if "password" in url.query:
        raise HomeError(
            f"{place}: write the password as USER:PASSWORD@HOST, where it is hidden"
        )
    return url.set(drivername="postgresql+psycopg")


def shown(url: URL) -> str:
    """A store's URL without its password, for people and for logs."""
    return URL.create(
        url.drivername, url.username, None, url.host, url.port, url.database, url.query
    ).render_as_string()


def endpoints(text: str) -> frozenset[tuple[str, int]]:
    """Hosts and ports at which a store is reached; none for a file or a socket of this machine."""
    url = make_url(text)
    given = url.query.get("host", ())
    hosts = (url.host,) if url.host else (given,) if isinstance(given, str) else given
    split = [host.partition(":") for host in hosts if host and not host.startswith("/")]
    usual = url.port or PORT
    return frozenset((name, int(port) if port else usual) for name, _, port in split)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""
    except NotADirectoryError:
        raise HomeError(f"{file.parent}: it is a file; name the data folder") from None
    except OSError as error:
        raise HomeError(
            f"{file}: {error.strerror}; give this user the right to read it"
        ) from error
    except UnicodeDecodeError:
        raise HomeError(f"{file}: it is no text; write the URL of the store into it") from None
