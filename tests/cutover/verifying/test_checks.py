"""The checks of a bundle together: honest ones are valid, whatever they hold, and no file is a traceback."""

import hashlib
import io
import json
import random

from bundles import (
    HOUR_US,
    START_US,
    MemoryLog,
    approve,
    bundle,
    busy,
    checked,
    kinds,
    packed,
    signed_anew,
    unpacked,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutover.exports.payloads import Revealed
from cutover.verifying.checks import verify_bundle

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DETAILS = st.dictionaries(
    TEXTS, st.none() | st.integers(-9, 9) | TEXTS | st.lists(TEXTS, max_size=2), max_size=4
)
STEPS = st.lists(
    st.sampled_from(["serve", "serve", "leave", "person", "hour", "sign", "late"]) | DETAILS,
    max_size=25,
)


class Grown:
    """A log of random steps, with an honest rollout in it."""

    STAGES = ("off", "mirror", "canary", "rolled_back")
    SIGNALS = ("start", "enter_canary", "roll_back", "retry")

    def __init__(self, steps):
        self.log, self.epoch = MemoryLog(), 0
        for step in steps:
            if isinstance(step, dict):
                self.log.add("note.kept", step, name="=cmd", reason=str(step))
            else:
                getattr(self, step)(f"x{len(self.log.events)}")
        self.log.add("audit.end", {})
        self.log.sign()

    def serve(self, id):
        commitment = hashlib.sha256(b"s" * 16 + id.encode()).hexdigest()
        told = {"leg": "served", "body_commitment": commitment}
        self.log.add("request.served", told, of=("exchange", id))

    def leave(self, id):
        told = {
            "egress": id,
            "purpose": "served",
            "upstream": "openai",
            "call": "POST",
            "sent_bytes": 1,
        }
        self.log.add("egress.intent", {**told, "before": True})
        self.log.add("egress.done", {**told, "before": True})

    def person(self, _):
        at = self.epoch if self.epoch < 4 else 1 + (self.epoch - 1) % 3
        before, signal = self.STAGES[at], self.SIGNALS[at]
        human = signal == "enter_canary"
        if human:
            approve(self.log, signal, self.epoch)
        self.epoch += 1
        told = {"signal": signal, "from_stage": before, "to_stage": self.STAGES[at + 1] if at < 3 else "mirror",
                "epoch": self.epoch}  # fmt: skip
        by = {"kind": "human", "name": "aminah"} if human else {"name": "controller"}
        self.log.add("state.transition", told, **by, of=("rollout", f"{self.log.tenant}/chat"))

    def hour(self, _):
        self.log.close()

    def sign(self, _):
        if self.log.events:
            self.log.sign()

    def late(self, _):
        self.log.add("shadow.sent", {}, after_us=-5_000_000)
        self.log.at_us += 10_000_000


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(steps=STEPS, draw=st.randoms(use_true_random=False))
def test_no_honest_bundle_is_said_to_be_anything_else(steps, draw):
    log = Grown(steps).log
    first = draw.randrange(1, len(log.events) + 1)
    times = [json.loads(one)["at_us"] for one in log.events]
    erased = Revealed(
        lambda id, leg, name: (
            "erased" if draw.random() < 0.5 else (b"s" * 16, iter([id.encode()]))
        )
    )
    older = tuple(head.note for head in log.heads[:1])
    whole = bundle(log, erased, profile="full", kept=older)
    for content in (whole, bundle(log, from_us=max(START_US, times[first - 1]), kept=older)):
        report = checked(content, older)
        bad = [f"{one.check}: {one}" for one in report.findings if one.kind != "warning"]
        assert report.code == 0 or kinds(report) == {("gap", "digests")}, (
            bad
        )  # none made in time


def test_an_empty_range_is_nothing_and_says_so():
    log = busy()
    content = bundle(log, from_us=START_US + 900 * HOUR_US, to_us=START_US + 901 * HOUR_US)
    report = checked(content)
    assert (report.code, kinds(report)) == (2, {("gap", "range")})


def test_a_file_that_is_no_bundle_never_ends_in_a_traceback():
    log = busy()
    content, draw = bundle(log), random.Random(7)
    names = list(unpacked(content))
    for _ in range(150):
        kind = draw.randrange(4)
        if kind == 0:
            made = draw.randbytes(draw.randrange(3000))
        elif kind == 1:
            made = bytes(draw.randrange(3000))
        elif kind == 2:
            made = packed(
                {draw.choice(names): draw.randbytes(draw.randrange(900)) for _ in range(9)}
            )
        else:
            made = packed({"README.txt": b"", **{name: draw.choice(JUNK) for name in names}})
        report = verify_bundle(io.BytesIO(made))
        assert report.code in (1, 2), made[:40]
        assert report.findings
    assert verify_bundle(io.BytesIO(b"")).code == 2


JUNK = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"[[[[",
    b'{"v":1}',
    b"\xff\xfe",
    b"9" * 9000,
    b"[" * 90_000,
    b'{"a":NaN}',
    b"\n\n",
]


SILENT = (
    "README.txt",
    "verify.py",
    "custody.json",
    ".parquet",
    ".ndjson",
    ".html",
    ".pdf",
    "s90A-certificate.txt",
)
"""What stands under the manifest's hashes alone."""


def test_junk_inside_of_a_signed_bundle_is_a_finding_too():
    log = busy(rounds=1)
    files, draw = unpacked(bundle(log)), random.Random(9)
    for name in files:
        if name.startswith("manifest"):
            continue
        for text in draw.sample(JUNK, 4):
            if text == files[name].strip():  # as it was
                continue
            report = checked(signed_anew(log, {**files, name: text}))
            silent = name.endswith(SILENT)
            assert report.code in ((0,) if silent else (1, 2)), (name, text)


def test_two_pinned_files_of_keys_that_are_none_are_refused():
    report = checked(bundle(busy(rounds=1)), pinned=b"[]")
    assert (report.code, report.findings[-1].file) == (1, "--keys")
