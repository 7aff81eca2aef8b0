"""A dialect: how one family of calls names its model, streams, ends and fails, as a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirror.sse import Event

KEPT_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """Pure functions of what is sent and answered. Those of answers never raise, whatever they read.

    `with_model(body, content_type, model)` is the request for another model; every byte but the
    model's name stays. It takes a body that `surface.read` found to name one.
    `is_terminal`, `is_error`, `first_content` judge an event: is the stream whole with it, does it
    report a failure, does it carry something of the answer that a reader would see.
    `says(data)` tells the same of an event's data without reading all of it, for events behind the
    first: how a stream finished is nothing that it says.
    `model_of(text)` is the model that an answer or an event says it came from, empty for none.
    `fault_of(body, content_type)` is what keeps a whole body from being an answer: empty for an
    answer, "error" for an error object.
    `error_event(message, kind, code)` is an error as the last event of a stream.
    `streams` is false where no answer is ever a stream, `form` true where requests are multipart.
    `kept_bytes` of an answer are held, checked and recorded; a candidate's longer one fails over.
    """

    name: str
    with_model: Callable[[bytes, str, str], bytes]
    is_terminal: Callable[[Event], bool]
    is_error: Callable[[Event], bool]
    first_content: Callable[[Event], bool]
    model_of: Callable[[str | bytes], str]
    fault_of: Callable[[bytes, str], str]
    error_event: Callable[[str, str, str | None], bytes]
    streams: bool = True
    form: bool = False
    says: Callable[[str], bool] = lambda data: False
    kept_bytes: int = KEPT_BYTES
