"""`crossfade policy`, as a person types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import policies
from cutover.cli.policy import policy, table
from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.load import load
from policies.policy import Sampling, Terms
from policies.schema import schema_text

EXAMPLES = Path(str(policies.__file__)).parent / "examples"


def run(*words: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner(env=env).invoke(policy, [str(word) for word in words])


def test_a_good_policy_is_said_to_be_good_with_the_days_each_stage_needs() -> None:
    result = run("check", EXAMPLES / "clinics.yaml", "--sessions-per-day", 500)
    assert result.exit_code == 0
    assert "no faults. 2 tenants, 8 rollouts." in result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["klinik-bangsar/chat", "mirror", "240", "1.0", "24", "h", "of", "clock"] in lines
    assert ["canary", "1", "%", "5,000", "10.0", "min_served"] in lines
    assert ["to", "live", "7,262", "15.0", "and", "the", "approvals", "of", "people"] in lines


def test_without_a_rate_sessions_are_told_and_no_days() -> None:
    result = run("check", EXAMPLES / "rehearsal.yaml")
    assert result.exit_code == 0
    assert "not for production" in result.output
    assert "Add --sessions-per-day N" in result.output
    assert "days  " not in result.output


def test_every_fault_is_listed_and_the_exit_code_is_2(tmp_path: Path) -> None:
    text = (EXAMPLES / "clinics.yaml").read_text(encoding="utf-8")
    path = tmp_path / "bad.yaml"
    path.write_text(
        text.replace("location: cloud", "location: clod").replace("percent: 5,", "percent: 50,")
    )
    result = run("check", path)
    assert result.exit_code == 2
    faults = [line for line in result.stdout.splitlines() if line.startswith(f"{path}:")]
    assert len(faults) == 2
    assert "did you mean `cloud`?" in faults[0]
    assert "steps must rise" in faults[1]
    assert result.stderr == "crossfade: 2 faults\n"
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    result = run("check", tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "there is no such file" in result.stdout


def test_an_unset_variable_is_a_note_and_on_demand_a_fault() -> None:
    unset = {"OPENAI_API_KEY": "", "GPU_SERVER_KEY": "k"}
    noted = run("check", EXAMPLES / "clinics.yaml", env=unset)
    assert noted.exit_code == 0
    assert "note: OPENAI_API_KEY is not set here" in noted.output
    assert "GPU_SERVER_KEY" not in noted.output
    refused = run("check", EXAMPLES / "clinics.yaml", "--environment", env=unset)
    assert refused.exit_code == 2
    assert "the environment variable OPENAI_API_KEY is empty" in refused.stdout


def test_a_gate_on_a_flag_that_nothing_raises_is_a_note(tmp_path: Path) -> None:
    text = (EXAMPLES / "clinics.yaml").read_text(encoding="utf-8")
    path = tmp_path / "typo.yaml"
    codes = "codes: { LATERALITY: 0.01, LATERALTIY: 0.01, UNSAFE_NOTATION: 0.01 }"
    path.write_text(text.replace("flags: { at_most", f"flags: {{ {codes}, at_most"))
    result = run("check", path)
    assert result.exit_code == 0
    notes = [line for line in result.output.splitlines() if "comparator" in line]
    assert notes == [
        "note: no comparator raises LATERALTIY: its gate will never see one.",
        "note: no comparator raises as a `fail` UNSAFE_NOTATION: its gate will never see one.",
    ]


@pytest.mark.parametrize("rate", ["0", "-1", "many", "nan", "inf", "-inf", "1e999"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    result = run("check", EXAMPLES / "clinics.yaml", "--sessions-per-day", rate)
    assert result.exit_code == 2
    assert "Invalid value" in result.output


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("to_canary: 0, to_live: 0", "and nobody's approval"),
        ("to_canary: 0, to_live: 1", "and an approval of the move to live alone"),
        ("to_canary: 2, to_live: 0", "and an approval of the move to canary alone"),
    ],
)
def test_whom_nobody_asks_is_told(tmp_path: Path, written: str, says: str) -> None:
    text = (EXAMPLES / "clinics.yaml").read_text(encoding="utf-8")
    path = tmp_path / "alone.yaml"
    path.write_text(text.replace("to_canary: 1, to_live: 1", written))
    result = run("check", path)
    assert result.exit_code == 0
    assert says in result.output and "approvals of people" not in result.output
    assert f"note: {path}:" in result.output and "nobody is asked before" in result.output


def test_days_are_told_in_thousands(tmp_path: Path) -> None:
    result = run("check", EXAMPLES / "clinics.yaml", "--sessions-per-day", "0.0001")
    assert "72,620,000.0" in result.output


def test_a_stage_that_cannot_end_is_told_as_never() -> None:
    found = load(EXAMPLES / "clinics.yaml")
    terms = Terms(sampling=Sampling(shadow_percent=0))
    lines = list(table(found.model_copy(update={"terms": terms}), 500))
    assert any(line.split()[1:4] == ["mirror", "never", "never"] for line in lines)


def edited(folder: Path, old: str, new: str) -> Path:
    """The clinics' policy with one thing written otherwise."""
    text = (EXAMPLES / "clinics.yaml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "edited.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_gate_that_no_traffic_can_show_is_a_note(tmp_path: Path) -> None:
    path = edited(tmp_path, "errors: { at_most: 0.0185", "errors: { at_most: 0.000000001")
    result = run("check", path)
    assert result.exit_code == 0
    assert "note: errors of 8 rollouts is never shown" in result.output
    assert "errors: no traffic shows it" in result.output


def test_a_pinned_tenant_has_no_row_to_live(tmp_path: Path) -> None:
    path = edited(tmp_path, "\n  klinik-kuching:", "\n  klinik-kuching:\n    pinned: primary")
    lines = [line.split() for line in run("check", path).output.splitlines()]
    at = next(n for n, line in enumerate(lines) if line[:1] == ["klinik-kuching/chat"])
    assert lines[at][1] == "mirror" and lines[at + 1][:2] != ["canary", "1"]
    count = sum(line[:2] == ["to", "live"] for line in lines)
    assert count == sum(one.tenant != "klinik-kuching" for one in load(path).rollouts)


def test_the_schema_is_printed_as_it_is_committed() -> None:
    assert run("schema").stdout == schema_text()


def a_store(folder: Path) -> Path:
    """What every deployment has that ever ran."""
    Store.open(Home.open(folder).store_url).close()
    return folder


def test_a_folder_of_no_deployment_is_told_and_not_made(tmp_path: Path) -> None:
    result = run("apply", EXAMPLES / "rehearsal.yaml", "--data", tmp_path / "typo")
    assert result.exit_code == 2
    assert "typo holds no store; name the data folder" in result.stderr
    assert "in force" not in result.output
    assert not (tmp_path / "typo").exists()


def test_a_good_policy_is_put_in_force_and_named(tmp_path: Path) -> None:
    a_store(tmp_path)
    result = run("apply", EXAMPLES / "rehearsal.yaml", "--data", tmp_path)
    assert result.exit_code == 0
    assert result.output.startswith("policy 1 (")
    again = run("apply", EXAMPLES / "rehearsal.yaml", "--data", tmp_path)
    assert again.output == result.output


def test_what_comes_into_force_is_an_event_and_the_same_again_is_none(tmp_path: Path) -> None:
    a_store(tmp_path)
    given = ("--data", tmp_path, "--reason", "the new steps")
    assert run("apply", EXAMPLES / "rehearsal.yaml", *given).exit_code == 0
    assert run("apply", EXAMPLES / "rehearsal.yaml", *given).exit_code == 0
    other = tmp_path / "other.yaml"
    text = (EXAMPLES / "rehearsal.yaml").read_text(encoding="utf-8")
    other.write_text(text + "# another\n", encoding="utf-8")
    assert run("apply", other, *given).exit_code == 0
    store = Store.open(Home.open(tmp_path).store_url)
    with store.read() as conn:
        told = [json.loads(one.body) for one in events.read(conn, "")]
    store.close()
    assert [one["type"] for one in told] == ["policy.applied"] * 2
    first, second = [one["details"] for one in told]
    assert (first["before"], second["before"]) == (None, first["after"])
    assert second["after"] != first["after"]
    assert told[0]["actor"]["name"].startswith("os:")
    assert told[0]["reason"] == "the new steps"


def test_each_tenants_own_log_says_whether_the_cloud_is_allowed(tmp_path: Path) -> None:
    a_store(tmp_path)
    assert run("apply", EXAMPLES / "rehearsal.yaml", "--data", tmp_path).exit_code == 0
    rehearsal = load(EXAMPLES / "rehearsal.yaml")
    store = Store.open(Home.open(tmp_path).store_url)
    with store.read() as conn:
        for tenant, said in rehearsal.tenants.items():
            (told,) = [json.loads(one.body) for one in events.read(conn, tenant)]
            assert (told["type"], told["details"]["cloud"]) == ("tenant.declared", said.cloud)
    store.close()


def test_a_faulty_policy_is_not_put_in_force(tmp_path: Path) -> None:
    faulty = tmp_path / "policy.yaml"
    faulty.write_text("version: 1\n")
    result = run("apply", faulty, "--data", tmp_path / "data")
    assert result.exit_code == 2
    assert "upstreams" in result.output
    assert not list((tmp_path / "data").rglob("*.yaml"))


def test_a_key_that_is_not_here_is_a_fault_unless_the_parts_have_their_own(
    tmp_path: Path,
) -> None:
    a_store(tmp_path)
    faulty = run("apply", EXAMPLES / "clinics.yaml", "--data", tmp_path)
    assert faulty.exit_code == 2
    assert "is not set" in faulty.output
    fine = run("apply", EXAMPLES / "clinics.yaml", "--data", tmp_path, "--elsewhere")
    assert fine.exit_code == 0
