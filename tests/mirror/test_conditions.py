"""What keeps a request from being copied: each condition by what it is about."""

import pytest

from mirror import conditions
from mirror.conditions import Contents, contents

DATA = "data:image/png;base64,iVBO"


def said(*parts):
    return {"messages": [{"role": "user", "content": list(parts)}]}


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ({"type": "text", "text": "see https://x/y.png"}, Contents()),
        ({"type": "image_url", "image_url": {"url": DATA}}, Contents(image=True)),
        ({"type": "image_url", "image_url": DATA.upper()}, Contents(image=True)),
        (
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
            Contents(image=True, remote=True),
        ),
        (
            {"type": "input_image", "image_url": "http://10.0.0.1/"},
            Contents(image=True, remote=True),
        ),
        ({"type": "input_image", "file_id": "file-1"}, Contents(image=True, refers=True)),
        ({"type": "file", "file": {"file_id": "file-1"}}, Contents(refers=True)),
        ({"type": "file", "file": {"file_data": DATA}}, Contents()),
        ({"type": "input_file", "file_url": "https://x/y.pdf"}, Contents(remote=True)),
        ({"type": "item_reference", "id": "msg_1"}, Contents(refers=True)),
        ({"role": "assistant", "audio": {"id": "audio_1"}}, Contents(refers=True)),
        ({"type": "input_audio", "input_audio": {"data": "UklG"}}, Contents()),
        ({"type": "reasoning", "encrypted_content": "gAAA"}, Contents(sealed=True)),
    ],
)
def test_what_parts_hold(part, found):
    assert contents(said(part), ["messages"]) == found


def test_only_the_named_keys_are_walked():
    document = said({"image_url": "https://x/y.png"})
    assert contents(document, ["input"]) == Contents()
    assert contents({"messages": "text"}, ["messages"]) == Contents()


def test_deep_nesting_is_walked():
    deep = {"file_id": "file-1"}
    for _ in range(5000):
        deep = [deep]
    assert contents({"input": deep}, ["input"]).refers


@pytest.mark.parametrize(
    ("condition", "document", "holds"),
    [
        (conditions.STORED_IF_ASKED, {}, False),
        (conditions.STORED_IF_ASKED, {"store": None}, False),
        (conditions.STORED_IF_ASKED, {"store": False}, False),
        (conditions.STORED_IF_ASKED, {"store": True}, True),
        (conditions.STORED_IF_ASKED, {"store": 0}, False),
        (conditions.STORED_IF_ASKED, {"store": "false"}, True),
        (conditions.STORED_UNLESS_REFUSED, {}, True),
        (conditions.STORED_UNLESS_REFUSED, {"store": None}, True),
        (conditions.STORED_UNLESS_REFUSED, {"store": 0}, True),
        (conditions.STORED_UNLESS_REFUSED, {"store": False}, False),
        (conditions.CONTINUED, {"previous_response_id": "resp_1"}, True),
        (conditions.CONTINUED, {"conversation": {"id": "conv_1"}}, True),
        (conditions.CONTINUED, {"prompt": {"id": "pmpt_1"}}, True),
        (conditions.CONTINUED, {"previous_response_id": None}, False),
        (conditions.CONTINUED, {"tools": [{"vector_store_ids": ["vs_1"]}]}, True),
        (conditions.CONTINUED, {"tools": [{"container": "cntr_1"}]}, True),
        (conditions.CONTINUED, {"tools": [{"container": {"type": "auto"}}]}, False),
        (conditions.BACKGROUND, {"background": True}, True),
        (conditions.BACKGROUND, {"background": False}, False),
        (conditions.SERVER_TOOLS, {"tools": [{"type": "function"}, {"type": "custom"}]}, False),
        (conditions.SERVER_TOOLS, {"tools": [{"type": "function"}, {"type": "mcp"}]}, True),
        (conditions.SERVER_TOOLS, {"tools": [{"type": "web_search"}]}, True),
        (conditions.SERVER_TOOLS, {"tools": ["web_search"]}, True),
        (conditions.SERVER_TOOLS, {"tools": {"type": "mcp"}}, True),
        (conditions.SERVER_TOOLS, {"tools": None}, False),
        (conditions.SERVER_TOOLS, {"web_search_options": {}}, True),
    ],
)
def test_conditions(condition, document, holds):
    assert condition.holds(document, Contents()) is holds
