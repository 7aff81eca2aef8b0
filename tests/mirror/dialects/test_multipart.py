"""Forms: which fields they have, and the one that is replaced."""

import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.dialects import multipart
from mirror.dialects.multipart import MultipartBroken

FIELD = st.text(min_size=1, max_size=30)


def form(data, content=b"RIFF\x00\r\n--x\r\n", name="visit.wav"):
    """A form as the OpenAI SDK's client writes it: body and content type."""
    files = {"file": (name, content, "audio/wav")}
    request = httpx.Request("POST", "http://x/", data=data, files=files)
    return request.read(), request.headers["content-type"]


def test_fields_are_read_and_files_are_not():
    body, kind = form({"model": "whisper-1", "language": "ms", "prompt": "ubat\r\nbaru"})
    found = multipart.fields(body, kind)
    assert found == {"model": "whisper-1", "language": "ms", "prompt": "ubat\r\nbaru"}
    assert [part.file for part in multipart.parts(body, kind)] == [False, False, False, True]


@given(
    data=st.dictionaries(st.sampled_from(["language", "prompt", "stream"]), st.text()),
    content=st.binary(max_size=500),
    model=FIELD,
    other=FIELD,
)
def test_only_the_model_changes_and_the_file_is_equal_byte_for_byte(
    data, content, model, other
):
    body, kind = form(data | {"model": model}, content)
    changed = multipart.with_model(body, kind, other)
    before, after = multipart.parts(body, kind), multipart.parts(changed, kind)
    assert multipart.fields(changed, kind) == multipart.fields(body, kind) | {"model": other}
    assert [p.name for p in before] == [p.name for p in after]
    for old, new in zip(before, after, strict=True):
        if old.name != "model":
            assert body[old.start : old.end] == changed[new.start : new.end]
    assert multipart.with_model(changed, kind, model) == body


def test_a_form_for_the_model_already_stays_as_it_is():
    body, kind = form({"model": "own"})
    assert multipart.with_model(body, kind, "own") is body


def test_a_file_that_is_called_model_is_not_taken_for_the_models_name():
    body = (
        b'--b\r\nContent-Disposition: form-data; name="model"; filename="m"\r\n\r\nx\r\n--b--'
    )
    assert multipart.fields(body, "multipart/form-data; boundary=b") == {}
    assert multipart.with_model(body, "multipart/form-data; boundary=b", "y") is body


PART = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nbig\r\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PART + b"--b--", "application/json"),
        (PART + b"--b--", "multipart/form-data"),
        (PART + b"--b--", "multipart/mixed; boundary=b"),
        (PART, "multipart/form-data; boundary=b"),
        (PART + b"--b", "multipart/form-data; boundary=b"),
        (PART + PART + b"--b--", "multipart/form-data; boundary=b"),
        (PART.replace(b"form-data", b"attachment") + b"--b--", "multipart/form-data; boundary=b"),
        (PART.replace(b'name="model"', b"x=y") + b"--b--", "multipart/form-data; boundary=b"),
        (
            PART.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"--b--",
            "multipart/form-data; boundary=b",
        ),
        (b"--b\r\n" + b"x: y\r\n" * 3000 + PART, "multipart/form-data; boundary=b"),
        (b"".join([b'--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\n\r\n' % n for n in range(300)])
         + b"--b--", "multipart/form-data; boundary=b"),
        (b"", "multipart/form-data; boundary=b"),
        (b"no boundary", "multipart/form-data; boundary=b"),
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_no_form(body, kind):
    with pytest.raises(MultipartBroken):
        multipart.fields(body, kind)


@pytest.mark.parametrize(
    "kind", ['multipart/form-data; boundary="b"', "Multipart/Form-Data;Boundary=b"]
)
@pytest.mark.parametrize("before", [b"", b"a preamble\r\n"])
def test_boundaries_are_read_as_they_may_be_written(kind, before):
    body = before + PART + b"--b--\r\nan epilogue"
    assert multipart.fields(body, kind) == {"model": "big"}
    assert multipart.with_model(body, kind, "own") == body.replace(b"big", b"own")


@given(st.binary(), st.text())
def test_nothing_else_is_raised(body, kind):
    with contextlib.suppress(MultipartBroken):
        multipart.fields(body, f"multipart/form-data; boundary={kind}")
