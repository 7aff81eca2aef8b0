"""`crossfade up` whole, in a network of its own: nothing leaves it, and no name is asked for.

The namespace and its rules are those that deploy/ gives to operators. The oracle is the kernel: what
its rules stopped, and what went over the one cable that leads out.
"""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NETNS = ROOT / "deploy" / "netns.sh"

INSIDE = """
    import subprocess, sys, time
    from pathlib import Path
    import httpx
    from deployed import policy_text
    from fakes import FakeUpstream, running
    from mirror.journal import exchanges
    from mirror.journal.home import Home
    from mirror.journal.store import Store
    from mirror.publish import version_in

    folder = Path(sys.argv[1])
    answer = lambda asked: "Take 500 mg of paracetamol twice daily with water and rest."
    with running(FakeUpstream(answer=answer), FakeUpstream(answer=answer)) as (primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url, cloud="forbidden")
        (folder / "policy.yaml").write_text(text)
        words = [sys.executable, "-m", "cutover.cli", "up", "--policy", folder / "policy.yaml"]
        up = subprocess.Popen([*words, "--data", folder / "data"])
        try:
            client = httpx.Client(trust_env=False, timeout=60)
            def reached(url):
                try:
                    return client.get(url).status_code < 500
                except httpx.HTTPError:
                    return False
            pages = ("http://127.0.0.1:8080/readyz", "http://127.0.0.1:8501/_stcore/health")
            end = time.monotonic() + 120
            while not all(map(reached, pages)):
                assert time.monotonic() < end and up.poll() is None, "it did not start"
                time.sleep(0.2)
            client.get("http://127.0.0.1:8501/")
            home = Home.open(folder / "data")
            while not version_in(home.routes_file):
                assert time.monotonic() < end, "no route table was published"
                time.sleep(0.2)
            for number in range(20):
                body = {"model": "gpt-4o", "stream": number % 2 == 0,
                        "messages": [{"role": "user", "content": f"question {number}"}]}
                got = client.post("http://127.0.0.1:8080/v1/chat/completions", json=body,
                                  headers={"x-crossfade-tenant": "klinik-a"})
                assert got.status_code == 200, got.text
            while True:
                with Store.open(home.store_url).read() as conn:
                    ledger = exchanges.ledger(conn).get(("klinik-a", "chat"))
                if ledger and ledger.compared == 20:
                    break
                assert time.monotonic() < end + 60, ledger
                time.sleep(0.2)
            print("compared", ledger.compared)
        finally:
            up.terminate()
            up.wait(60)
"""


@pytest.fixture
def namespace():
    name = f"cf{os.getpid() % 100_000}"
    subprocess.run([NETNS, "up", name], check=True)
    try:
        yield name
    finally:
        subprocess.run([NETNS, "down", name], check=True)


def run(namespace, *words, check=True):
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    return subprocess.run(
        ["ip", "netns", "exec", namespace, *words],
        check=check,
        capture_output=True,
        text=True,
        timeout=280,
        env=os.environ | {"PYTHONPATH": path},
        cwd="/",
    )


def sent(namespace):
    """Packets that the rules stopped, and packets on the cable."""
    told = subprocess.run(
        [NETNS, "sent", namespace], check=True, capture_output=True, text=True
    )
    return tuple(int(n) for n in re.findall(r"\d+", told.stdout))


@pytest.mark.deep
@pytest.mark.needs("root", "nft")
@pytest.mark.timeout(300)
def test_a_whole_deployment_sends_no_packet_out(namespace, tmp_path):
    script = tmp_path / "inside.py"
    script.write_text(textwrap.dedent(INSIDE))
    done = run(namespace, sys.executable, script, tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "compared 20" in done.stdout
    assert sent(namespace) == (0, 0)
    look_up = "import socket; socket.getaddrinfo('api.openai.com', 443)"
    run(namespace, sys.executable, "-c", look_up, check=False)
    assert sent(namespace)[0] > 0, "the oracle sees nothing"
