"""Embeddings as lists of numbers and as base64."""

import base64
import json

import numpy as np
import pytest

from compare.dialects import embeddings
from compare.dialects.embeddings import EMBEDDINGS
from compare.reassembly import Reassembly


def encoded(*numbers: float) -> str:
    return base64.b64encode(np.array(numbers, dtype="<f4").tobytes()).decode()


def body(*vectors: object, **more: object) -> bytes:
    data = [{"index": at, "embedding": one} for at, one in enumerate(vectors)]
    return json.dumps({"object": "list", "data": data, "model": "m", **more}).encode()


def read(whole: bytes):
    return EMBEDDINGS.of_body(whole, "application/json")


def faults(*vectors: object) -> str:
    answer = read(body(*vectors))
    assert answer.vectors is not None and not answer.vectors.matrix.size and not answer.problem
    return "; ".join(answer.vectors.faults)


def test_numbers_and_base64_are_the_same_vectors():
    plain, packed = read(body([0.5, -2, 1e-3])), read(body(encoded(0.5, -2, 1e-3)))
    assert plain.vectors.matrix.tolist() == packed.vectors.matrix.tolist()
    assert (plain.vectors.base64, packed.vectors.base64) == (False, True)
    assert (plain.model, plain.vectors.matrix.dtype) == ("m", np.float32)


def test_vectors_stand_in_the_order_of_their_inputs():
    data = [{"index": 1, "embedding": [1.0]}, {"index": 0, "embedding": [0.0]}]
    assert embeddings.of_object({"data": data}).vectors.matrix.tolist() == [[0.0], [1.0]]


def test_entries_without_an_index_stand_in_their_own_order():
    data = [{"embedding": [1.0]}, {"embedding": [0.0]}]
    assert embeddings.of_object({"data": data}).vectors.matrix.tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize(
    "indices", [(0, 0), (0, 2), (-1, 0), (0, None), (0, "1"), (False, True)]
)
def test_indices_that_name_no_input_or_one_twice_are_a_fault(indices):
    data = [{"index": index, "embedding": [1.0]} for index in indices]
    assert "indices" in embeddings.of_object({"data": data}).vectors.faults[0]


@pytest.mark.parametrize(
    ("vector", "says"),
    [
        ("half a base64 strin", "no base64"),
        (encoded(1, 2)[:-4], "6 bytes"),
        ("ÿ", "no base64"),
        ("", "0 bytes"),
        ([], "no list"),
        (None, "no list"),
        ({"values": [1]}, "no list"),
        ([[0.1, 0.2]], "a list among"),
        (["0.1"], "a str among"),
        ([True], "a bool among"),
        ([10**400], "no float holds"),
    ],
)
def test_what_is_no_vector_is_a_fault_with_its_reason(vector, says):
    assert says in faults(vector)


def test_vectors_of_several_lengths_are_a_fault():
    assert faults([1.0], [1.0, 2.0, 3.0]) == "vectors of 1 to 3 dimensions in one answer"


def test_what_a_server_could_not_write_as_a_number_is_not_finite():
    found = read(b'{"data":[{"index":0,"embedding":[NaN, Infinity, null, 1e300, 1]}]}')
    assert np.isfinite(found.vectors.matrix).tolist() == [[False] * 4 + [True]]


def test_an_answer_names_at_most_a_few_faults():
    assert len(read(body(*[["x"]] * 2_000)).vectors.faults) == 5


@pytest.mark.parametrize(
    "whole", [b"{}", b'{"data":3}', b'{"data":[3]}', b'{"data":[{"index":0,"score":1}]}']
)
def test_what_holds_no_vectors_is_no_answer(whole):
    assert read(whole).problem == "no_answer"


def test_a_stream_is_no_answer():
    stream = Reassembly(EMBEDDINGS)
    stream.feed(b"data: " + body([1.0]) + b"\n\ndata: [DONE]\n\n")
    assert stream.answer().problem


def test_it_is_known_how_much_the_server_read():
    assert read(body([1.0], usage={"prompt_tokens": 7})).vectors.tokens == 7
    assert read(body([1.0], usage={"prompt_tokens": True})).vectors.tokens is None


@pytest.mark.parametrize(
    ("request_", "count", "prompt"),
    [
        ({"input": "one"}, 1, "one"),
        ({"input": ["one", "two"]}, 2, "one\ntwo"),
        ({"input": [11, 0, 13]}, 1, "11\n0\n13"),
        ({"input": [[11, 12], [13]]}, 2, "[11, 12]\n[13]"),
        ({"messages": [{"role": "user", "content": "x"}]}, 1, ""),
        ({"input": []}, None, ""),
        ({"input": 3}, None, "3"),
        ({}, None, ""),
    ],
)
def test_inputs_are_counted_as_texts_or_as_tokens(request_, count, prompt):
    assert (embeddings.inputs(request_), embeddings.prompt(request_)) == (count, prompt)


def test_texts_are_the_inputs_that_are_words():
    assert embeddings.texts({"input": ["one", "two"]}) == ["one", "two"]
    assert embeddings.texts({"input": "one"}) == ["one"]
    assert embeddings.texts({"input": [[1], [2]]}) == []


def test_a_batch_as_large_as_one_may_be_is_read():
    row = encoded(*np.linspace(-1, 1, 3_072))
    assert read(body(*[row] * 2_048)).vectors.matrix.shape == (2_048, 3_072)
