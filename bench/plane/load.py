"""The load: wrk for whole answers, where it is installed, and a bare asyncio client for the rest."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Target:
    """Where requests go, and the headers they carry."""

    port: int
    headers: Mapping[str, str]
    path: str = "/v1/chat/completions"

    def request(self, body: bytes) -> bytes:
        """A request as it is sent."""
        lines = [f"POST {self.path} HTTP/1.1", f"host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += ["content-type: application/json", f"content-length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body


@dataclass
class Whole:
    """What came of requests for whole answers. Times are seconds."""

    rps: float
    p50: float
    p99: float
    failed: int
    hashes: set[str] = field(default_factory=set)


@dataclass
class Streams:
    """What came of streams: how many were lost, first tokens and gaps in seconds."""

    lost: int
    events: int
    first: list[float]
    gaps: list[float]
    seconds: float


def ask(text: str, *, stream: bool = False, size: int = 0) -> bytes:
    """A chat request; with `size`, an image that makes it so many bytes long."""
    content: object = text
    if size:
        image = "data:image/png;base64," + "A" * size
        content = [
            {"type": "text", "text": text},
            {"type": "image_url", "image_url": {"url": image}},
        ]
    return json.dumps(
        {"model": "mock", "stream": stream, "messages": [{"role": "user", "content": content}]}
    ).encode()


def percentile(values: Sequence[float], share: float) -> float:
    """The value at this share of the sorted values; not a number where there are none."""
    ordered = sorted(values)
    return (
        ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
    )


async def whole(target: Target, body: bytes, clients: int, seconds: float) -> Whole:
    """Requests from so many clients that each wait for their answer."""
    if shutil.which("wrk"):
        return await _wrk(target, body, clients, seconds)
    return await paced(target, body, clients=clients, seconds=seconds, rate=0)


async def _wrk(target: Target, body: bytes, clients: int, seconds: float) -> Whole:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "body").write_bytes(body)
        headers = "\n".join(
            f'wrk.headers["{name}"] = "{value}"'
            for name, value in {"content-type": "application/json", **target.headers}.items()
        )
        script = Path(folder) / "ask.lua"
        script.write_text(
            f'wrk.method = "POST"\n{headers}\n'
            f'local file = io.open("{folder}/body", "rb")\nwrk.body = file:read("*a")\n'
        )
        url = f"http://127.0.0.1:{target.port}{target.path}"
        words = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s", "--timeout", "30s"]
        said = await asyncio.to_thread(
            subprocess.run,
            [*words, "--latency", "-s", script, url],
            check=True,
            capture_output=True,
            text=True,
        )
    return _read(said.stdout)


def _read(said: str) -> Whole:
    """wrk's report."""

    def seconds(share: str) -> float:
        found = re.search(rf"^ +{share}% +([\d.]+)(us|ms|s|m)", said, re.MULTILINE)
        return float(found[1]) * SECONDS[found[2]] if found else float("nan")

    rps = re.search(r"Requests/sec: +([\d.]+)", said)
    failed = [int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", said)]
    failed += [int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", said)]
    return Whole(float(rps[1]) if rps else 0.0, seconds("50"), seconds("99"), sum(failed))


async def paced(
    target: Target, body: bytes, *, clients: int, seconds: float, rate: float
) -> Whole:
    """Whole answers, at so many requests a second together (0: as fast as they come)."""
    times: list[float] = []
    found = Whole(0, 0, 0, 0)
    request = target.request(body)
    began = time.perf_counter()

    async def client(number: int) -> None:
        due = began + (number / rate if rate else 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        while (now := time.perf_counter()) < began + seconds:
            if rate:
                await asyncio.sleep(max(0.0, due - now))
                due += clients / rate
            sent = time.perf_counter()
            writer.write(request)
            try:
                status, answer = await _answer(reader)
            except (OSError, asyncio.IncompleteReadError):
                found.failed += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
                continue
            times.append(time.perf_counter() - sent)
            found.failed += status != 200
            found.hashes.add(hashlib.sha256(answer).hexdigest())
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    found.rps = len(times) / (time.perf_counter() - began)
    found.p50, found.p99 = percentile(times, 0.5), percentile(times, 0.99)
    return found


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    async with asyncio.timeout(PATIENCE_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        assert length, head
        return int(head.split(b" ", 2)[1]), await reader.readexactly(int(length[1]))


async def streams(target: Target, count: int, events: int, pace_ms: int) -> Streams:
    """So many streams at once, each on a connection of its own, all asked for in one instant."""
    request = target.request(ask(f"events={events} pace={pace_ms}", stream=True))
    found = Streams(0, 0, [], [], 0.0)
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(count):  # before the clock starts, and a few at a time: no SYN is dropped
        ended = loop.create_future()
        _, protocol = await loop.create_connection(
            lambda ended=ended: _Stream(found, events, pace_ms / 1000, ended),
            "127.0.0.1",
            target.port,
        )
        connections.append((protocol, ended))
    began = time.perf_counter()
    for protocol, _ in connections:
        protocol.ask(request)
    waiting = [ended for _, ended in connections]
    done, late = await asyncio.wait(waiting, timeout=PATIENCE_S + events * pace_ms / 1000)
    found.lost += len(late) + sum(not one.result() for one in done)
    found.seconds = time.perf_counter() - began
    for protocol, _ in connections:
        protocol.close()
    return found


class _Stream(asyncio.Protocol):
    """Reads one stream and notes when its events came."""

    def __init__(
        self, found: Streams, events: int, pace_s: float, ended: asyncio.Future[bool]
    ) -> None:
        self.found, self.events, self.pace_s, self.ended = found, events, pace_s, ended
        self.sent = self.last = 0.0
        self.seen = 0
        self.tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes) -> None:
        self.sent = time.perf_counter()
        self.transport.write(request)

    def close(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        data = self.tail + data
        cut = data.rfind(b"\n\n") + 2 if b"\n\n" in data else 0
        data, self.tail = data[:cut], data[cut:]  # an event may be cut by a read
        events = data.count(b'"content": "word ') + data.count(b'"content":"word ')
        if events:
            if self.seen == 0:
                self.found.first.append(now - self.sent)
            else:
                self.found.gaps.append(now - self.last)
            self.last = now
            self.seen += events
            self.found.events += events
        if b"[DONE]" in data:
            self._end(self.seen >= self.events)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(False)

    def _end(self, whole: bool) -> None:
        if not self.ended.done():
            self.ended.set_result(whole)
