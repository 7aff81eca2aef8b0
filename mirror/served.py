"""Who really answered: what a reply shows of the model and machine behind it, against the declared ones.

A gateway in front of the candidate may fall back to another model by itself, even to the cloud. Its
answer then looks whole and good, and is not the candidate's. Nothing here is proof that the right
one answered: a server can name itself as it likes. It finds those that say otherwise.

Sources of the header names: docs.litellm.ai "Response Headers" (LiteLLM also passes its provider's
own headers on, with `llm_provider-` before the name), the OpenAI API reference "Debugging
requests", and what Azure, Anthropic, Bedrock, Groq and OpenRouter send.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mirror.dialects.watch import Watch
from mirror.exchange import Fact, Source
from policies.policy import Location, ModelIdentity
from policies.upstreams import is_cloud

CLOUD = "a cloud answered"
"""How the words of `other` begin where a cloud answered for a server on the premises."""
LONGEST = 200
_BEHIND = "llm_provider-"

# Headers in which gateways and servers name themselves, the surest first.
_DEPLOYMENT = (
    "x-litellm-model-id",
    "x-served-by",
    "x-ms-deployment-name",
    "openai-processing-deployment",
)
_ADDRESS = "x-litellm-model-api-base"
_GROUP = "x-litellm-model-group"
_FALLBACKS = "x-litellm-attempted-fallbacks"
_GPUS = ("x-compute-type",)  # text-generation-inference names its accelerator

# Headers that only the servers of a cloud provider send.
_VENDORS = {
    "openai-processing-ms": "OpenAI",
    "openai-organization": "OpenAI",
    "openai-project": "OpenAI",
    "apim-request-id": "Azure",
    "azureml-model-session": "Azure",
    "x-ms-region": "Azure",
    "x-ms-served-model": "Azure",
    "anthropic-organization-id": "Anthropic",
    "anthropic-ratelimit-requests-limit": "Anthropic",
    "x-amzn-requestid": "AWS",
    "x-amzn-bedrock-invocation-latency": "AWS",
    "x-groq-region": "Groq",
    "x-openrouter-provider": "OpenRouter",
    "x-goog-ext-27327-bin": "Google",
}
# A cloud's own edge; before an on-premises server it may be a tunnel, behind a gateway it is not ours.
_EDGES = {"llm_provider-cf-ray": "Cloudflare"}
_MARKS = _VENDORS | {_BEHIND + name: vendor for name, vendor in _VENDORS.items()} | _EDGES
# `fp_` and hexadecimal digits is what OpenAI and its cloud likes put into `system_fingerprint`.
_CLOUD_FINGERPRINT = re.compile(r"fp_[0-9a-f]{8,}(_.*)?")
_NOTHING = ModelIdentity()
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Declared:
    """Who should answer: the upstream, the model asked for ("" for none named), and what is behind it."""

    upstream: str
    location: str
    model: str
    identity: ModelIdentity | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What a reply showed; empty where it showed nothing.

    `model` and `fingerprint` stand in the body, `also` is another model that the same answer named
    later. `vendor` is the cloud provider that its headers betray.
    """

    model: str = ""
    also: str = ""
    fingerprint: str = ""
    deployment: str = ""
    address: str = ""
    group: str = ""
    fell_back: bool = False
    vendor: str = ""
    gpus: str = ""


def observed(
    headers: Mapping[str, str], *, model: str = "", also: str = "", fingerprint: str = ""
) -> Observed:
    """What a reply's head, by lower-case names, and what was read of its body, show."""
    return Observed(
        model=_text(model),
        also=_text(also),
        fingerprint=_text(fingerprint),
        deployment=_first(headers, _DEPLOYMENT),
        address=_first(headers, (_ADDRESS,)),
        group=_first(headers, (_GROUP,)),
        fell_back=headers.get(_FALLBACKS, "0").strip() not in ("", "0"),
        vendor=_vendor(headers),
        gpus=_first(headers, _GPUS),
    )


def of(headers: Mapping[str, str], read: Watch | None) -> Observed:
    """The same of an answer that was watched; of its head alone where there is no more."""
    if read is None:
        return observed(headers)
    return observed(headers, model=read.model, also=read.also, fingerprint=read.fingerprint)


def other(declared: Declared, seen: Observed) -> str:
    """Why the answer is not the declared one's, in words; empty where nothing says so."""
    identity = declared.identity or _NOTHING
    for fault in (
        _cloud(declared, seen),
        _fallback(seen),
        _model(declared, identity, seen),
        _deployment(identity, seen),
    ):
        if fault:
            return fault
    return ""


def facts(declared: Declared, seen: Observed) -> tuple[Fact, ...]:
    """Who answered, as far as it is known, and whether a fact was declared or observed."""
    shown = {
        "model": seen.model,
        "deployment": seen.deployment,
        "address": seen.address,
        "gpus": seen.gpus,
        "fingerprint": seen.fingerprint,
        "vendor": seen.vendor,
    }
    found = {name: Fact(name, value, Source.OBSERVED) for name, value in shown.items() if value}
    return tuple((_told(declared) | found).values())


@functools.lru_cache(maxsize=1024)  # one for each model of an upstream, asked for every reply
def _told(declared: Declared) -> dict[str, Fact]:
    """What is declared, by name."""
    identity = declared.identity or _NOTHING
    told = {
        "upstream": declared.upstream,
        "model": declared.model,
        "deployment": _only(identity.deployments),
        "address": _only(identity.addresses),
        "engine": identity.engine,
        "engine_version": identity.engine_version,
        "quantisation": identity.quantisation,
        "gpus": identity.gpus,
        "weights_sha256": identity.weights_sha256,
        "prompt_template": identity.prompt_template,
    }
    return {name: Fact(name, value, Source.DECLARED) for name, value in told.items() if value}


def _fallback(seen: Observed) -> str:
    return "the gateway fell back to another model group" if seen.fell_back else ""


def _cloud(declared: Declared, seen: Observed) -> str:
    """An upstream on the premises whose answer shows that a cloud gave it."""
    if declared.location != Location.ONPREM:
        return ""
    if seen.vendor:
        return f"{CLOUD}: its headers are those of {seen.vendor}"
    host = urlsplit(seen.address).hostname or ""
    if is_cloud(host):
        return f"{CLOUD}: the gateway asked {host}"
    if _CLOUD_FINGERPRINT.fullmatch(seen.fingerprint):
        return f"{CLOUD}: its system_fingerprint is a cloud provider's"
    return ""


def _model(declared: Declared, identity: ModelIdentity, seen: Observed) -> str:
    if not declared.model:
        return ""
    names = (declared.model, *identity.served_as)
    for model in (seen.model, seen.also):
        if model and not any(_is(model, name) for name in names):
            return (
                f"model {model!r} answered, {declared.model!r} was asked; "
                "if they are the same, declare it in `served_as`"
            )
    if seen.group and seen.group not in names:
        return f"model group {seen.group!r} answered, {declared.model!r} was asked"
    return ""


def _is(model: str, name: str) -> bool:
    """Whether an answer's model is the one named; a dated snapshot of it is."""
    if model.lower() == name.lower():
        return True
    head, tail = model[: len(name)], model[len(name) :]
    return head.lower() == name.lower() and _SNAPSHOT.fullmatch(tail) is not None


def _deployment(identity: ModelIdentity, seen: Observed) -> str:
    if identity.deployments and seen.deployment not in ("", *identity.deployments):
        return f"deployment {seen.deployment!r} answered, which is not declared"
    known = [_bare(address) for address in identity.addresses]
    if known and seen.address and _bare(seen.address) not in known:
        return f"the server at {seen.address!r} answered, which is not declared"
    return ""


def _bare(address: str) -> str:
    return address.rstrip("/").lower()


def _only(values: tuple[str, ...]) -> str:
    """What is declared of one thing that may be several: a value only where there is just one."""
    return values[0] if len(values) == 1 else ""


def _vendor(headers: Mapping[str, str]) -> str:
    shown = headers.keys() & _MARKS.keys()
    return _MARKS[min(shown)] if shown else ""


def _text(said: str) -> str:
    """What a body says, as text that can be kept: JSON may hold half a character."""
    return said.encode("utf-8", "replace").decode()


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name][:LONGEST] for name in names if headers.get(name)), "")
