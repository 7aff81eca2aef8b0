"""How local users prove who they are: with a password, and a code of their app where they have one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from cutover import deeds
from cutover.evidence.reasons import duration
from cutover.identity import codes, credentials, guesses, passwords, sign_ins
from cutover.identity.credentials import NONE, Credential
from cutover.identity.guesses import Place
from cutover.identity.lockout import LONGEST_S
from cutover.identity.sign_ins import SignIn
from cutover.people import CONTROLLER, NAME, Actor, Deed, Kind
from cutover.refusals import WithoutRight
from mirror.journal import events
from mirror.journal.seal import Sealer
from mirror.journal.store import Store


class NotProven(WithoutRight):
    """Somebody did not prove who they are. `wait_s`: nothing they give counts for so many seconds."""

    def __init__(
        self, message: str, *, kind: str = "not proven", recorded: bool = False, wait_s: int = 0
    ) -> None:
        super().__init__(message, kind=kind, recorded=recorded)
        self.wait_s = wait_s


WRONG = (
    "this name with this password, or this code, is nobody's; after several wrong ones in a row nothing is right "
    f"for a while, {duration(LONGEST_S)} at the most"
)
"""What signing in says for all that is wrong: nobody learns which names there are, nor which of them wait."""
ASKED = "this needs your password, or a code that your app shows now, in `proof`"
NEITHER = "this is neither your password nor a code that your app shows now"
USED = "this code was used a moment ago; wait for the next one"
NO_PASSWORD = (
    "you have no password to confirm this with: on the controller's machine, `crossfade user password NAME` "
    "gives you one"
)


@dataclass(frozen=True, slots=True)
class Local:
    """The local users of one store. `now_us` reads UTC microseconds. All raise NotProven and StoreError.

    A hash takes its time, so none is made within a transaction: what it was made of is looked at again in
    the one that counts on it.
    """

    store: Store
    sealer: Sealer
    now_us: Callable[[], int]

    def sign_in(
        self, name: str, password: str, code: str, address: str = ""
    ) -> tuple[str, SignIn]:
        """A token for a new session, for who asks from this address. Who has an app gives a code of it besides.

        A name that nobody has, and one that waits, are answered after as long a time as a wrong password.
        """
        known = self._known(name)
        if known.name and self._early_s(known, Place.SIGN_IN, address):
            known = NONE
        step = self._step(known, code)
        right = passwords.matches(known.password, password)
        if not right or (known.totp and step is None):
            # Names that nobody has leave no trace: anybody could fill the log with them.
            self._failed(known, "user.sign_in_failed", CONTROLLER)
            raise NotProven(WRONG, kind="sign-in", recorded=bool(known.name))
        with self.store.write() as conn:
            self._unchanged(conn, known, WRONG)
            self._take(conn, known, step)
            guesses.end(conn, name, Place.SIGN_IN, address)
            token, made = sign_ins.begin(conn, name, self.now_us())
            now = sign_ins.told(made.expires_us)
            self._tell(conn, "user.signed_in", name, details=events.changed(None, now))
        return token, made

    def confirm(self, name: str, proof: str) -> str:
        """Has somebody who is known prove anew who they are: by their `password`, or a `code` of their app.

        Which of these it was.
        """
        known = self._known(name)
        if not (known.name and proof):
            raise NotProven(ASKED if known.name else NO_PASSWORD)
        if early_s := self._early_s(known, Place.CONFIRM):
            why = f"too many wrong ones in a row; try again in {duration(early_s)}"
            raise NotProven(why, kind="locked", wait_s=early_s)
        step = self._step(known, proof.strip())
        if step is None and not passwords.matches(known.password, proof):
            self._failed(known, "user.confirm_failed", Actor(Kind.HUMAN, name))
            raise NotProven(NEITHER, recorded=True)
        with self.store.write() as conn:
            self._unchanged(conn, known, NEITHER)
            self._take(conn, known, step)
            guesses.end(conn, name, Place.CONFIRM)
        return "password" if step is None else "code"

    def sign_out(self, token: str, name: str) -> None:
        """Ends a session; one that is over already is no fault."""
        with self.store.write() as conn:
            if (until_us := sign_ins.end(conn, token)) is not None:
                was = sign_ins.told(until_us)
                self._tell(conn, "user.signed_out", name, details=events.changed(was, None))

    def _known(self, name: str) -> Credential:
        if not NAME.fullmatch(name):
            return NONE
        with self.store.read() as conn:
            return credentials.find(conn, name, self.sealer)

    def _early_s(self, known: Credential, place: Place, address: str = "") -> int:
        with self.store.write() as conn:
            return guesses.begin(conn, known.name, place, self.now_us, address)

    def _step(self, known: Credential, code: str) -> int | None:
        if not known.totp:
            return None
        return codes.step_of(known.totp, code, self.now_us(), known.totp_step)

    def _unchanged(self, conn: Connection, known: Credential, else_say: str) -> None:
        """A new password or app signs its user out everywhere: the old one proves nothing from then on."""
        now = credentials.find(conn, known.name, self.sealer, locked=True)
        if (now.password, now.totp) != (known.password, known.totp):
            raise NotProven(else_say)

    def _take(self, conn: Connection, known: Credential, step: int | None) -> None:
        if step is not None and not credentials.use_code(conn, known.name, step):
            raise NotProven(USED, kind="replayed code")

    def _failed(self, known: Credential, type: str, by: Actor) -> None:
        if known.name:
            with self.store.write() as conn:
                self._tell(conn, type, known.name, by, outcome="refused")

    def _tell(
        self, conn: Connection, type: str, name: str, by: Actor | None = None, **more: Any
    ) -> None:
        deed = Deed(by or Actor(Kind.HUMAN, name), self.now_us(), "")
        deeds.report(conn, deed, type, ("user", name), **more)
