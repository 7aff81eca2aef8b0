"""What in a request's body keeps it from being copied and repeated: each condition with its reason.

The rule behind all of them: a request may be asked twice only where everything it needs stands in
it, and nothing of it stays. What is unclear counts as neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Excluded(StrEnum):
    """Why a call of the table is answered by the primary and not copied."""

    NOT_JSON = "not_json"  # the upstream's own complaint reaches the client
    NOT_FORM = "not_form"  # the same, where a form was to come
    TOO_MANY_VALUES = "too_many_values"  # to read it would hold up everybody else
    NO_MODEL = "no_model"  # names no model that could be one
    STORED = "stored"  # asks the server to keep the answer
    BACKGROUND = "background"  # asks the server to keep working, and is fetched later
    REFERS = "refers"  # names something that is kept on the server
    SERVER_TOOLS = (
        "server_tools"  # has tools that the server itself runs, with effects of their own
    )
    REMOTE_CONTENT = "remote_content"  # makes the server fetch an address
    SEALED = "sealed"  # holds what only the side that wrote it can read


UNREAD = frozenset({Excluded.NOT_JSON, Excluded.NOT_FORM, Excluded.TOO_MANY_VALUES})
"""Nobody knows what such a body names."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the parts of a conversation hold, found in one walk. `image` of any kind."""

    image: bool = False
    refers: bool = False
    remote: bool = False
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """`says` is the row of the table in docs/surface.md; `holds` decides it."""

    code: Excluded
    says: str
    holds: Callable[[Mapping[str, object], Contents], bool]


def contents(document: Mapping[str, object], keys: Iterable[str]) -> Contents:
    """What stands under these keys of a request."""
    image = refers = remote = sealed = False
    for node in _nodes([document.get(key) for key in keys]):
        address = _address(node)
        image = image or address is not None or node.get("type") in ("input_image", "image")
        remote = remote or bool(node.get("file_url")) or _is_fetched(address)
        refers = refers or _names_something_kept(node)
        sealed = sealed or bool(node.get("encrypted_content"))
    return Contents(image, refers, remote, sealed)


def _nodes(found: list[object]) -> Iterator[Mapping[str, object]]:
    while found:
        node = found.pop()
        if isinstance(node, dict):
            yield node
            found.extend(node.values())
        elif isinstance(node, list):
            found.extend(node)


def _address(node: Mapping[str, object]) -> str | None:
    """The address of an image, as chat (`{"url": ...}`) and responses (a string) give it."""
    given = node.get("image_url")
    if isinstance(given, dict):
        given = given.get("url")
    return given if isinstance(given, str) else None


def _is_fetched(address: str | None) -> bool:
    return address is not None and not address.lower().startswith("data:")


def _names_something_kept(node: Mapping[str, object]) -> bool:
    spoken = node.get("audio")  # a message that repeats an answer's audio by its id
    by_id = isinstance(spoken, dict) and "id" in spoken
    return bool(node.get("file_id")) or node.get("type") == "item_reference" or by_id


def _tools(document: Mapping[str, object]) -> list[object]:
    tools = document.get("tools")
    if tools is None:
        return []
    return tools if isinstance(tools, list) else [tools]


def _runs_tools(document: Mapping[str, object], found: Contents) -> bool:
    if document.get("web_search_options") is not None:
        return True
    return any(
        not isinstance(tool, dict) or tool.get("type") not in ("function", "custom")
        for tool in _tools(document)
    )


def _continues(document: Mapping[str, object], found: Contents) -> bool:
    if any(document.get(key) for key in ("previous_response_id", "conversation", "prompt")):
        return True
    return any(
        isinstance(tool, dict) and bool(tool.get("vector_store_ids") or _container(tool))
        for tool in _tools(document)
    )


def _container(tool: Mapping[str, object]) -> bool:
    return isinstance(tool.get("container"), str)


STORED_IF_ASKED = Condition(
    Excluded.STORED,
    "`store` is anything but `false` or `null`",
    lambda document, found: document.get("store") not in (None, False),
)
STORED_UNLESS_REFUSED = Condition(
    Excluded.STORED,
    "`store` is not `false` (the API keeps a response unless told not to)",
    lambda document, found: document.get("store") is not False,
)
CONTINUED = Condition(
    Excluded.REFERS,
    "`previous_response_id`, `conversation`, `prompt` or a tool's `vector_store_ids` or `container`"
    " names something kept on the server",
    _continues,
)
BACKGROUND = Condition(
    Excluded.BACKGROUND,
    "`background` is anything but `false` or `null`",
    lambda document, found: document.get("background") not in (None, False),
)
SERVER_TOOLS = Condition(
    Excluded.SERVER_TOOLS,
    "a tool other than `function` and `custom`, or `web_search_options`: the server runs it itself",
    _runs_tools,
)
REFERS = Condition(
    Excluded.REFERS,
    "a part names a file, an item or an answer's audio by its id",
    lambda document, found: found.refers,
)
REMOTE_CONTENT = Condition(
    Excluded.REMOTE_CONTENT,
    "an image or file is given by an address and not as a `data:` URL: the server would fetch it",
    lambda document, found: found.remote,
)
SEALED = Condition(
    Excluded.SEALED,
    "a part has `encrypted_content`, which only the side that wrote it can read",
    lambda document, found: found.sealed,
)
