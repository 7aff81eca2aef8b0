"""Reads along with an answer as its bytes pass, and says how it ended. Never changes a byte."""

from __future__ import annotations

from dataclasses import dataclass, field

from mirror.dialects import openai
from mirror.dialects.coding import CodingBroken, Decode, decoded, decoder
from mirror.dialects.dialect import Dialect
from mirror.exchange import End
from mirror.sse import Event, EventTooLong, Parser


@dataclass(slots=True)
class Watch:
    """What one answer has shown so far. Made from its head with `watch`, fed with `feed`.

    `body` keeps the first bytes as they came, undecoded, as many as the dialect says; `cut` says
    that there was more.
    `content` turns true with the first part of the answer that a reader would see, and `said` counts
    the events of a stream with such a part. `steps` counts how often it moved on: the events of a
    stream, which comments are not, and the pieces of a body.
    `model` and `fingerprint` are what the answer names as its source, `also` is another model that
    a later event names.
    """

    dialect: Dialect
    status: int
    streaming: bool
    content_type: str
    encoding: str
    body: bytearray = field(default_factory=bytearray)
    cut: bool = False
    content: bool = False
    terminal: bool = False
    failed: bool = False
    unreadable: str = ""
    model: str = ""
    also: str = ""
    fingerprint: str = ""
    steps: int = 0
    said: int = 0
    _parser: Parser = field(default_factory=Parser)
    _decode: Decode | None = None
    _named: str = ""  # how the events name their model, as they spell it

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes. `content`, `failed` and `terminal` hold at once."""
        room = self.dialect.kept_bytes - len(self.body)
        self.body += chunk[:room]
        self.cut = self.cut or len(chunk) > room
        if not self.streaming or self.unreadable:
            self.steps += 1
            return
        try:
            if self._decode is None:
                self._decode = decoder(self.encoding)
            for event in self._parser.feed(self._decode(chunk)):
                self._see(event)
        except (CodingBroken, EventTooLong) as error:
            self.unreadable = str(error)

    def _see(self, event: Event) -> None:
        self.steps += 1
        if self.dialect.is_error(event):
            self.failed = True
            return
        if not self.content:
            self.content = self.dialect.first_content(event)
            self.said += self.content
        elif self.dialect.says(event.data):
            self.said += 1
        self.terminal = self.terminal or self.dialect.is_terminal(event)
        self._name(event.data)

    def _name(self, data: str) -> None:
        """Notes who says to be answering; a gateway may change that in the middle of an answer."""
        if '"model"' not in data or (self._named and self._named in data):
            return
        model = self.dialect.model_of(data)
        if not model:
            return
        if not self.model:
            self.model, self.fingerprint = model, openai.fingerprint_of(data)
            self._named = openai.spelling_of_model(data, model)
        elif model != self.model:
            self.also = model

    def end(self) -> tuple[End, str]:
        """How the answer ended, now that its connection has delivered all of it, and why."""
        if self.status >= 400:
            return End.HTTP_ERROR, f"status {self.status}"
        if self.streaming:
            return self._end_of_stream()
        return self._end_of_body()

    def _end_of_stream(self) -> tuple[End, str]:
        if self.failed:
            return End.ERROR_EVENT, "an error inside the stream"
        if self.terminal and self.content:
            return End.COMPLETE, ""
        if self.unreadable:
            return End.MALFORMED, self.unreadable
        return End.NO_TERMINAL, "no content" if self.terminal else "the stream stopped early"

    def _end_of_body(self) -> tuple[End, str]:
        if self.cut:
            # too long to keep: its length was right, and that is all we know
            return End.COMPLETE, ""
        try:
            body = decoded(bytes(self.body), self.encoding)
        except CodingBroken as error:
            return End.MALFORMED, str(error)
        self.model = self.dialect.model_of(body)
        self.fingerprint = openai.fingerprint_of(body)
        match self.dialect.fault_of(body, self.content_type):
            case "":
                return End.COMPLETE, ""
            case "error":
                return End.ERROR_EVENT, "an error with a status of success"
            case fault:
                return End.MALFORMED, fault


def watch(dialect: Dialect, status: int, content_type: str, encoding: str) -> Watch:
    """A watch on the answer with this head to a call of this dialect."""
    kind = content_type.lower()
    return Watch(dialect, status, kind.startswith("text/event-stream"), kind, encoding)
