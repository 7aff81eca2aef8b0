"""The images that a request shows, and which of their demands a server of one's own may not meet.

Chat completions show them as `image_url` with an object, responses as `input_image` with a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from compare.dialects.values import Object, objects, text, words
from compare.documents import readable


@dataclass(frozen=True, slots=True)
class Image:
    """`host` is empty for an image that the request itself holds; `detail` as it was asked for."""

    host: str = ""
    detail: str = ""


def of(body: Object) -> tuple[Image, ...]:
    """The images of a request's body, in order."""
    return tuple(_images(body))


def question(body: Object) -> str:
    """The words of the last message of the user; empty where the body has none."""
    if said := text(body, "input"):
        return said
    asked = [one for one in _messages(body) if one.get("role", "user") == "user"]
    return next(filter(None, (words(one, "content") for one in reversed(asked))), "")


def demands(body: Object) -> tuple[str, ...]:
    """What of the images a server may be unable to meet, in words; no address is told, only its host."""
    found = of(body)
    hosts = sorted({one.host for one in found if one.host})
    details = sorted({one.detail for one in found} - {"", "auto"})
    said = []
    if len(found) > 1:
        said.append(f"the request shows {len(found)} images; some servers take one")
    if hosts:
        names = readable(", ".join(hosts[:3]), 200)
        said.append(f"an image lies at {names}, which a server without a way out cannot reach")
    if details:
        said.append(f"the request asks for `detail`: {readable(', '.join(details), 40)}")
    return tuple(said)


def _messages(body: Object) -> list[Object]:
    return objects(body, "messages") + objects(body, "input")


def _images(body: Object) -> Iterator[Image]:
    for message in _messages(body):
        for part in objects(message, "content"):
            if part.get("type") in ("image_url", "input_image", "image") or "image_url" in part:
                given = part.get("image_url")
                holder = given if isinstance(given, Mapping) else part
                address = text(given, "url") if isinstance(given, Mapping) else given
                yield Image(
                    _host(address if isinstance(address, str) else ""), text(holder, "detail")
                )


def _host(address: str) -> str:
    if not address.lower().startswith(("http://", "https://")):
        return ""
    try:
        return urlsplit(address).hostname or "an address"
    except ValueError:
        return "an address"
