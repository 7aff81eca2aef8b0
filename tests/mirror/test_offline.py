"""No process of ours lets a library fetch or tell anything by itself."""

import os
import subprocess
import sys

from mirror.offline import SETTINGS, stay_offline


def test_what_was_set_otherwise_is_overruled():
    environ = {"HF_HUB_OFFLINE": "0", "PATH": "/bin"}
    stay_offline(environ)
    assert environ == {"PATH": "/bin"} | SETTINGS


def test_every_command_starts_offline_and_so_do_its_children():
    code = (
        "import sys, os, cutover.cli as c;"
        f"c.cli = lambda **k: print({{n: os.environ.get(n) for n in {list(SETTINGS)!r}}});"
        "c.main()"
    )
    environ = os.environ | {"HF_HUB_OFFLINE": "0"}
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environ
    )
    assert told.stdout.strip() == str(SETTINGS)


def test_the_libraries_that_ask_a_hub_obey():
    code = (
        "import os; from mirror.offline import stay_offline; stay_offline(os.environ);"
        "from huggingface_hub import constants; print(constants.HF_HUB_OFFLINE)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == "True"
