"""Every fault is told, with file, line, key and what is allowed."""

from pathlib import Path

import pytest

from policies.load import PolicyError, load, parse

GOOD = """\
version: 1
deployment: here
upstreams:
  cloud:
    base_url: https://api.openai.com/v1
    location: cloud
    credential: {mode: swap, env: CLOUD_KEY}
    models: [gpt-4o]
  gpu:
    base_url: http://10.0.0.3:8000/v1
    location: onprem
    models: [llama, qwen]
tenants:
  a: {identify: {header: a}, cloud: allowed}
  b: {identify: {header: b}, cloud: forbidden}
rollouts:
  - tenant: a
    route: chat
    primary: {upstream: cloud, model: gpt-4o}
    candidate: {upstream: gpu, model: llama}
  - tenant: b
    route: chat
    start: off
    primary: {upstream: gpu, model: qwen}
    candidate: {upstream: gpu, model: llama}
"""


def told(text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text, "p.yaml", environment)
    return [str(fault) for fault in caught.value.faults]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_a_good_policy_loads_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(GOOD)
    policy = load(tmp_path / "p.yaml")
    assert policy.deployment == "here"
    assert policy.rollouts[1].start == "off"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "location: cloud",
            "location: clodu",
            "p.yaml:6: upstreams.cloud.location: `clodu` is not one of `cloud`, `onprem`; did you mean `cloud`?",
        ),
        (
            "    models: [gpt-4o]",
            "    modles: [x]\n    models: [gpt-4o]",
            "p.yaml:8: upstreams.cloud.modles: is not a key here; did you mean `models`?",
        ),
        (
            "cloud: allowed",
            "cloud: forbidden",
            "p.yaml:19: rollouts[0].primary.upstream: tenant `a` has `cloud: forbidden`",
        ),
        (
            "upstream: cloud, model",
            "upstream: clod, model",
            "p.yaml:19: rollouts[0].primary.upstream: there is no upstream `clod`; did you mean `cloud`?",
        ),
        (
            "model: llama}",
            "model: lama}",
            "p.yaml:20: rollouts[0].candidate.model: there is no model of upstream `gpu` `lama`",
        ),
        (
            "  - tenant: b",
            "  - tenant: a",
            "p.yaml:21: rollouts[1]: tenant `a`, route `chat` already has rollouts[0]",
        ),
        (
            "  b: {",
            "  a: {",
            "p.yaml:15: tenants.a: is given twice; the first one is on line 14",
        ),
        ("deployment: here", "deployment: Here", "p.yaml:2: deployment: must be lower case"),
        ("version: 1", "version: 2", "p.yaml:1: version: must be at most 1; it is 2"),
        (
            "    start: off",
            "    start: of",
            "p.yaml:23: rollouts[1].start: `of` is not one of `off`, `mirror`; did you mean `off`?",
        ),
        (
            "    models: [gpt-4o]",
            "    models: gpt-4o",
            "p.yaml:8: upstreams.cloud.models: must be a list",
        ),
        (
            "    models: [gpt-4o]",
            "    models: []",
            "p.yaml:8: upstreams.cloud.models: needs at least 1",
        ),
        (
            "    base_url: https://api.openai.com/v1\n",
            "",
            "p.yaml:4: upstreams.cloud.base_url: is missing. Needed: Up to and including the version",
        ),
        (
            "env: CLOUD_KEY",
            "env: sk-abc",
            "p.yaml:7: upstreams.cloud.credential.env: must be the name of an environment variable",
        ),
        (
            ", env: CLOUD_KEY",
            "",
            "p.yaml:7: upstreams.cloud.credential: `mode: swap` needs `env`",
        ),
        (
            "rollouts:",
            "terms: {steps: [{percent: 50}, {percent: 20}]}\nrollouts:",
            "p.yaml:16: terms.steps: steps must rise from one to the next, these do not: 50, 20",
        ),
        (
            "rollouts:",
            "terms: {cooldown_s: .inf, soak: 1}\nrollouts:",
            "p.yaml:16: terms.cooldown_s: must be a number",
        ),
        (
            "tenants:",
            "tenant:",
            "p.yaml:13: tenant: is not a key here; did you mean `tenants`?",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_is_allowed(
    old: str, new: str, fault: str
) -> None:
    assert any(line.startswith(fault) for line in told(changed(old, new))), told(
        changed(old, new)
    )


def test_every_fault_is_told_also_those_between_parts_that_are_sound() -> None:
    text = (
        changed("location: cloud", "location: clodu")
        .replace("  b: {identify: {header: b}", "  b: {identify: {header: a}")
        .replace("model: qwen}", "model: qwem}")
        .replace(
            "rollouts:",
            "terms:\n  gates: {missing_at_most: 7}\n  steps: [{percent: 9}, {percent: 9}]\nrollouts:",
        )
    )
    keys = [line.split(": ")[1] for line in told(text)]
    assert keys == [
        "upstreams.cloud.location",
        "tenants.b.identify.header",
        "terms.gates.missing_at_most",
        "terms.steps",
        "rollouts[1].primary.model",
    ]


PLAN = """\
plan:
  name: p
  starts: 2026-12-01
  entries:
    - {name: first, rollouts: [a/*], day: 1, drill: true}
    - {name: rest, rollouts: [b/*], day: 2, if_held: [frist]}
"""


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (
            "rollouts:",
            "terms: {coverage: {strata: [{name: x, days: [monday]}, {name: y}]}}\nrollouts:",
            "terms.coverage.strata[0].days[0]",
        ),
        (
            "    models: [llama, qwen]",
            "    models: [llama, qwen]\n    signals: {queue: 5}\n"
            "    metrics: [{url: 'http://10.0.0.3/metrics', kind: vlm}]",
            "upstreams.gpu.metrics[0].kind",
        ),
        ("rollouts:", f"{PLAN}rollouts:", "plan.entries[1].if_held[0]"),
        ("tenants:\n", "tenants: none\nx:\n", "tenants"),
        ("[llama, qwen]", "[{}, qwen]", "upstreams.gpu.models[0]"),
        (
            "rollouts:",
            "judge: {upstream: gpu, model: qwen}\nrollouts: none\nx:",
            "rollouts",
        ),
        (
            "    models: [gpt-4o]",
            "    models: [gpt-4o]\n    prices: {gpt-4o: {input: much, output: 1}}",
            "upstreams.cloud.prices.gpt-4o.input",
        ),
        (
            "rollouts:",
            "routes: [{route: chat, path: 5}, {route: chat, path: /v1/responses}]\nrollouts:",
            "routes[0].path",
        ),
        ("tenant: b\n    route: chat", "tenant: b\n    route: chatt", "rollouts[1].route"),
    ],
)
def test_what_could_only_be_guessed_at_is_not_told_beside_the_fault(
    old: str, new: str, key: str
) -> None:
    freeze = "{start: 2026-12-01, end: 2026-12-02, reason: x, rollouts: [b/*]}"
    text = f"{changed(old, new)}calendar: {{freezes: [{freeze}]}}\n"
    found = [line.split(": ")[1] for line in told(f"{text}budget_per_day: {{amount: 5}}\n")]
    assert [place for place in found if place != "x"] == [key]


def test_faults_come_in_the_order_of_the_file() -> None:
    text = changed("deployment: here", "deployment: Here").replace("route: chat", "route: cat")
    lines = [int(line.split(":")[1]) for line in told(text)]
    assert lines == sorted(lines)
    assert len(lines) == 3


def test_a_credential_is_looked_for_only_where_an_environment_is_given() -> None:
    assert parse(GOOD, "p.yaml").deployment == "here"
    assert parse(GOOD, "p.yaml", {"CLOUD_KEY": "k"}).deployment == "here"
    (unset,) = told(GOOD, {})
    assert "p.yaml:7: upstreams.cloud.credential.env: " in unset
    assert "CLOUD_KEY is not set" in unset
    assert "CLOUD_KEY is empty" in told(GOOD, {"CLOUD_KEY": " "})[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "p.yaml:1: is empty"),
        ("# only words\n", "p.yaml:1: is empty"),
        ("- 1\n", "p.yaml:1: is not a policy; it must be a mapping"),
        ("just words\n", "p.yaml:1: is not a policy"),
        ("version: 1\n\tdeployment: x\n", "p.yaml:2: has a tab"),
        ("{}", "p.yaml:1: version: is missing"),
    ],
)
def test_a_text_that_is_no_policy_is_said_to_be_none(text: str, says: str) -> None:
    assert any(line.startswith(says) for line in told(text)), told(text)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    cases = {
        tmp_path / "missing.yaml": "there is no such file",
        tmp_path: "is a folder",
        _written(
            tmp_path / "latin.yaml", b"version: 1\ndeployment: caf\xe9\n"
        ): ":2: is not UTF-8",
        _written(tmp_path / "huge.yaml", b"#" * 1_000_001): "is larger than 1 MB",
    }
    for path, says in cases.items():
        with pytest.raises(PolicyError) as caught:
            load(path)
        assert str(caught.value).startswith(str(path))
        assert says in str(caught.value)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    path = _written(tmp_path / "p.yaml", b"\xef\xbb\xbf" + GOOD.encode())
    assert load(path).deployment == "here"


def test_no_fault_repeats_a_secret() -> None:
    text = changed("env: CLOUD_KEY", "env: sk-secret123").replace(
        "https://api.openai.com/v1", "https://user:hunter2@api.openai.com/v1"
    )
    text = text.replace(
        "    models: [gpt-4o]",
        "    headers: {Authorization: Bearer hunter3}\n    models: [gpt-4o]",
    )
    text += "hunter4: 1\n"
    said = "\n".join(told(text))
    for secret in ("sk-secret123", "hunter2", "hunter3"):
        assert secret not in said


def _written(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


def test_another_file_is_not_repeated_line_by_line(tmp_path):
    secret = tmp_path / "other.yaml"
    secret.write_text("root: hunter2\nadmin: swordfish\n")
    with pytest.raises(PolicyError) as caught:
        load(secret)
    assert "is not a policy" in str(caught.value)
    assert "hunter2" not in str(caught.value) and "admin" not in str(caught.value)


def test_the_list_of_faults_ends_somewhere():
    unknown = "".join(f"key_{n}: 1\n" for n in range(500))
    with pytest.raises(PolicyError) as caught:
        parse("version: 1\n" + unknown, "policy.yaml")
    assert len(str(caught.value).splitlines()) == 101
    assert str(caught.value).endswith("more faults")


def test_an_unknown_preset_and_an_unclear_rule_are_told_where_they_stand() -> None:
    rules = "    models: [llama, qwen]\n    preset: vlm\n    translate:\n      - {drop: user, to: 1}\n"
    faults = told(changed("    models: [llama, qwen]\n", rules))
    assert faults == [
        "p.yaml:13: upstreams.gpu.preset: `vlm` is not one of `openai`, `litellm`, `vllm`, "
        "`sglang`, `trtllm`, `triton`, `ollama`; did you mean `vllm`?",
        "p.yaml:15: upstreams.gpu.translate[0]: `drop` takes no `to`",
    ]


def test_a_rule_may_hold_any_json() -> None:
    rule = "    translate:\n      - {force: chat_template_kwargs, to: {enable_thinking: false, n: [1, null]}}\n"
    text = changed("    models: [llama, qwen]\n", "    models: [llama, qwen]\n" + rule)
    (read,) = parse(text, "p.yaml").upstreams["gpu"].translation.rules
    assert read.to == {"enable_thinking": False, "n": [1, None]}
