"""Who really answered, told from what replies show."""

import pytest

from mirror.exchange import Source
from mirror.served import Declared, facts, observed, other
from policies.policy import ModelIdentity

GPU = Declared("gpu", "onprem", "llama")


def declared(**identity):
    return Declared("gpu", "onprem", "llama", ModelIdentity(**identity))


@pytest.mark.parametrize("model", ["llama", "Llama", "llama-2026-08-06", ""])
def test_the_model_that_was_asked_for_is_nobody_else(model):
    assert other(GPU, observed({"server": "uvicorn"}, model=model)) == ""


@pytest.mark.parametrize("model", ["gpt-4o", "llama-mini", "llama-2026-08-06-x"])
def test_another_model_is_somebody_else(model):
    found = other(GPU, observed({}, model=model))
    assert model in found and "llama" in found


def test_a_name_that_is_declared_is_the_same_model():
    seen = observed({}, model="/weights/llama-70b")
    assert other(GPU, seen)
    assert other(declared(served_as=["/weights/llama-70b"]), seen) == ""


def test_a_model_that_changes_within_an_answer_is_somebody_else():
    assert "gpt-4o" in other(GPU, observed({}, model="llama", also="gpt-4o"))


def test_a_request_without_a_model_may_be_answered_by_any():
    assert other(Declared("gpu", "onprem", ""), observed({}, model="llama")) == ""


def test_a_gateway_that_fell_back_says_so():
    assert "fell back" in other(GPU, observed({"x-litellm-attempted-fallbacks": "1"}))
    assert other(GPU, observed({"x-litellm-attempted-fallbacks": "0"})) == ""


def test_another_model_group_is_somebody_else():
    assert "cloud" in other(GPU, observed({"x-litellm-model-group": "cloud"}))
    assert other(GPU, observed({"x-litellm-model-group": "llama"})) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"openai-processing-ms": "12"},
        {"llm_provider-openai-organization": "org-1"},
        {"apim-request-id": "1"},
        {"llm_provider-cf-ray": "1"},
        {"x-litellm-model-api-base": "https://api.openai.com/v1"},
        {"x-litellm-model-api-base": "https://clinic.openai.azure.com/openai"},
    ],
)
def test_a_cloud_betrays_itself_by_its_headers(headers):
    assert other(GPU, observed(headers, model="llama"))
    cloud = Declared("azure", "cloud", "llama")
    assert other(cloud, observed(headers, model="llama")) == ""


@pytest.mark.parametrize("fingerprint", ["fp_44709d6fcb", "fp_3a5770e1b4_prod0820"])
def test_a_cloud_betrays_itself_by_its_fingerprint(fingerprint):
    assert other(GPU, observed({}, fingerprint=fingerprint))


@pytest.mark.parametrize("fingerprint", ["fp_ollama", "vllm-0.11.0", "b6123-ab12cd"])
def test_the_fingerprints_of_own_servers_are_no_clouds(fingerprint):
    assert other(GPU, observed({}, fingerprint=fingerprint)) == ""


def test_a_tunnel_before_an_own_server_is_no_cloud():
    assert other(GPU, observed({"cf-ray": "1", "server": "cloudflare"})) == ""


def test_only_declared_deployments_and_addresses_answer_where_they_are_declared():
    seen = observed({"x-litellm-model-id": "gpu-2", "x-litellm-model-api-base": "http://b/v1/"})
    assert other(GPU, seen) == ""
    assert other(declared(deployments=["gpu-1", "gpu-2"]), seen) == ""
    assert "gpu-2" in other(declared(deployments=["gpu-1"]), seen)
    assert other(declared(addresses=["http://B/v1"]), seen) == ""
    assert "http://b/v1" in other(declared(addresses=["http://a/v1"]), seen)


def test_a_server_that_says_nothing_is_not_accused():
    strict = declared(deployments=["gpu-1"], addresses=["http://a/v1"])
    assert other(strict, observed({})) == ""


def test_facts_say_whether_they_were_declared_or_observed():
    told = declared(engine="vllm", engine_version="0.11", gpus="2x L40S", deployments=["d1"])
    found = {
        fact.name: (fact.value, fact.source)
        for fact in facts(told, observed({"x-litellm-model-id": "d1"}, model="llama"))
    }
    assert found["model"] == ("llama", Source.OBSERVED)
    assert found["deployment"] == ("d1", Source.OBSERVED)
    assert found["engine_version"] == ("0.11", Source.DECLARED)
    assert found["gpus"] == ("2x L40S", Source.DECLARED)
    assert found["upstream"] == ("gpu", Source.DECLARED)
    assert "quantisation" not in found


def test_a_long_header_is_cut():
    assert len(observed({"x-served-by": "x" * 5000}).deployment) == 200


def test_half_a_character_in_an_answer_is_no_text_that_nobody_can_keep():
    seen = observed({}, model="own\ud800", also="\udfff", fingerprint="fp\ud800")
    for text in (other(GPU, seen), *(fact.value for fact in facts(GPU, seen))):
        text.encode()
