"""`crossfade preflight`: a table for people, JSON for programs, and an exit code for both."""

import asyncio
import json
import threading
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from deployed import policy_text
from model_server import ModelServer

from cutover.cli import cli


@contextmanager
def standing(*servers):
    """Servers in a thread of their own, because a command blocks."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    try:
        for server in servers:
            run(server.__aenter__())
        yield servers
    finally:
        for server in servers:
            run(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def run(tmp_path, *arguments, gpu=None, change=("", "")):
    cloud, gpu = ModelServer(models=("gpt-4o",)), gpu or ModelServer(models=("llama",))
    for server in (cloud, gpu):
        server.lacks = ("/v1/responses",)
    with standing(cloud, gpu):
        path = tmp_path / "policy.yaml"
        path.write_text(policy_text(cloud.base_url, gpu.base_url).replace(*change))
        return CliRunner().invoke(cli, ["preflight", str(path), *arguments])


def test_all_is_ready(tmp_path):
    done = run(tmp_path)
    assert done.exit_code == 0, done.output
    for words in ("primary", "gpu", "model llama", "chat/completions llama", "on its list"):
        assert words in done.output
    assert " fail" not in done.output


def test_what_failed_is_told_with_what_to_do_and_code_1(tmp_path):
    done = run(tmp_path, gpu=ModelServer(models=("lama",)))
    assert done.exit_code == 1
    told = " ".join(done.output.split())
    assert "did you mean `lama`?" in told
    assert "`upstreams.gpu.models`" in told
    assert "1 fail" in done.output


def test_programs_read_json(tmp_path):
    done = run(tmp_path, "--json", "--no-probe", gpu=ModelServer(models=("lama",)))
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert told["ok"] is False
    (failed,) = [check for check in told["checks"] if check["state"] == "fail"]
    assert (failed["upstream"], failed["what"]) == ("gpu", "model llama")
    assert failed["advice"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("location: onprem", "location: onprm"), "did you mean `onprem`?"),
        (
            (
                "models: [llama]}",
                "models: [llama], credential: {mode: swap, env: NO_SUCH_KEY}}",
            ),
            "NO_SUCH_KEY is not set",
        ),
    ],
)
def test_a_policy_or_environment_to_mend_is_code_2(tmp_path, change, says):
    done = run(tmp_path, change=change)
    assert done.exit_code == 2
    assert says in done.output


def test_a_file_that_is_not_there_is_code_2(tmp_path):
    done = CliRunner().invoke(cli, ["preflight", str(tmp_path / "none.yaml")])
    assert done.exit_code == 2
    assert "no such file" in done.output
