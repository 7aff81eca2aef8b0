"""The policy in force: numbered copies in the data folder, and a link to the one that holds.

A policy is applied by a command, after it was checked, and never because somebody saved a file.
Every part follows the link. One that cannot use what was applied, for a key that is not in its
environment or a copy that was edited in place, goes on with the newest that it can use, without
what the newer ones forbid: to that end they need only be as they were applied. Where the newest is
not, nothing is sent to a cloud.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirror.journal.home import sync_folder
from policies.fault import Fault
from policies.load import PolicyError, parse
from policies.policy import Policy
from policies.restrictions import Restrictions, closed, restricted, restrictions

LINK = "current.yaml"
_NAME = re.compile(r"(\d{6,})-([0-9a-f]{16})\.yaml")


@dataclass(frozen=True, slots=True, order=True)
class Applied:
    """One applied policy: its place in the order, the first 16 digits of its SHA-256, its copy."""

    number: int
    digest: str
    path: Path

    def __str__(self) -> str:
        """As logs name it."""
        return f"policy {self.number} ({self.digest})"


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy that can be used. `fault` says why it is not the one that was applied last.

    What the newer ones forbid is taken out of it. `unread` says that what the one applied last
    forbids is not known for certain, and so the cloud is; `passing` that the fault may pass without
    another policy.
    """

    policy: Policy
    applied: Applied | None
    fault: str = ""
    passing: bool = False
    unread: bool = False


class CannotRead(PolicyError):
    """A copy could not be read: a fault of the machine, which may pass, and not of the policy."""


def apply(folder: Path, text: bytes) -> Applied:
    """Puts a checked policy in force, and on disk before it returns. The same again changes nothing.

    Raises OSError where the folder cannot be written.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    digest = _digest(text)
    with _alone(folder):
        held = current(folder)
        if held is not None and held.digest == digest and _whole(held):
            return held
        number = 1 + max((one.number for one in _all(folder)), default=0)
        applied = Applied(number, digest, folder / f"{number:06d}-{digest}.yaml")
        link = folder / f".{LINK}"
        try:
            _write(applied.path, text)
            link.unlink(missing_ok=True)
            link.symlink_to(applied.path.name)
            link.replace(folder / LINK)
        except OSError:  # what was never in force must not come into force later
            applied.path.unlink(missing_ok=True)
            raise
        sync_folder(folder)
    return applied


def current(folder: Path) -> Applied | None:
    """What was applied last; None before there was anything."""
    try:
        return _named(folder / os.readlink(folder / LINK))
    except OSError:
        return None


def kept(folder: Path) -> list[Applied]:
    """Every policy that was ever in force here, the newest first; none before there was one."""
    last = current(folder)
    return _up_to(last) if last is not None else []


def in_force(folder: Path, environ: Mapping[str, str] | None) -> InForce:
    """The newest policy that can be used here, from the one applied last backwards.

    Raises PolicyError with the faults of the one applied last where none can be.
    """
    last = current(folder)
    if last is None:
        raise PolicyError([Fault(str(folder), 0, "", "no policy was applied to this folder")])
    first: PolicyError | None = None
    for applied in _up_to(last):
        try:
            found = InForce(load(applied, environ), applied)
        except PolicyError as error:
            first = first or error
            continue
        return found if first is None else _without_what_is_forbidden(found, last, first)
    assert first is not None, "the last is always tried"
    raise first


def after(folder: Path, held: InForce, environ: Mapping[str, str] | None) -> InForce:
    """What a part is to work by now that worked by `held`: never an older one, and never nothing."""
    try:
        found = in_force(folder, environ)
        first = PolicyError([Fault(str(folder), 0, "", found.fault)])
    except PolicyError as error:
        found, first = held, error
    last = current(folder)
    if last is None or (found is not held and _number(found) >= _number(held)):
        return found
    if held.applied == last:  # it was whole when it was loaded
        return InForce(held.policy, last, str(first), isinstance(first, CannotRead))
    return _without_what_is_forbidden(held, last, first)


def _number(found: InForce) -> int:
    return found.applied.number if found.applied else 0


def _without_what_is_forbidden(found: InForce, last: Applied, first: PolicyError) -> InForce:
    """A policy that goes on in place of newer ones, without what these forbid.

    The newest that is as it was applied speaks for all. Where that is not the last, the cloud is
    closed, and what else the ones changed by hand forbid counts too; what they leave out says nothing.
    """
    policy, known = found.policy, False
    newer = [one for one in _up_to(last) if one == last or one.number > _number(found)]
    for one in newer:
        forbids, whole = _restrictions(one)
        if forbids is not None:
            policy = restricted(policy, forbids, whole=whole)
        if forbids is not None and whole:
            known = one == last
            break
    if known:
        told = f"{first}; what {last} forbids holds all the same"
        return InForce(policy, found.applied, told, isinstance(first, CannotRead))
    told = f"WHAT {last} FORBIDS IS NOT KNOWN HERE, and nothing goes to a cloud: apply it again"
    return InForce(closed(policy), found.applied, f"{first}; {told}", passing=True, unread=True)


def _restrictions(applied: Applied) -> tuple[Restrictions | None, bool]:
    """What a copy forbids, None where that cannot be read, and whether it is as it was applied."""
    try:
        text = applied.path.read_bytes()
    except OSError:
        return None, False
    return restrictions(text.decode("utf-8-sig", "replace")), _digest(text) == applied.digest


def load(applied: Applied, environ: Mapping[str, str] | None) -> Policy:
    """The policy of a copy. Raises PolicyError, also where the copy is not what was applied.

    CannotRead is the one that may pass.
    """
    try:
        text = applied.path.read_bytes()
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
        raise CannotRead([Fault(str(applied.path), 0, "", why)]) from None
    if _digest(text) != applied.digest:
        why = "was changed after it was applied; apply your policy again"
        raise PolicyError([Fault(str(applied.path), 0, "", why)])
    return parse(text.decode("utf-8-sig"), str(applied.path), environ)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time, so that no number is given twice."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, text: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as copy:
        copy.write(text)
        copy.flush()
        os.fsync(handle)


def _whole(applied: Applied) -> bool:
    with contextlib.suppress(OSError):
        return _digest(applied.path.read_bytes()) == applied.digest
    return False


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _up_to(last: Applied) -> list[Applied]:
    """What was applied, the newest first: the last one too where its copy is missing."""
    older = [one for one in _all(last.path.parent) if one.number < last.number]
    return [last, *sorted(older, reverse=True)]


def _all(folder: Path) -> Iterator[Applied]:
    for path in folder.iterdir():
        found = _named(path)
        if found is not None:
            yield found


def _named(path: Path) -> Applied | None:
    found = _NAME.fullmatch(path.name)
    return Applied(int(found[1]), found[2], path) if found else None
