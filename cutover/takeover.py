"""How a controller reads the evidence of its rollouts anew: whose first, and how much of it in one tick.

Those whose candidate answers people come first. What is read in a tick is bounded, and what one rollout reads in a turn too:
so what was read already is looked at every second, its table is published, and the lease is kept. A rollout of which not
all is read holds: nothing of it is promoted, and its candidate goes on as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cutover.cabinet import Cabinet, File
from cutover.evidence.dossier import Dossier
from cutover.evidence.news import News
from cutover.evidence.observation import Rules
from cutover.evidence.verdict import Kind
from cutover.history import Key
from cutover.stages import Stage
from cutover.views import Told

LONGEST_US = 1_000_000
"""So long a tick reads anew; the rest waits for the ticks after it."""

TURN_US = 100_000
"""So long a rollout reads at once: a person's action waits for no longer, nor do the others that read."""


@dataclass(slots=True)
class Takeover:
    """The turns of one tick. `steady_us` is as in `clocks`."""

    steady_us: Callable[[], int]
    _spent_us: int = 0

    def order(self, files: Mapping[Key, File]) -> Iterator[Key]:
        """Begins a tick. Harm to people is seen before anything else is; who is not through with reading comes again."""
        self._spent_us = 0
        keys = sorted(files, key=lambda key: files[key].rollout.stage not in _SERVING)
        return self._turns(files, keys)

    def _turns(self, files: Mapping[Key, File], keys: Sequence[Key]) -> Iterator[Key]:
        serving = [key for key in keys if files[key].rollout.stage in _SERVING]
        yield from [key for key in serving if files[key].dossier is not None]
        unread = [key for key in serving if files[key].dossier is None]
        yield from sorted(unread, key=lambda key: _left(files.get(key)))
        yield from self._again(files, unread)
        others = keys[len(serving) :]
        yield from others
        yield from self._again(files, others)

    def _again(self, files: Mapping[Key, File], keys: Sequence[Key]) -> Iterator[Key]:
        """Those with more to read, while there is time; who needs least of it comes first."""
        spent_us = -1
        while spent_us < self._spent_us < LONGEST_US:
            spent_us = self._spent_us
            unfinished = _unfinished(files, keys)
            yield from sorted(unfinished, key=lambda key: _left(files.get(key)))

    def waits(self, file: File) -> bool:
        """Whether a rollout that only mirrors is read anew at a later tick, and has no turn before."""
        unread = file.dossier is None and file.rollout.stage is Stage.MIRROR
        return unread and self._spent_us >= LONGEST_US

    def read(
        self,
        cabinet: Cabinet,
        file: File,
        rules: Rules,
        conn: Callable[[], Connection],
        *,
        for_person: bool = False,
    ) -> Dossier | None:
        """A rollout's evidence; where it is not there some more of it is read, and None says that there is more to read.

        What is read `for_person`, who waits for an answer, does not ask how much the tick has read.
        """
        if file.dossier is None and (for_person or self._spent_us < LONGEST_US):
            begun_us = self.steady_us()
            file.dossier = self._read(cabinet, file, rules, conn, begun_us + TURN_US)
            self._spent_us += self.steady_us() - begun_us
            if file.dossier is not None:
                file.rebuilding = None
            elif file.rebuilding is not None:
                sentence = file.rebuilding.sentence
                file.tell(Told(Kind.HOLD.value, (sentence,), sentence, 0, ()))
        return file.dossier

    def _read(
        self,
        cabinet: Cabinet,
        file: File,
        rules: Rules,
        conn: Callable[[], Connection],
        until_us: int,
    ) -> Dossier | None:
        if file.rebuilding is None or file.rebuilding.epoch != file.rollout.epoch:
            file.rebuilding = cabinet.rebuilding(conn(), file, rules)
        while (made := file.rebuilding.step(conn())) is None:
            if self.steady_us() > until_us:
                return None
        return made


def asleep(cabinet: Cabinet, key: Key, news: News) -> bool:
    """Whether a turn of a rollout would do nothing: so it is of most of thousands, and it costs no lock."""
    file = cabinet.files.get(key)
    return file is None or file.sleeps(news, cabinet.now_us(), cabinet.sighted)


def _unfinished(files: Mapping[Key, File], keys: Sequence[Key]) -> list[Key]:
    """Those that were begun to be read. A person's act may have dropped some meanwhile."""
    found = [(key, files.get(key)) for key in keys]
    return [key for key, file in found if file is not None and file.rebuilding is not None]


def _left(file: File | None) -> int:
    """How many sessions are still to be read, as far as that is known: of one that was not begun it is not."""
    return 0 if file is None or file.rebuilding is None else file.rebuilding.left


_SERVING = (Stage.CANARY, Stage.LIVE)
