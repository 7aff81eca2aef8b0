"""What libraries would send or fetch by themselves, turned off in every process.

Encoders come as packages or folders that were checked; a hub that a library asks for a newer file, or
tells of its use, would be a way out that no policy knows of.
"""

from __future__ import annotations

from collections.abc import MutableMapping

SETTINGS = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}


def stay_offline(environ: MutableMapping[str, str]) -> None:
    """Sets what this process's libraries read and its children inherit, whatever was there before."""
    environ.update(SETTINGS)
