"""A process's system calls as strace tells them: what was on disk before what was said."""

import re
from dataclasses import dataclass

CALLS = "write,writev,pwrite64,pwritev,fdatasync,fsync,sendto,sendmsg"
LINE = re.compile(r"^(?P<pid>\d+) +(?P<rest>.*)$")
BEGUN = re.compile(r"^(?P<call>\w+)\((?P<handle>\d+)<(?P<what>.*?)>(?=[,) ])(?P<said>.*)$")
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>")


@dataclass(frozen=True)
class Call:
    """One call to a file or a socket, at the places in the trace where it began and ended."""

    name: str
    what: str  # the path, or the socket's ends
    said: str
    began: int
    ended: int


def strace(out):
    """The words before a command that is to be traced into a file."""
    return ["strace", "-f", "-yy", "-s", "48", "-e", f"trace={CALLS}", "-o", str(out)]


def calls(lines):
    """The calls of a trace that ended, by where they began."""
    open_calls, found = {}, []
    for place, line in enumerate(lines):
        match = LINE.match(line)
        if match is None:
            continue
        pid, rest = match["pid"], match["rest"]
        if RESUMED.match(rest):
            if pid in open_calls:
                name, what, said, began = open_calls.pop(pid)
                found.append(Call(name, what, said, began, place))
        elif begun := BEGUN.match(rest):
            call = begun["call"], begun["what"], begun["said"], place
            if rest.endswith("<unfinished ...>"):
                open_calls[pid] = call
            else:
                found.append(Call(*call, place))
    return sorted(found, key=lambda call: call.began)


def unsynced(found, *, wrote, said):
    """What was said while something written to those files before was not yet on disk.

    `wrote` tells a file by its path, `said` a call that tells somebody. A sync counts for what was
    written before it began, once it has ended.
    """
    early = []
    for told in [call for call in found if said(call)]:
        before = [call for call in found if call.ended < told.began and wrote(call.what)]
        written = [call for call in before if "write" in call.name]
        synced = [call for call in before if "sync" in call.name]
        last = max((call.ended for call in written), default=None)
        if last is None or not any(call.began > last for call in synced):
            early.append(told)
    return early
