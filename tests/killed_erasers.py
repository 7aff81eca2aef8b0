"""Processes that purge, erase and exchange keys, and that SIGKILL ends at a line or a moment of their work."""

import json
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field

CODE = """
import json, os, signal, sys, threading, time
from pathlib import Path
from cutover import clocks
from cutover.cli import cli, erase, fsck, keys
from cutover.controller import Controller
from cutover.retention import erasing, purger
from cutover.retention.purger import Purger
from mirror.journal.drain import Drainer
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from policies.policy import Policy

erasing.BATCH, purger.BATCHES = 2, 1000
OURS = tuple(f"{os.getcwd()}/{one}" for one in ("cutover/retention/", "cutover/deeds", "cutover/cli/", "mirror/journal/"))
BEGINS = tuple(f"{os.getcwd()}/{one}" for one in ("cutover/retention/", "mirror/journal/keys/rotation", "mirror/journal/drain"))
policy, data, url = Policy.model_validate_json(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
lines, began = 0, 0.0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def watched(last, after_s):
    # counts lines from the first one that erases or rotates on; dies at one of them, or after so long
    def line(code, _):
        global lines, began
        file = code.co_filename
        if not file.startswith(OURS):
            return sys.monitoring.DISABLE
        if not lines and not file.startswith(BEGINS):
            return
        if not lines:
            began = time.monotonic()
            if after_s is not None:
                threading.Timer(after_s, die).start()
        lines += 1
        if lines == last:
            die()
    sys.monitoring.use_tool_id(1, "killer")
    sys.monitoring.register_callback(1, sys.monitoring.events.LINE, line)
    sys.monitoring.set_events(1, sys.monitoring.events.LINE)

def purge(now_us):
    clock = lambda: now_us
    controller = Controller(policy, Store.open(url), lambda _: None, clock, owner="first", steady_us=clock)
    assert controller.cabinet.lead()
    Purger(controller, Sealer.open(Home.open(data))).step()

def work(said):
    watched(said["line"], said["after_s"])
    clocks.now_us = lambda: said["now_us"]
    if said["words"] == ["purge"]:
        purge(said["now_us"])
    elif said["words"] == ["drain"]:
        home = Home.open(data)
        drainer = Drainer(home, Store.open(url), Sealer.open(home), clocks.now_us)
        while drainer.step() or any(home.spool.glob("proxy-*")):
            pass
    else:
        try:
            cli.main([*said["words"], "--data", str(data)], standalone_mode=False)
        except SystemExit as end:  # 1: nothing was left to erase
            assert end.code in (0, 1), end

for line in sys.stdin:
    child = os.fork()
    if not child:
        told, code = os.dup(1), 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            work(json.loads(line))
            os.write(told, f"{lines} {time.monotonic() - began}\\n".encode())
            code = 0
        finally:
            sys.stderr.flush()
            if code:
                import traceback
                traceback.print_exc()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    print("end", os.waitstatus_to_exitcode(status), flush=True)
"""


@dataclass
class Nursery:
    """Begins one process after the other. `most` is how many lines and seconds each kind of work took."""

    process: subprocess.Popen
    chance: random.Random
    most: dict = field(default_factory=dict)
    kills: int = 0

    def begin(self, words, now_us, *, killed):
        """One process that does what `words` say at a time, which is killed at a random line or moment, or does it all."""
        what, said = words[0], {"words": words, "now_us": now_us}
        lines, seconds = self.most.get(what, (500, 0.1))
        by_line = killed and self.chance.random() < 0.7
        last = self.chance.randint(1, lines) if by_line else 0
        after_s = self.chance.uniform(0, seconds) if killed and not by_line else None
        self.process.stdin.write(json.dumps({**said, "line": last, "after_s": after_s}) + "\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline().split()
        if told[0] != "end":
            self.most[what] = max(lines, int(told[0])), max(seconds, float(told[1]))
            told = self.process.stdout.readline().split()
        self.kills += told[1] == "-9"
        assert told[1] == "0" or (killed and told[1] == "-9")


@contextmanager
def nursery(policy, home, store_url, chance):
    """A nursery for the policy (JSON), data folder and store."""
    words = [sys.executable, "-c", CODE, policy, str(home.path), store_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes) as process:
        yield Nursery(process, chance)
        process.stdin.close()
