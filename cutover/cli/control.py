"""The command line's way to the control API: where it is, with whose token, and what it answered."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from cutover.cli.options import fail
from cutover.deployment import told

TIMEOUT_S = 10.0
RESTARTS_S, LOOK_S = 5.0, 0.1
"""How long a controller that restarts is waited for, and how often it is looked for."""
LATELY_S = 60.0
"""One that published a table so lately, and is not to be found, is taken to restart."""

type Pause = Callable[[float], None]


class ControlError(Exception):
    """The API cannot be asked, or said no; `status` is 0 where it was not reached."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class AnotherPerson(ControlError):
    """The token belongs to somebody else than the user that was named."""


@dataclass(frozen=True, slots=True)
class Control:
    """The control API at `url`, asked with one person's token."""

    url: str
    token: str

    @classmethod
    def find(
        cls, data: Path, user: str, url: str | None = None, pause: Pause = time.sleep
    ) -> Control:
        """The running controller of a data folder; one that restarts is waited for.

        Raises ControlError with what to do.
        """
        return cls(url or _url(data, pause), token_of(data, user))

    def speaking_for(self, user: str) -> Control:
        """Itself, where the token is this user's. Raises AnotherPerson and ControlError.

        A token of the environment comes before that of the user named, and may be anybody's.
        """
        name = str(self.get("/v1/me").get("name", ""))
        if name != user:
            raise AnotherPerson(
                f"--as names {user!r}, but the token is that of {name!r}: unset CROSSFADE_TOKEN, "
                f"or act with --as {name}"
            )
        return self

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, object]:
        """A GET; the JSON object it answered. Raises ControlError."""
        return self._ask("GET", path, None, query or {})

    def whole(self, path: str, name: str) -> dict[str, object]:
        """A GET of a list that comes in pages, all of its pages as one: `name` is the list's. Raises ControlError."""
        found = page = self.get(path)
        rows = list(_rows(page, name))
        while cursor := page.get("next"):
            page = self.get(path, {"cursor": str(cursor)})
            rows += _rows(page, name)
        return {**found, name: rows, "next": None}

    def post(self, path: str, body: Mapping[str, str]) -> dict[str, object]:
        """A POST of a JSON object; the JSON object it answered. Raises ControlError."""
        return self._ask("POST", path, body, {})

    def delete(self, path: str, query: Mapping[str, str]) -> dict[str, object]:
        """A DELETE; the JSON object it answered. Raises ControlError."""
        return self._ask("DELETE", path, None, query)

    def _ask(
        self, method: str, path: str, body: Mapping[str, str] | None, query: Mapping[str, str]
    ) -> dict[str, object]:
        try:
            # The environment's proxies are for the world outside, not for a loopback API.
            with httpx.Client(trust_env=False, timeout=TIMEOUT_S) as client:
                answer = client.request(
                    method,
                    self.url.rstrip("/") + path,
                    json=body,
                    params=query,
                    headers={"authorization": f"Bearer {self.token}"},
                )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise ControlError(
                f"{self.url} is no address of a control API; write it as in http://127.0.0.1:8081"
            ) from None
        except httpx.HTTPError as error:
            raise ControlError(
                f"no controller answers at {self.url} ({error}); start it with `crossfade up`"
            ) from None
        found = _object(answer)
        if answer.is_success:
            return found
        detail = str(found.get("detail") or f"the controller answered {answer.status_code}")
        raise ControlError(detail, answer.status_code)


def answered(
    data: Path, user: str, url: str | None, ask: Callable[[Control], dict[str, object]]
) -> dict[str, object]:
    """What the API answered this user. Ends the command with 1 where it said no, 2 where it was not reached."""
    try:
        return ask(Control.find(data, user, url).speaking_for(user))
    except ControlError as error:
        fail(str(error), code=1 if error.status else 2)


def rollout_path(tenant: str, route: str) -> str:
    """The API's path of one rollout."""
    return f"/v1/rollouts/{quote(tenant, safe='')}/{quote(route, safe='')}"


def _url(data: Path, pause: Pause) -> str:
    """Where the controller answers. Raises ControlError where it does not within the time of a restart."""
    for _ in range(round(RESTARTS_S / LOOK_S)):
        url = _noted(data)
        if url:
            return url
        if not _ran_lately(data):
            raise ControlError(
                f"no controller has run with {data} (no readable control.json there); "
                "start one with `crossfade up`, or name it with --url"
            )
        pause(LOOK_S)
    raise ControlError(
        f"the controller of {data} is restarting: try again; "
        "where it was stopped, start it with `crossfade up`"
    )


def _noted(data: Path) -> str:
    """What the controller's note says; "" where there is none that can be read."""
    try:
        return str(json.loads((data / "control.json").read_text())["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _ran_lately(data: Path) -> bool:
    """Whether a controller of this folder published a table a moment ago: another policy makes it begin anew.

    A machine that only follows another's table has no controller, and so no word on its deployment.
    """
    try:
        published_s = (data / "routes.json").stat().st_mtime
    except OSError:
        return False
    return told(data)["deployment"] is not None and time.time() - published_s < LATELY_S


def token_of(data: Path, user: str) -> str:
    """The token of the environment, else that of the user's file. Raises ControlError."""
    given = os.environ.get("CROSSFADE_TOKEN")
    if given:
        return given.strip()
    file = data / "tokens" / Path(user).name
    try:
        return file.read_text().strip()
    except (OSError, ValueError):
        raise ControlError(
            f"no token for {user!r}: set CROSSFADE_TOKEN, or bring the file tokens/{user} of the machine "
            "where the user was added, or add a new one here with "
            f"`crossfade user add {user} --role lead --data {data}`"
        ) from None


def _rows(page: Mapping[str, object], name: str) -> list[object]:
    rows = page.get(name)
    return rows if isinstance(rows, list) else []


def _object(answer: httpx.Response) -> dict[str, object]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def only_user(data: Path) -> str:
    """The person whose token lies in the data folder, where it is one person's alone."""
    if os.environ.get("CROSSFADE_TOKEN"):
        return ""
    folder = data / "tokens"
    files = folder.iterdir() if folder.is_dir() else ()
    names = sorted(file.name for file in files if file.suffix != ".password")
    if len(names) != 1:
        known = f"; on this box: {', '.join(names)}" if names else ""
        raise ControlError(f"nobody to ask as: name a user with --as{known}")
    return names[0]
