"""Ways to change a bundle, each drawn by a random number generator: for whoever shows that every one is found.

A tamper takes (random, world) and gives the changed bundle, the notes that the reader kept, and what the report
must name: a file, or "" for the archive as such.
"""

import json
from dataclasses import dataclass, field

from bundles import MemoryLog, Signer, bundle, busy, packed, signed_anew, unpacked

from cutover.verifying.tarball import TAR_BLOCK


@dataclass
class World:
    """An honest bundle with the log it is of, and an older bundle of the same log."""

    log: MemoryLog
    content: bytes
    older: bytes
    files: dict = field(init=False)
    made: dict = field(default_factory=dict)

    def __post_init__(self):
        self.files = unpacked(self.content)

    def once(self, name, make):
        """What takes long to make, made once."""
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]


def world(rounds=2):
    log = busy(rounds=rounds)
    older = bundle(
        log, end=log.heads[0], to_us=json.loads(log.events[log.heads[0].size - 1])["at_us"] + 1
    )
    return World(log, bundle(log), older)


def flipped(content, draw, first=0, last=None):
    """With one bit changed."""
    at = draw.randrange(first, len(content) if last is None else last)
    return content[:at] + bytes([content[at] ^ (1 << draw.randrange(8))]) + content[at + 1 :]


def one_bit(draw, here):
    return flipped(here.content, draw), (), None


def some_bytes(draw, here):
    at, many = draw.randrange(len(here.content)), draw.randrange(1, 600)
    noise = draw.randbytes(len(here.content[at : at + many]))
    changed = here.content[:at] + noise + here.content[at + many :]
    return (changed if changed != here.content else flipped(changed, draw)), (), None


def inserted(draw, here):
    at = draw.randrange(len(here.content))
    return (
        here.content[:at] + draw.randbytes(draw.randrange(1, 1025)) + here.content[at:],
        (),
        None,
    )


def cut_out(draw, here):
    at, many = draw.randrange(len(here.content) - 1), draw.randrange(1, 2048)
    return here.content[:at] + here.content[at + many :], (), None


def cut_short(draw, here):
    return here.content[: draw.randrange(len(here.content))], (), None


def made_longer(draw, here):
    return here.content + draw.randbytes(draw.randrange(1, 3000)), (), None


def header_bit(draw, here):
    """A bit of a header: name, rights, owner, size, time, sum, kind, link, or what should be nothing."""
    starts, at = [], 0
    for content in here.files.values():
        starts.append(at)
        at += TAR_BLOCK + len(content) + -len(content) % TAR_BLOCK
    start = draw.choice(starts)
    return flipped(here.content, draw, start, start + TAR_BLOCK), (), None


def file_bit(draw, here):
    name = draw.choice([name for name, content in here.files.items() if content])
    files = {**here.files, name: flipped(here.files[name], draw)}
    return packed(files), (), name


def file_gone(draw, here):
    name = draw.choice(list(here.files)[1:])
    return packed({one: text for one, text in here.files.items() if one != name}), (), name


def file_more(draw, here):
    name = draw.choice(
        [
            "notes.txt",
            "payloads.jsonl",
            "checkpoints/000000000001.note",
            "digests/20200101T00Z.json",
        ]
    )
    return packed({**here.files, name: draw.randbytes(20)}), (), name


def file_twice(draw, here):
    name = draw.choice(list(here.files))
    return here.content[: -2 * TAR_BLOCK] + packed({name: here.files[name]}), (), name


def files_swapped(draw, here):
    names = list(here.files)
    at = draw.randrange(len(names) - 1)
    names[at], names[at + 1] = names[at + 1], names[at]
    return packed({name: here.files[name] for name in names}), (), None


def contents_swapped(draw, here):
    names = [name for name in here.files if not name.startswith("manifest.")]
    one, other = draw.sample(names, 2)
    while here.files[one] == here.files[other]:
        one, other = draw.sample(names, 2)
    return (
        packed({**here.files, one: here.files[other], other: here.files[one]}),
        (),
        (one, other),
    )


def signed_row(draw, here):
    """A line of a table changed, dropped, doubled or swapped, and the manifest signed anew with the stolen key."""
    tables = [
        name
        for name in here.files
        if name.endswith(".csv") and here.files[name].count(b"\r\n") > 1
    ]
    name = draw.choice(tables)
    lines = here.files[name].split(b"\r\n")[:-1]
    return (
        signed_anew(
            here.log, {**here.files, name: b"\r\n".join([*_jumbled(draw, lines), b""])}
        ),
        (),
        name,
    )


def signed_event(draw, here):
    """An event changed, dropped, doubled or swapped, and the manifest signed anew."""
    lines = here.files["events.jsonl"].split(b"\n")[:-1]
    files = {**here.files, "events.jsonl": b"\n".join([*_jumbled(draw, lines), b""])}
    return signed_anew(here.log, files), (), "events.jsonl"


def signed_tail_gone(draw, here):
    """The last events dropped, with all that counts them: the end checkpoint is then not reached."""
    many = draw.randrange(1, len(here.log.events))
    lines = here.files["events.jsonl"].split(b"\n")[:-1]
    manifest = json.loads(here.files["manifest.json"])
    manifest["last_seq"] -= many
    files = {**here.files, "events.jsonl": b"\n".join([*lines[:-many], b""]),
             "manifest.json": json.dumps(manifest).encode()}  # fmt: skip
    return signed_anew(here.log, files), (), None


def signed_proof(draw, here):
    """A proof changed, and the manifest signed anew."""
    name = draw.choice(["proofs/start.json", "proofs/end.json", "checkpoints/end.note"])
    other = flipped(here.files[name], draw)
    return signed_anew(here.log, {**here.files, name: other}), (), None


def signed_digest(draw, here):
    """A digest dropped with its signature, or one bit of it changed, and the manifest signed anew."""
    names = [
        name for name in here.files if name.startswith("digests/") and name.endswith(".json")
    ]
    name = names[1] if draw.random() < 0.5 else draw.choice(names)
    if name == names[1]:
        gone = {name, name.replace(".json", ".sig")}
        return (
            signed_anew(here.log, {k: v for k, v in here.files.items() if k not in gone}),
            (),
            None,
        )
    return (
        signed_anew(here.log, {**here.files, name: flipped(here.files[name], draw)}),
        (),
        name,
    )


def rewritten(draw, here):
    """The whole log written anew from some event on and signed with the stolen key, against one old checkpoint."""
    kept = draw.choice(here.log.heads)
    at = draw.randrange(kept.size)
    return (
        here.once(f"rewritten{at}", lambda: bundle(_forged(here.log, at))),
        (kept.note,),
        "kept0",
    )


def _forged(log, at):
    forged = MemoryLog()
    for number, body in enumerate(log.events):
        said = json.loads(body)
        forged.at_us = said["at_us"]
        reason = f"{said['reason']} (of course)" if number == at else said["reason"]
        forged.add(said["type"], said["details"], kind=said["actor"]["kind"], name=said["actor"]["name"],
                   of=(said["object"]["kind"], said["object"]["id"]), outcome=said["outcome"],
                   reason=reason, after_us=0)  # fmt: skip
        if number + 1 in {head.size for head in log.heads}:
            forged.sign()
    return forged


def replayed(draw, here):
    """An old bundle, to somebody who has a newer checkpoint."""
    return here.older, (draw.choice(here.log.heads[1:]).note,), "kept0"


def other_keys(draw, here):
    """All signed with another key, which came with it: found by who has the right one."""

    def made(seed):
        return bundle(busy(MemoryLog(signer=Signer(seed)), rounds=2))

    number = draw.randrange(5)
    return here.once(f"key{number}", lambda: made(bytes([number + 7]) * 32)), (), "manifest.sig"


def _jumbled(draw, lines):
    """Lines with one changed, dropped, doubled, or swapped with the next; never as they were."""
    while True:
        at, how = draw.randrange(len(lines)), draw.randrange(4)
        made = [
            [*lines[:at], flipped(lines[at] or b"x", draw), *lines[at + 1 :]],
            [*lines[:at], *lines[at + 1 :]],
            [*lines[:at], lines[at], *lines[at:]],
            [*lines[:at], *lines[at : at + 2][::-1], *lines[at + 2 :]],
        ][how]
        if made != lines:
            return made


TAMPERS = [
    one_bit, some_bytes, inserted, cut_out, cut_short, made_longer, header_bit, file_bit, file_gone, file_more,
    file_twice, files_swapped, contents_swapped, signed_row, signed_event, signed_tail_gone, signed_proof,
    signed_digest, rewritten, replayed, other_keys,
]  # fmt: skip


def is_named(report, named):
    """Whether a report finds a tamper, and names one of the files that were due."""
    bad = [one for one in report.findings if one.kind != "warning"]
    due = named if isinstance(named, tuple) else (named,)
    found = report.code in (1, 2) and bool(bad)
    return found and (named is None or any(one.file in due for one in bad))
