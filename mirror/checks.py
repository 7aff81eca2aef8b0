"""What the first answers of an upstream mean: its TLS, our key, its models, its version."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mirror.dialects.openai import object_of
from policies.explain import suggestion
from policies.fault import listed
from policies.policy import CredentialMode, Upstream

_SOON_DAYS = 30
_DAY_S = 86_400
_REFUSED = (401, 403)


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"  # works, and somebody should know
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one upstream: what was found, and what to do about it."""

    upstream: str
    what: str
    state: State
    found: str
    advice: str = ""


def unreached(name: str, upstream: Upstream, fault: str) -> Check:
    """An upstream that gave no answer at all."""
    advice = (
        f"is {upstream.base_url} right, does the server run, and may this machine reach it?"
    )
    if "certificate" in fault:
        advice = "let the server show a certificate that this machine trusts for its name"
    return Check(name, "reach", State.FAIL, fault, advice)


def tls_of(
    name: str, upstream: Upstream, shown: Mapping[str, object] | str, now_s: float
) -> Check:
    """What a certificate says (`SSLSocket.getpeercert`), or why there is none to trust."""
    if upstream.base_url.scheme != "https":
        return Check(name, "tls", State.SKIPPED, "clear text, as the policy says")
    if isinstance(shown, str):
        advice = "renew the server's certificate, or trust its authority on this machine"
        return Check(name, "tls", State.FAIL, shown, advice)
    days = (ssl.cert_time_to_seconds(str(shown["notAfter"])) - now_s) / _DAY_S
    found = f"valid for {days:.0f} days, until {shown['notAfter']}"
    if days < _SOON_DAYS:
        return Check(name, "tls", State.WARN, found, "renew it before then")
    return Check(name, "tls", State.OK, found)


def key_of(name: str, upstream: Upstream, status: int) -> Check:
    """Whether our key was accepted, by the answer to a request for the models."""
    mode, refused = upstream.credential.mode, status in _REFUSED
    match mode:
        case CredentialMode.FORWARD:
            why = "clients' own keys are forwarded, and there is none here to try"
            return Check(name, "key", State.SKIPPED, why)
        case CredentialMode.NONE if refused:
            advice = f"give `upstreams.{name}.credential` a key: {{mode: swap, env: NAME}}"
            return Check(name, "key", State.FAIL, f"it wants a key ({status})", advice)
        case CredentialMode.NONE:
            return Check(name, "key", State.OK, "it wants none")
        case _ if refused:
            advice = f"put a key that it knows into {upstream.credential.env}"
            return Check(name, "key", State.FAIL, f"it was not accepted ({status})", advice)
        case _:
            return Check(name, "key", State.OK, f"{upstream.credential.env} was accepted")


def models_of(name: str, upstream: Upstream, status: int, body: bytes) -> Iterator[Check]:
    """Whether the models that the policy names are on the server's list."""
    if status in _REFUSED:
        return
    offered = _offered(body) if status == 200 else None
    if offered is None:
        found = f"it gives no list of models (GET /v1/models: {status})"
        advice = f"is {upstream.base_url} right up to and including the version, as in /v1?"
        yield Check(name, "models", State.FAIL, found, advice)
        return
    for model in upstream.models:
        if model in offered:
            yield Check(name, f"model {model}", State.OK, "on its list")
            continue
        found = f"not on its list{suggestion(model, offered) or '.'} It has: {_some(offered)}"
        advice = f"load it there, or name another in `upstreams.{name}.models`"
        yield Check(name, f"model {model}", State.FAIL, found, advice)


def _some(offered: list[str], most: int = 8) -> str:
    more = len(offered) - most
    return listed(offered[:most]) + (f" and {more} more" if more > 0 else "")


def _offered(body: bytes) -> list[str] | None:
    data = object_of(body).get("data")
    if not isinstance(data, list):
        return None
    ids = [one.get("id") for one in data if isinstance(one, dict)]
    return [one[:200] for one in ids if isinstance(one, str) and one.isprintable()]


def version_of(
    name: str, upstream: Upstream, pages: Iterable[tuple[str, bytes]]
) -> Iterator[Check]:
    """The server's version where a page tells it, against what the policy declares of its models."""
    told = next(filter(None, (_version(object_of(body)) for _, body in pages)), "")
    if not told:
        yield Check(name, "version", State.SKIPPED, "it does not tell")
        return
    others = {
        identity.engine_version
        for identity in upstream.identity.values()
        if identity.engine_version not in (None, told)
    }
    if not others:
        yield Check(name, "version", State.OK, told)
        return
    declared = ", ".join(sorted(filter(None, others)))
    advice = f"declare what runs in `upstreams.{name}.identity`; another version is another candidate"
    yield Check(name, "version", State.FAIL, f"{told}, and declared is {declared}", advice)


def _version(page: Mapping[str, object]) -> str:
    for key in ("version", "litellm_version", "sglang_version"):
        found = page.get(key)
        if isinstance(found, str) and found and found.isprintable():
            return found[:64]
    return ""
