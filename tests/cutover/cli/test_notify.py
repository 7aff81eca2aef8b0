"""`notify test`: each destination is sent one message, and what is wrong is said."""

import json

import pytest
from click.testing import CliRunner
from rollouts import a_policy
from told import Webhook, destination

from cutover.cli.notify import notify
from cutover.notices import messenger


@pytest.fixture
def webhook():
    with Webhook() as webhook:
        yield webhook


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(messenger, "prepare_process", lambda: None)  # this process's stays

    def run(destinations, *argv, **environ):
        read = a_policy().model_dump(mode="json", exclude_none=True)
        read["notify"] = [
            one.model_dump(mode="json", exclude_none=True) for one in destinations
        ]
        file = tmp_path / "policy.yaml"
        file.write_text(json.dumps(read))
        return CliRunner(env=environ).invoke(notify, ["test", "-p", str(file), *argv])

    return run


def near(port, name="OPS"):
    return destination(port, to=name, hosts=[f"localhost:{port}"])


def test_a_message_arrives_and_that_is_said(run, webhook):
    url = webhook.url.replace("127.0.0.1", "localhost")
    done = run([near(webhook.port)], OPS=url)
    assert (done.exit_code, done.output) == (0, "OPS: accepted\n")
    ((title, body),) = webhook.letters
    assert title == "crossfade test: a test"
    assert "They do." in body


def test_each_destination_is_told_of_and_one_that_fails_fails_the_command(run, webhook):
    url = webhook.url.replace("127.0.0.1", "localhost")
    done = run([near(webhook.port, "AWAY"), near(webhook.port)], OPS=url)
    assert done.exit_code == 1
    assert done.output.startswith(
        "AWAY: not accepted: the environment variable AWAY is not set"
    )
    assert done.output.endswith("OPS: accepted\n")


def test_one_destination_alone_can_be_tried(run, webhook):
    url = webhook.url.replace("127.0.0.1", "localhost")
    both = [near(webhook.port, "AWAY"), near(webhook.port)]
    assert run(both, "--to", "OPS", OPS=url).output == "OPS: accepted\n"


@pytest.mark.parametrize(("argv", "known"), [([], "nobody"), (["--to", "X"], "OPS")])
def test_nobody_to_tell_is_said_with_who_is_known(run, argv, known):
    done = run([near(1)] if argv else [], *argv)
    assert done.exit_code == 2
    assert done.output.endswith(f"no such destination; known: {known}\n")
