"""The public keys of a bundle: who signed a note, and whether that key was good then.

A signature cannot be older than what it signs. So each is held against a moment that it cannot precede:
a key that had ended or was revoked by then cannot have made it honestly. Standard library only.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

from cutover.verifying.ed25519 import verify_ed25519
from cutover.verifying.findings import GAP, Fault
from cutover.verifying.strict_json import NotJson, read_json
from mirror.journal.signed.note import Note, NoteInvalid, key_fault, key_id, parse

_KEYS_MOST = 10_000
_UNHELD = "signed with a key that is not among those that you hold ({})"
_TIMES = ("since_us", "until_us", "revoked_us")


class PublicKey(NamedTuple):
    """One key. `id` is 8 hex digits; times are microseconds of UTC, 0 for none."""

    id: str
    name: str
    public: bytes
    since_us: int
    until_us: int
    revoked_us: int
    statement: str

    def fault(self, at_us: int) -> str:
        """Why it cannot have signed what came to be at a moment; "" where it can."""
        return key_fault(self.id, self.until_us, self.revoked_us, at_us)


class Keyring:
    """The keys of a `keys.json`. `used` are those that a good signature was found of."""

    def __init__(
        self, keys: list[PublicKey], pinned: Keyring | None = None, file: str = ""
    ) -> None:
        self.file, self._pinned_by = file, pinned.file if pinned else ""
        held: list[PublicKey] | None = None if pinned is None else pinned.keys
        self.keys: list[PublicKey] = (
            keys if held is None else [_ended(one, held) for one in keys]
        )
        self.used: dict[str, PublicKey] = {}
        self._held = frozenset([one.id for one in held or ()])
        self._told_revoked = {one.id for one in keys if one.revoked_us}
        self._trusted = self.keys if held is None else _believed(self.keys, held)

    @classmethod
    def read(cls, text: bytes, file: str, pinned: Keyring | None = None) -> Keyring:
        """The keys of a file. Raises Fault."""
        try:
            value = read_json(text)
        except NotJson as error:
            raise Fault(str(error), file) from None
        if not isinstance(value, list) or not 0 < len(value) <= _KEYS_MOST:
            raise Fault("not a list of keys", file)
        keys = [_key_of(one, file) for one in value]
        if len({one.id for one in keys}) != len(keys):
            raise Fault("a key stands there twice", file)
        return cls(keys, pinned, file)

    def open(self, note: bytes, file: str, name: str) -> Note:
        """A note that a known key signed. Raises Fault; `name` is the key name that is due."""
        try:
            found = parse(note)
        except NoteInvalid as error:
            raise Fault(f"not a signed note: {error}", file) from None
        if self.signers(found, name):
            return found
        if _signers(self.keys, found, name):
            raise Fault(f"{_UNHELD.format(self._pinned_by)}{self._why_unheld()}", file)
        raise Fault("no key of keys.json signed this text", file)

    def _why_unheld(self) -> str:
        """What keys.json says of it, where an honest bundle may look so too."""
        if not self._told_revoked.intersection(self._held):
            return ""
        return "; keys.json says that one of yours was revoked, and then none of yours vouches for the next: ask for the newer list"

    def signers(self, note: Note, name: str) -> list[PublicKey]:
        """Whose good signatures a note has, of keys that are trusted here."""
        found = _signers(self._trusted, note, name)
        self.used.update({one.id: one for one in found})
        return found

    def told(self) -> list[dict[str, Any]]:
        """The keys that good signatures were found of, as JSON types; `revoked_us` is 0 for one that was not revoked."""
        return [
            {
                "id": id,
                "name": one.name,
                "public": one.public.hex(),
                "revoked_us": one.revoked_us,
            }
            for id, one in sorted(self.used.items())
        ]

    def in_time(self, note: Note, name: str, at_us: int, file: str) -> None:
        """Raises Fault where no key that signed was good at the moment that the note cannot precede."""
        faults = [one.fault(at_us) for one in self.signers(note, name)]
        if faults and all(faults):
            raise Fault(f"{faults[0]}: its signature is worth nothing here", file)

    def revoked(self, note: Note, name: str) -> PublicKey | None:
        """A key that signed, where all that did were revoked, whenever it was. None where one was not."""
        signers = self.signers(note, name)
        return signers[0] if signers and all(one.revoked_us for one in signers) else None

    def signed_behind(self, note: Note, name: str, file: str) -> None:
        """Raises Fault where this list has all keys that signed as revoked: for a note that covers the list itself."""
        signers = self.signers(note, name)
        if signers and all(one.id in self._told_revoked for one in signers):
            why = (
                f"key {signers[0].id} was revoked before: keys.json, which this signs, says so"
            )
            raise Fault(f"{why}, whatever time the bundle is of", file)

    def unrevoked(self, note: Note, name: str, file: str) -> None:
        """Raises Fault, of the kind gap, where all keys that signed were revoked: no moment of a lone note is known."""
        if (key := self.revoked(note, name)) is not None:
            raise Fault(
                f"key {key.id} was revoked, and when it signed this is not known: ask for a proof anew once the log "
                "has a checkpoint of a later key",
                file,
                kind=GAP,
            )


def _ended(key: PublicKey, held: list[PublicKey]) -> PublicKey:
    """A key with the earlier of the ends that its own list and the reader's tell of it."""
    for one in held:
        if _is_same(one, key):
            return key._replace(
                until_us=_earlier(key.until_us, one.until_us),
                revoked_us=_earlier(key.revoked_us, one.revoked_us),
            )
    return key


def _earlier(one_us: int, other_us: int) -> int:
    return min(filter(None, (one_us, other_us)), default=0)


def _believed(keys: list[PublicKey], held: list[PublicKey]) -> list[PublicKey]:
    """The keys that the reader holds, those that such a key vouches for, and so on from key to key.

    A key that was revoked vouches for none: whoever stole it could name any. Nor does one whose successor the reader
    holds: whoever kept a copy of a key that was exchanged could go on from it.
    """
    newest = [one for one in held if not one.until_us] or [
        max(held, key=lambda one: one.until_us)
    ]
    found = [one for one in keys if any(_is_same(one, other) for other in held)]
    absent = [one for one in held if not any(_is_same(one, other) for other in keys)]
    vouching = [one for one in _of(newest, (*found, *absent)) if not one.revoked_us]
    rest = [one for one in keys if one not in found]
    while new := [one for one in rest if _is_vouched(one, vouching)]:
        found += new
        vouching += [one for one in new if not one.revoked_us]
        rest = [one for one in rest if one not in new]
    return found


def _of(some: list[PublicKey], among: tuple[PublicKey, ...]) -> list[PublicKey]:
    return [one for one in among if any(_is_same(one, other) for other in some)]


def _is_vouched(key: PublicKey, by: list[PublicKey]) -> bool:
    try:
        statement = parse(key.statement)
    except NoteInvalid:
        return False
    line = f"{key.id} {base64.b64encode(key.public).decode()}"
    return line in statement.text.split("\n") and bool(_signers(by, statement, key.name))


def _is_same(one: PublicKey, other: PublicKey) -> bool:
    return (one.public, one.name) == (other.public, other.name)


def _signers(keys: list[PublicKey], note: Note, name: str) -> list[PublicKey]:
    """Whose good signatures a note has."""
    text = note.text.encode()
    return [
        key
        for key in keys
        if key.name == name
        and any(
            verify_ed25519(key.public, text, signature)
            for signature in note.by(key.name, bytes.fromhex(key.id))
        )
    ]


def _key_of(said: Any, file: str) -> PublicKey:
    try:
        public = base64.b64decode(said["public"], validate=True)
        since, until, revoked = [said[name] or 0 for name in _TIMES]
        if not all(type(one) is int and one >= 0 for one in (since, until, revoked)):
            raise ValueError
        key = PublicKey(
            said["id"], said["name"], public, since, until, revoked, said.get("statement") or ""
        )
        plain = all(isinstance(one, str) for one in (key.id, key.name, key.statement))
        if not plain or len(public) != 32 or key_id(key.name, public).hex() != key.id:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise Fault("an entry is no public key, or has another key's id", file) from None
    return key
