"""What is known now of one upstream's servers, from all its pages, each fact with where it is from.

A page that was not read for a while is stale, and nothing that it said is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cutover.servers.reading import Gpu, Reading
from cutover.servers.window import P95
from policies.servers import ServerKind


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of one page. `age_s` is since it was read last; None where it never was.

    `fault` says why the last attempt failed; "" where it did not. `reads` counts those that did
    not. `waiting`, `p95` and `heated` are of its last minutes.
    """

    url: str
    kind: ServerKind
    reads: int = 0
    age_s: float | None = None
    stale: bool = True
    fault: str = ""
    reading: Reading = field(default_factory=Reading)
    p95: P95 | None = None
    waiting: float | None = None
    heated: frozenset[str] = frozenset()

    @property
    def tells_gpus(self) -> bool:
        """Whether the set of GPUs is to be seen here."""
        return self.kind is ServerKind.DCGM or bool(self.reading.gpus)


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, and the page and metric that it is from."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything fresh of one upstream; None is not known.

    `queue` and `running` are sums over its servers, `cache` and `memory` the fullest share, `p95`
    the slowest. `hot` are the GPUs that are held down, with why. `unread` names pages that say
    nothing at present; `gpus_known` that each page of GPUs does.
    """

    queue: Fact | None = None
    running: Fact | None = None
    cache: Fact | None = None
    memory: Fact | None = None
    p95: tuple[P95, str] | None = None
    gpus: Mapping[str, Gpu] = field(default_factory=dict)
    hot: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    gpus_known: bool = False

    @property
    def anything(self) -> bool:
        """Whether anything is known."""
        numbers = (self.queue, self.running, self.cache, self.memory, self.p95)
        return any(one is not None for one in numbers) or bool(self.gpus)


def facts(pages: Sequence[Page]) -> Facts:
    """What the fresh ones among an upstream's pages say together."""
    fresh = [page for page in pages if not page.stale]
    gpus = {name: gpu for page in fresh for name, gpu in page.reading.gpus.items()}
    telling = [page for page in pages if page.tells_gpus]
    return Facts(
        queue=_added(list(_queues(fresh))),
        running=_added(list(_told(fresh, "running"))),
        cache=_fullest(list(_told(fresh, "cache"))),
        memory=_fullest(list(_memories(fresh))),
        p95=_slowest(fresh),
        gpus=gpus,
        hot={name: why for page in fresh for name, why in _hot(page)},
        unread=tuple([page.url for page in pages if page.stale]),
        gpus_known=bool(telling) and not any(page.stale for page in telling),
    )


def _told(fresh: Sequence[Page], name: str) -> Iterator[Fact]:
    for page in fresh:
        value: float | None = getattr(page.reading, name)
        if value is not None:
            yield Fact(value, f"{page.url} {page.reading.names[name]}")


def _queues(fresh: Sequence[Page]) -> Iterator[Fact]:
    """What waits now, or on average of the last minutes where only the time waited is told."""
    for page in fresh:
        if page.reading.queue is not None:
            yield Fact(page.reading.queue, f"{page.url} {page.reading.names['queue']}")
        elif page.waiting is not None:
            yield Fact(page.waiting, f"{page.url} {page.reading.names['queued_us']}")


def _memories(fresh: Sequence[Page]) -> Iterator[Fact]:
    for page in fresh:
        for name, gpu in page.reading.gpus.items():
            if gpu.memory is not None:
                yield Fact(gpu.memory, f"{page.url} {name}")


def _added(some: Sequence[Fact]) -> Fact | None:
    if not some:
        return None
    return Fact(sum(one.value for one in some), ", ".join(one.source for one in some))


def _fullest(some: Sequence[Fact]) -> Fact | None:
    return max(some, key=lambda one: one.value, default=None)


def _slowest(fresh: Sequence[Page]) -> tuple[P95, str] | None:
    found = []
    for page in fresh:
        if page.p95 is not None:
            names = page.reading.names
            found.append((page.p95, f"{page.url} {names.get('p95_s') or names.get('latency')}"))
    return max(found, key=lambda one: one[0].low_s, default=None)


def _hot(page: Page) -> Iterator[tuple[str, str]]:
    for name, gpu in page.reading.gpus.items():
        if gpu.slowed:
            yield name, ", ".join(gpu.slowed)
        elif name in page.heated:
            yield name, "its thermal violations grow"
