"""The signer: a process of its own that holds the key, and signs only what extends what it signed before.

What it signed last stands in its own folder, before the store is told; so whatever becomes of the store, and
whenever the signer is killed, there are never two roots of one size. A log that does not extend what was
signed is refused, and stays refused until a person decides. No wall clock decides on a checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import batched

from mirror.journal.signed import belonging, digests, door, heads, keyring, telling
from mirror.journal.signed.digests import Digest
from mirror.journal.signed.extending import Extension, Refused, Rereading, extended
from mirror.journal.signed.folder import Folder, Signed, State
from mirror.journal.signed.heads import Grown
from mirror.journal.signed.note import Checkpoint, origin_of
from mirror.journal.signed.orders import Desk
from mirror.journal.signed.signing import SigningKey
from mirror.journal.signed.telling import head, tell_refusals, whose
from mirror.journal.store import Store

MOST_WAITING = 1_000  # events of a log
LONGEST_S = 45.0  # and how long one waits for its checkpoint, with the pass that then comes within a minute
CHUNK = 50_000  # events of a log before its next checkpoint, where very many wait
TOGETHER = 100  # logs whose checkpoints are kept at once
MOST_HOURS = 48  # digests of a log in one pass
_log = logging.getLogger("crossfade.signer")


@dataclass(slots=True)
class Signer:
    """Signs the logs of a store. `now_us` is UTC microseconds, `steady_s` seconds of a clock that never jumps.

    One at a time works on a folder, which is up to who makes it (`process.run`). Made by `open`.
    """

    store: Store
    folder: Folder
    key: SigningKey
    state: State
    now_us: Callable[[], int]
    steady_s: Callable[[], float]
    rereading: Rereading = field(default_factory=Rereading)
    _waits: dict[str, float] = field(default_factory=dict)  # since when, by the steady clock
    _owed: set[str] = field(default_factory=set)  # whose newest digest the store may not have
    _refused: dict[str, Signed] = field(default_factory=dict)  # what the folder may not have
    _began: tuple[int, float] = (0, 0.0)

    def __post_init__(self) -> None:
        self._owed = {tenant for tenant, one in self.state.logs.items() if one.digest}
        self._began = self.now_us(), self.steady_s()

    @classmethod
    def open(
        cls,
        store: Store,
        folder: Folder,
        now_us: Callable[[], int],
        steady_s: Callable[[], float],
    ) -> Signer:
        """The signer of a folder, which begins or goes on.

        Raises:
            SignerError: the folder or its key is not the one of this store.
            StoreError: the store failed.
        """
        state = belonging.begun(folder, store)
        key = keyring.opened(folder, store, state.deployment, now_us())
        return cls(store, folder, key, state, now_us, steady_s)

    def step(self, *, last: bool = False) -> None:
        """One pass: what people decided, every log that waits, the digests that are due, and what exports ask.

        With `last` all that waits is signed, and nothing is read again.

        Raises:
            StoreError: the store failed; the next pass goes on from there.
            OSError: the folder cannot be written; nothing was signed that it does not have.
        """
        self._keep_refused()  # of a pass that failed
        self.obey()
        with self.store.read() as conn:
            logs, refusals = heads.logs(conn), heads.refusals(conn)
        self._tell({one.tenant for one in refusals})
        with self._told():
            self._missing({log.tenant for log in logs})
            hourly = set(self._over(self.now_us()))
            self.sign(log for log in logs if last or log.tenant in hourly or self._is_due(log))
            self._digest()
            if not last:
                self._reread()
        self._answer()

    def sign(self, logs: Iterator[Grown]) -> None:
        """Signs what these logs have grown to, as far as they extend what was signed."""
        for some in batched(logs, TOGETHER):
            rest: list[Grown] = list(some)
            while rest:
                rest = self._signed(rest)

    def _signed(self, logs: Sequence[Grown]) -> list[Grown]:
        """Signs the next piece of each; those that have more."""
        made: dict[str, tuple[Signed, Extension]] = {}
        for log in logs:
            before = self.state.logs.get(log.tenant, Signed())
            if before.refused or (before.size == 0 and log.newest <= before.floor):
                continue
            if log.newest == before.size == log.signed:
                continue
            try:
                made[log.tenant] = self._extended(log, before)
            except Refused as error:
                self._refuse(log.tenant, before, str(error))
        self._keep(made)
        rest = []
        for log in logs:
            size = made[log.tenant][0].size if log.tenant in made else log.newest
            if size < log.newest:
                done = f"{size:,} of {log.newest:,}"
                _log.info("%s: %s events are signed", whose(log.tenant), done)
                rest.append(replace(log, signed=max(size, log.signed)))
        return rest

    def _extended(self, log: Grown, before: Signed) -> tuple[Signed, Extension]:
        """What a log has grown to, signed, in pieces; first of all to the newest checkpoint in the store.

        That one may be of this very key: where the folder is an older copy of it.
        """
        known = log.signed if log.signed > max(before.size, before.floor) else 0
        up_to = known or min(log.newest, max(before.size + CHUNK, before.floor + 1))
        with self.store.read() as conn:
            found = extended(conn, log.tenant, before, up_to)
            there = heads.at_size(conn, log.tenant, known) if known else None
            if there is not None:
                before = digests.adopted(conn, log.tenant, before)
        root = found.growing.range().root()
        if there is not None and there.root != root.hex():
            raise Refused(f"its checkpoint of {known:,} events has another root than they have")
        if up_to == before.size:  # the store was not told of it yet
            return before, found
        origin = origin_of(self.state.deployment, log.tenant)
        now_us = self.now_us()
        signed = replace(
            before,
            size=up_to,
            hashes=tuple(one.hex() for one in found.growing.hashes),
            leaf=found.leaf,
            note=self.key.sign(Checkpoint(origin, up_to, root).text()),
            at_us=now_us,
            hour_us=before.hour_us or digests.hour_of(now_us),
        )
        return signed, found

    def _keep(self, made: Mapping[str, tuple[Signed, Extension]]) -> None:
        """Subtrees, then the signer's own folder, then the checkpoints: in this order, whoever is killed."""
        if any(found.complete for _, found in made.values()):
            with self.store.write() as conn:
                for tenant, (_, found) in made.items():
                    heads.keep_subtrees(conn, tenant, found.complete)
        before = {tenant: self.state.logs.get(tenant, Signed()) for tenant in made}
        self._remember({tenant: signed for tenant, (signed, _) in made.items()})
        told = [head(tenant, one) for tenant, one in before.items() if one.size]
        told += [
            head(tenant, one) for tenant, (one, _) in made.items() if one != before[tenant]
        ]
        if told:
            with self.store.write() as conn:
                heads.keep(conn, told)
        for tenant in made:
            self._waits.pop(tenant, None)

    def _over(self, now_us: int) -> list[str]:
        """Whose hour is over, the deployment's own log last: it is told of the others."""
        logs = self.state.logs.items()
        return sorted(
            (tenant for tenant, one in logs if digests.is_due(one, now_us)), reverse=True
        )

    def _digest(self) -> None:
        """The digests of all hours that are over."""
        for _ in range(MOST_HOURS):
            now_us = self.now_us()
            due = self._over(now_us)
            if not due:
                return
            for some in batched(due, TOGETHER):
                self._digested(some, now_us)

    def _digested(self, tenants: Sequence[str], now_us: int) -> None:
        made: list[Digest] = []
        clock = {
            "now_us": now_us,
            "jumped_us": digests.jumped_us(self._began, (now_us, self.steady_s())),
        }
        for tenant in tenants:
            before = self.state.logs[tenant]
            origin = origin_of(self.state.deployment, tenant)
            try:
                with self.store.read() as conn:
                    body = digests.composed(conn, tenant, before, origin, clock)
            except Refused as error:
                self._refuse(tenant, before, str(error))
                continue
            note = self.key.sign(digests.text_of(body))
            made.append(Digest(tenant, before.hour_us, body, note))
        self._owed.update(one.tenant for one in made)
        logs = self.state.logs
        self._remember({one.tenant: digests.after(logs[one.tenant], one) for one in made})
        self._tell_digests(made, now_us)

    def _tell_digests(self, made: Sequence[Digest], now_us: int) -> None:
        telling.tell_digests(self.store, self.state.logs, made, now_us)
        self._owed.difference_update(one.tenant for one in made)

    def _tell(self, known: set[str]) -> None:
        """Tells the store what the folder has and the store may not: after a signer was killed, or the store failed."""
        logs = self.state.logs
        if self._owed:
            owed = [digests.newest(tenant, logs[tenant]) for tenant in sorted(self._owed)]
            self._tell_digests(owed, self.now_us())
        untold = {t: one for t, one in logs.items() if one.refused and t not in known}
        self._tell_refused(untold)

    def _answer(self) -> None:
        """What exports ask; a log whose request for one is not signed yet is signed for it at once."""
        if unready := door.answer(self.folder, self.store, self.key, self.state):
            with self.store.read() as conn:
                logs = heads.logs(conn)
            with self._told():
                self.sign(log for log in logs if log.tenant in unready)
            door.answer(self.folder, self.store, self.key, self.state)

    def obey(self) -> None:
        """Does what people decided. Raises StoreError and OSError."""
        desk = Desk(self.folder, self.store, self.state, self.key)
        if desk.obey(self.now_us()):
            self.key, self.rereading = desk.key, Rereading()

    def _missing(self, there: set[str]) -> None:
        for tenant, before in list(self.state.logs.items()):
            if before.size and not before.refused and tenant not in there:
                self._refuse(tenant, before, f"it is gone; {before.size:,} events were signed")

    def _refuse(self, tenant: str, before: Signed, why: str) -> None:
        """Signs a log no further from now on. The folder learns it at the end of the pass, with all others."""
        _log.error("%s is signed no further: %s", whose(tenant), why)
        self.state.logs[tenant] = self._refused[tenant] = replace(before, refused=why[:500])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What is refused meanwhile goes into the folder, once for all, and then the store is told of it."""
        try:
            yield
        finally:  # what was found stays found, also where the store fails behind it
            refused = self._keep_refused()
        self._tell_refused(refused)

    def _keep_refused(self) -> dict[str, Signed]:
        """Into the folder, once for all: those that the store may be told of now."""
        refused = dict(self._refused)
        self._remember(refused)
        self._refused.clear()
        return refused

    def _tell_refused(self, refused: Mapping[str, Signed]) -> None:
        for some in batched(refused.items(), TOGETHER):
            tell_refusals(self.store, dict(some), self.now_us())

    def _reread(self) -> None:
        try:
            with self.store.read() as conn:
                self.rereading.go_on(conn, self.state.logs)
        except Refused as error:
            tenant = self.rereading.tenant
            self._refuse(tenant, self.state.logs[tenant], str(error))

    def _remember(self, news: Mapping[str, Signed]) -> None:
        """Into the folder first; only what is there counts as signed."""
        if news:
            state = State(self.state.deployment, {**self.state.logs, **news})
            self.folder.save(state)
            self.state.logs.update(news)

    def _is_due(self, log: Grown) -> bool:
        signed = self.state.logs.get(log.tenant, Signed()).size
        if log.newest < signed or log.signed != signed or log.newest - signed >= MOST_WAITING:
            return True
        if log.newest == signed:
            self._waits.pop(log.tenant, None)
            return False
        if not signed:
            return True
        now_s = self.steady_s()
        return now_s - self._waits.setdefault(log.tenant, now_s) >= LONGEST_S
