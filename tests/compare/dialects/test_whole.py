"""Dialects that never stream."""

from compare.canonical import Answer
from compare.dialects.whole import NoStream, never_streamed


def test_an_object_is_read_and_what_was_asked():
    reader = never_streamed(lambda body: Answer("said"), lambda request: "asked")
    assert reader.of_body(b"{}", "application/json") == Answer("said")
    assert reader.asked(b'{"a": 1}', "application/json").prompt == "asked"


def test_no_events_make_an_answer():
    merger = NoStream()
    merger.take({"data": []})
    assert merger.answer() is None and not merger.finished and not merger.last
