"""Addresses and headers that a policy must not hold."""

import pytest

from policies.policy import Credential, Location, Upstream
from policies.upstreams import upstream_faults


def upstream(url: str, location: Location = Location.CLOUD, **parts: object) -> Upstream:
    return Upstream.model_validate(
        {"base_url": url, "location": location, "models": ["m"], **parts}
    )


def told(value: Upstream, environment: dict[str, str] | None = None) -> list[str]:
    return [message for _, message in upstream_faults({"u": value}, environment)]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "http://127.0.0.1:9000/v1",
        "http://[::1]:9000/v1",
        "http://localhost/v1",
        "http://10.1.2.3/v1",
        "http://192.168.0.9:8000/v1",
        "http://gateway:4000/v1",
        "http://gpu.clinic.internal/v1",
    ],
)
def test_an_address_that_keeps_its_bytes_to_itself_is_fine(url: str) -> None:
    assert told(upstream(url)) == []


@pytest.mark.parametrize("url", ["http://api.openai.com/v1", "http://8.8.8.8/v1"])
def test_clear_text_to_the_internet_is_a_fault(url: str) -> None:
    (message,) = told(upstream(url))
    assert "use https://" in message
    assert told(upstream("http://8.8.8.8/v1", Location.ONPREM)) == []  # its owner's own line


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://user:pass@host.example/v1", "carries a user or password"),
        ("https://host.example/v1?key=1", "has a `?` or `#` part"),
        ("https://host.example/v1#x", "has a `?` or `#` part"),
    ],
)
def test_an_address_is_an_address_and_nothing_else(url: str, says: str) -> None:
    (message,) = told(upstream(url))
    assert says in message


@pytest.mark.parametrize("host", ["api.openai.com", "clinic.openai.azure.com"])
def test_a_known_cloud_cannot_be_called_onprem(host: str) -> None:
    (message,) = told(upstream(f"https://{host}/v1", Location.ONPREM))
    assert "needs `location: cloud`" in message
    assert told(upstream("https://notopenai.com/v1", Location.ONPREM)) == []


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", "Bearer abc"),
        ("authorization", "abc"),
        ("x-api-key", "abc"),
        ("api-key", "abc"),
        ("Cookie", "a=b"),
        ("x-clinic-token", "abc"),
        ("x-note", "Bearer abc"),
        ("x-note", "sk-abcdefgh1234"),
    ],
)
def test_a_secret_in_a_header_is_refused_and_not_repeated(header: str, value: str) -> None:
    (message,) = told(upstream("https://host.example/v1", headers={header: value}))
    assert "use `credential:" in message
    assert value not in message


def test_a_header_that_splits_its_line_is_refused() -> None:
    for headers in ({"x-a": "1\r\nx-b: 2"}, {"x a": "1"}):
        (message,) = told(upstream("https://host.example/v1", headers=headers))
        assert "on one line" in message


def test_a_plain_header_is_fine() -> None:
    assert (
        told(upstream("https://host.example/v1", headers={"OpenAI-Organization": "org"})) == []
    )


@pytest.mark.parametrize(
    ("environment", "says"),
    [({}, ["KEY is not set"]), ({"KEY": ""}, ["KEY is empty"]), ({"KEY": "k"}, []), (None, [])],
)
def test_a_credential_variable_is_looked_for(
    environment: dict[str, str] | None, says: list[str]
) -> None:
    value = upstream("https://host.example/v1", credential=Credential(env="KEY"))
    found = told(value, environment)
    assert len(found) == len(says)
    assert all(words in message for words, message in zip(says, found, strict=True))


def test_an_identity_is_that_of_a_declared_model() -> None:
    (message,) = told(upstream("http://gpu/v1", identity={"n": {"engine": "vllm"}}))
    assert "declares `m`" in message
    assert told(upstream("http://gpu/v1", identity={"m": {"engine": "vllm"}})) == []
