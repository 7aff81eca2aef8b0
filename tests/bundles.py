"""Logs in memory, signed with `cryptography`, and bundles made of them by the code that makes real ones."""

import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cutover.exports.archive import Work
from cutover.exports.bundle import Export
from cutover.exports.planned import Asked, planned
from cutover.exports.source import Hourly, Signed, VerifyingKey
from cutover.verifying.cells import FORM
from cutover.verifying.checks import verify_bundle
from cutover.verifying.tarball import TAR_BLOCK, tar_header
from mirror.journal.events import canonical
from mirror.journal.signed.merkle import Range, leaf_hash, range_of
from mirror.journal.signed.note import (
    Checkpoint,
    Note,
    Signature,
    deployment_name,
    digest_text,
    key_id,
    manifest_text,
    origin_of,
)

HOUR_US = 3_600_000_000
START_US = 1_790_000_000_000_000 // HOUR_US * HOUR_US
DEPLOYMENT = "0123456789abcdef"


class Signer:
    """A key of a deployment, with its seed."""

    def __init__(self, seed=b"\x01" * 32, deployment=DEPLOYMENT):
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()
        self.name = deployment_name(deployment)
        self.id = key_id(self.name, self.public)

    def note(self, text):
        signature = Signature(self.name, self.id, self._private.sign(text.encode()))
        return str(Note(text, (signature,)))

    def listed(self, since_us=1, until_us=0, revoked_us=0, statement=""):
        return VerifyingKey(
            self.id.hex(),
            self.name,
            self.public.hex(),
            since_us,
            until_us,
            revoked_us,
            statement,
        )


@dataclass
class MemoryLog:
    """A log with everything that was signed of it. `add` appends, `sign` signs a checkpoint, `close` an hour."""

    tenant: str = "clinic"
    signer: Signer = field(default_factory=Signer)
    deployment: str = DEPLOYMENT
    events: list = field(default_factory=list)
    heads: list = field(default_factory=list)
    hours: list = field(default_factory=list)
    keys: list = field(default_factory=list)
    at_us: int = START_US

    jumped_us: int = 0

    def __post_init__(self):
        self.keys = self.keys or [self.signer.listed()]

    def add(self, type, details=None, *, kind="service", name="proxy", of=("exchange", "e1"),
            outcome="ok", reason="", after_us=1_000_000):  # fmt: skip
        self.at_us += after_us
        prev = leaf_hash(self.events[-1].encode()).hex() if self.events else "0" * 64
        self.events.append(
            canonical(
                {
                    "v": 1,
                    "origin": self.tenant,
                    "tenant": self.tenant,
                    "seq": len(self.events) + 1,
                    "at_us": self.at_us,
                    "type": type,
                    "actor": {"kind": kind, "name": name},
                    "object": {"kind": of[0], "id": of[1]},
                    "outcome": outcome,
                    "reason": reason,
                    "details": details or {},
                    "prev": prev,
                }
            )
        )
        return len(self.events)

    def sign(self):
        root = range_of(len(self.events), self.subtree()).root()
        text = Checkpoint(self.origin, len(self.events), root).text()
        self.heads.append(
            Signed(len(self.events), root.hex(), self.at_us, self.signer.note(text))
        )

    def close(self):
        """Signs the digest of the hour that the clock stands in, and goes to the next one."""
        begins = self.at_us // HOUR_US * HOUR_US
        before = json.loads(self.hours[-1].body) if self.hours else {"size": 0}
        told = [json.loads(one) for one in self.events[before["size"] :]]
        times = [one["at_us"] for one in told]
        size = len(self.events)
        body = {
            "v": 1,
            "origin": self.origin,
            "period_start_us": begins,
            "period_end_us": begins + HOUR_US,
            "first_seq": before["size"] + 1 if told else 0,
            "last_seq": size if told else 0,
            "counts": {kind: [one["type"] for one in told].count(kind) for kind in {one["type"] for one in told}},
            "oldest_us": min(times, default=0),
            "newest_us": max(times, default=0),
            "gaps": [],
            "size": size,
            "root": range_of(size, self.subtree()).root().hex(),
            "previous_sha256": hashlib.sha256(self.hours[-1].body.encode()).hexdigest() if self.hours else "",
            "previous_signature": self.hours[-1].note.splitlines()[-1] if self.hours else "",
            "clock": {"jumped_us": self.jumped_us},
        }  # fmt: skip
        text = canonical(body)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        note = self.signer.note(digest_text(self.origin, begins, sha256))
        self.hours.append(Hourly(begins, text, note))
        self.at_us = begins + HOUR_US

    @property
    def origin(self):
        return origin_of(self.deployment, self.tenant)

    def span(self, from_us, to_us):
        times = [json.loads(one)["at_us"] for one in self.events]
        first = next((n for n, at in enumerate(times, 1) if at >= from_us), len(times) + 1)
        last = max((n for n, at in enumerate(times, 1) if at < to_us), default=0)
        return (first, last) if first <= last else (first, first - 1)

    def bodies(self, first, last):
        yield from self.events[first - 1 : last]

    def earlier(self, types, before):
        yield from (
            one for one in self.events[: before - 1] if json.loads(one)["type"] in types
        )

    def subtree(self):
        leaves = [leaf_hash(one.encode()) for one in self.events]

        def read(level, index):
            part = Range()
            for leaf in leaves[index << level : (index + 1) << level]:
                part = part.add(leaf)
            assert part.size == 1 << level
            return part.root()

        return read

    def covering(self, size):
        return next((one for one in self.heads if one.size >= size), None)

    def checkpoints(self, above, up_to):
        yield from (one for one in self.heads if above < one.size <= up_to)

    def before(self, size):
        return next((one for one in reversed(self.heads) if one.size <= size), None)

    def digests(self, since_us, until_us):
        yield from (one for one in self.hours if since_us <= one.period_us < until_us)

    def public_keys(self):
        return list(self.keys)

    def manifest_note(self, content):
        return self.signer.note(manifest_text(self.origin, hashlib.sha256(content).hexdigest()))


def busy(log=None, rounds=3):  # noqa: PLR0915 - a whole life
    """A log with something of everything: traffic, egress, comparisons, a rollout that people move on."""
    log = log or MemoryLog()
    epoch, stage = 0, "off"

    def move(signal, to, kind="service", name="controller", **more):
        nonlocal epoch, stage
        epoch += 1
        log.add(
            "state.transition",
            {"signal": signal, "from_stage": stage, "to_stage": to, "from_share": "0", "to_share": "5",
             "epoch": epoch, "attempt": 1, "candidate": "c" * 64, "evidence_sha256": "e" * 64, **more},
            kind=kind, name=name, of=("rollout", f"{log.tenant}/chat"), reason="shown",
        )  # fmt: skip
        stage = to

    def traffic(number):
        id = f"x{len(log.events)}"
        told = {"egress": id, "purpose": "served", "upstream": "openai", "call": "POST /v1/chat/completions",
                "sent_bytes": 100 + number, "before": True}  # fmt: skip
        log.add("egress.intent", told, of=("exchange", id))
        log.add("request.served", {"route": "chat", "leg": "served", "status": 200, "total_us": 900_000,
                                   "body_commitment": hashlib.sha256(id.encode()).hexdigest()}, of=("exchange", id))  # fmt: skip
        log.add("egress.done", {**told, "status": 200, "took_us": 5}, of=("exchange", id))
        log.add("comparison.scored", {"route": "chat", "number": number, "equivalence": "0.9000", "flags": ["=x:fail"]},
                name="worker", of=("exchange", id))  # fmt: skip

    move("start", "mirror")
    for number in range(rounds):
        traffic(number)
    approve(log, "enter_canary", epoch)
    move("enter_canary", "canary", "human", "aminah")
    log.sign()
    log.close()
    log.close()  # an hour in which nothing happened
    for number in range(rounds):
        traffic(number)
    log.add(
        "payload.viewed",
        {"purpose": "incident"},
        kind="human",
        name="=siti",
        reason='"quoted"\nand broken',
    )
    log.sign()
    approve(log, "go_live", epoch)
    move("go_live", "live", "human", "aminah")
    log.close()
    move("roll_back", "rolled_back")
    log.add("audit.note", {"text": "é\u2028漢😀"}, reason='"quoted"\nand broken')
    log.sign()
    return log


def approve(log, signal, epoch, proposer="controller", approver="aminah", **more):
    """A proposal and one approval of it."""
    told = {"proposal": f"p{epoch}", "signal": signal, "to_share": "5", "epoch": epoch,
            "policy_sha256": "a" * 64, "candidate": "c" * 64, "evidence_sha256": "d" * 64}  # fmt: skip
    of = ("rollout", f"{log.tenant}/chat")
    kind = "service" if proposer == "controller" else "human"
    log.add("approval.proposed", told, kind=kind, name=proposer, of=of)
    log.add(
        "approval.given",
        {**told, "auth_us": log.at_us, **more},
        kind="human",
        name=approver,
        of=of,
    )


def asked(log, **changed):
    """What is asked for: everything, unless told otherwise."""
    whole = Asked(
        log.tenant, START_US, START_US + 1000 * HOUR_US, "redacted", "siti", "quarterly audit"
    )
    return replace(whole, **changed)


def bundle(log, revealed=None, end=None, folder=None, v=FORM, **changed):
    """The bytes of an export; `v` is the form of its tables."""
    with TemporaryDirectory() as made:
        out = Path(folder or made) / "bundle.tar"
        wanted = asked(log, **changed)
        _, last = log.span(wanted.from_us, wanted.to_us)
        head = end or log.covering(last)
        work = Work.beside(out)
        plan = replace(planned(log, wanted, "0.7.0", head), v=v)
        Export(log, plan, work, log.manifest_note, lambda *_: None, revealed).make(out)
        return out.read_bytes()


def checked(content, kept=(), pinned=None):
    """The report on a bundle's bytes."""
    notes = tuple([(f"kept{number}", note.encode()) for number, note in enumerate(kept)])
    return verify_bundle(io.BytesIO(content), notes, pinned)


def unpacked(content):
    """The files of a bundle, in their order."""
    files, at = {}, 0
    while any(head := content[at : at + TAR_BLOCK]):
        size = int(head[124:135], 8)
        name = head[:100].split(b"\0")[0].decode()
        files[name] = content[at + TAR_BLOCK : at + TAR_BLOCK + size]
        at += TAR_BLOCK + size + -size % TAR_BLOCK
    return files


def packed(files):
    """A bundle of these files, as they are."""
    parts = [
        tar_header(name, len(content)) + content + bytes(-len(content) % TAR_BLOCK)
        for name, content in files.items()
    ]
    return b"".join(parts) + bytes(2 * TAR_BLOCK)


def signed_anew(log, files):
    """The files with a manifest that fits them, signed with the log's own key: what a thief of the key can do."""
    manifest = json.loads(files["manifest.json"])
    rows = {one["path"]: one.get("rows") for one in manifest["files"]}
    listed = []
    for name in sorted(name for name in files if not name.startswith("manifest.")):
        one = {
            "path": name,
            "bytes": len(files[name]),
            "sha256": hashlib.sha256(files[name]).hexdigest(),
        }
        listed.append(one if rows.get(name) is None else {**one, "rows": rows[name]})
    content = canonical({**manifest, "files": listed}).encode()
    note = log.manifest_note(content).encode()
    changed = {**files, "manifest.json": content, "manifest.sig": note}
    return packed({name: changed[name] for name in files})


def kinds(report):
    """What was found, as pairs of its kind and its check."""
    return {(one.kind, one.check) for one in report.findings if one.kind != "warning"}
