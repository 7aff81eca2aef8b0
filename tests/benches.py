"""The scripts of bench/ as modules."""

import sys
from contextlib import contextmanager
from importlib import util
from pathlib import Path

import pytest


@contextmanager
def bench(name):
    """bench/NAME.py, as a module."""
    path = Path(__file__).parent.parent / "bench" / f"{name}.py"
    spec = util.spec_from_file_location(f"bench_{name}", path)
    module = util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.path", ["", *sys.path])  # it puts itself first
        patch.setitem(sys.modules, f"bench_{name}", module)
        spec.loader.exec_module(module)
        yield module
