"""Sends recordings through crossfade as a clinic's software would, and tells what the comparison found.

    .venv/bin/python bench/real/dictate.py sounds/*.wav --data data --out heard.jsonl

Runs where crossfade is installed, while `crossfade up` runs with bench/real/whisper.yaml. Each recording is
asked for in another format than the one before, with the SDK that clients use. One JSON object a line: the
recording, the format, and what `crossfade explain --json` says of the exchange.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openai

FORMATS: tuple[Mapping[str, Any], ...] = (
    {},
    {"response_format": "verbose_json"},
    {"response_format": "text"},
    {"stream": True},
    {"response_format": "srt"},
    {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]},
    {"response_format": "vtt"},
)
PATIENCE_S = 120


def asked(sounds: list[Path], base_url: str) -> Iterator[dict[str, Any]]:
    """Each recording with the format it was asked for in, and the exchange that answered it."""
    headers = {"x-crossfade-tenant": "clinic"}
    client = openai.OpenAI(
        base_url=base_url, api_key="none", default_headers=headers, timeout=120
    )
    for sound, how in zip(sounds, itertools.cycle(FORMATS), strict=False):
        with sound.open("rb") as opened:
            answer = client.audio.transcriptions.with_raw_response.create(
                model="base", file=opened, language="en", **how
            )
        exchange = answer.headers["x-crossfade-exchange"]
        answer.http_response.read()
        yield {"sound": sound.name, "asked": dict(how), "exchange": exchange}


def explained(exchange: str, data: Path) -> dict[str, Any]:
    """What was found, as soon as both answers were compared. Ends the run where nobody may read it."""
    command = [sys.executable, "-m", "cutover.cli", "explain", exchange, "--json"]
    command += ["--data", str(data), "--reason", "a run with real recognisers"]
    end = time.monotonic() + PATIENCE_S
    while True:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        told: dict[str, Any] = json.loads(ran.stdout) if ran.returncode == 0 else {}
        if told.get("outcome") not in ("pending", None):
            return told
        if time.monotonic() > end:
            raise SystemExit(f"{exchange} was not compared: {ran.stderr.strip()}")
        time.sleep(2)


def main() -> None:
    """Ask for all, then wait for the comparisons."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sounds", nargs="+", type=Path)
    options.add_argument("--base-url", default="http://127.0.0.1:8080/v1")
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    all_asked = list(asked(given.sounds, given.base_url))
    with given.out.open("w") as opened:
        for one in all_asked:
            told = explained(one["exchange"], given.data)
            opened.write(json.dumps({**one, "told": told}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
