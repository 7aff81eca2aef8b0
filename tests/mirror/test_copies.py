"""The mark of copies."""

from mirror.copies import is_copy, is_loop, mark


def test_a_copy_carries_the_mark_of_its_deployment():
    headers = mark({"accept": "*/*", "idempotency-key": "k", "x-crossfade-copy": "b"}, "a")
    assert headers == {"accept": "*/*", "x-crossfade-copy": "a"}
    assert is_copy(headers) and is_loop(headers, "a")


def test_a_copy_of_another_deployment_is_no_loop():
    headers = mark({}, "a")
    assert is_copy(headers) and not is_loop(headers, "b")
    assert not is_copy({}) and not is_loop({}, "a")
