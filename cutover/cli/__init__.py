"""The `crossfade` command: composes everything, and imports what a command needs when it runs."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module

import click

from mirror.offline import stay_offline


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a command lives, and what the list of commands says of it."""

    module: str
    attribute: str
    summary: str


# Modules are imported when their command runs; the summaries stand here, so `--help` is quick.
COMMANDS: dict[str, _Place] = {
    "demo": _Place("rehearse", "demo", "Watch three clinics move, in the browser."),
    "rehearse": _Place("rehearse", "rehearse", "Rehearse a migration on recorded answers."),
    "score": _Place("score", "score", "Score pairs of answers offline."),
    "policy": _Place(
        "policy", "policy", "Check a policy file, put it in force, print its schema."
    ),
    "preflight": _Place("preflight", "preflight", "Ask every upstream whether it is ready."),
    "resend": _Place(
        "resend", "resend", "Send stored requests to a candidate again, by night."
    ),
    "acceptance": _Place("acceptance", "acceptance", "Put load on a candidate alone."),
    "up": _Place("serve", "up", "Run everything on this box."),
    "ca": _Place("ca", "ca", "Make the CA with which HTTPS_PROXY clients are intercepted."),
    "proxy": _Place("serve", "proxy", "Answer clients, and keep what happened."),
    "worker": _Place("serve", "worker", "Send shadows and score what came back."),
    "controller": _Place("serve", "controller", "Judge, decide, publish; the control API."),
    "dashboard": _Place(
        "dashboard", "dashboard", "Where every rollout stands, in the browser."
    ),
    "status": _Place("status", "status", "Where every rollout stands, in the terminal."),
    "watch": _Place("watch", "watch", "The same, kept up to date until ctrl-C."),
    "explain": _Place("explain", "explain", "What was found in one pair of answers, and why."),
    "replay": _Place(
        "replay", "replay", "Compute a rollout's evidence again, from the ledger."
    ),
    "report": _Place("report", "report", "What left, who saw what, why a tenant was promoted."),
    "fsck": _Place("fsck", "fsck", "Whether the event log is whole."),
    "checkpoint": _Place("proving", "checkpoint", "A log's newest signed checkpoint, to keep."),
    "export": _Place("export", "export", "A log's events as a bundle that proves itself."),
    "verify": _Place("verify", "verify", "Whether a bundle or a proof is what was written."),
    "prove": _Place("proving", "prove", "That an event is in its log, or a log is unbroken."),
    "signer": _Place("signer", "signer", "Keys that sign the event log; refused logs."),
    "propose": _Place("act", "propose", "Propose a rollout's next step."),
    "approve": _Place("act", "approve", "Approve an open proposal."),
    "approvals": _Place("approvals", "approvals", "Proposals that wait; reject one."),
    "signoff": _Place(
        "signoff", "signoff", "Read and label pairs of answers, as clinicians do."
    ),
    "hold": _Place("act", "hold", "Keep a rollout where it is."),
    "resume": _Place("act", "resume", "Let a rollout go on, begin, or mirror again."),
    "roll-back": _Place("act", "roll_back", "Send every session back to the primary."),
    "noise": _Place("noise", "noise", "How far the primary agrees with itself."),
    "calibrate": _Place("noise", "calibrate", "Compare a rollout on its own scales."),
    "reindex": _Place("embed", "reindex", "Say that an index has the candidate's vectors."),
    "probe-embed": _Place(
        "embed", "probe_embed", "Whether two models see a tenant's texts alike."
    ),
    "drain": _Place("switch", "drain", "Send nothing to an upstream for a while."),
    "return": _Place("switch", "give_back", "Let a drained upstream be asked again."),
    "emergency": _Place("switch", "emergency", "Send everything to the primary, or end that."),
    "plan": _Place("plan", "plan", "The days ahead, as the fleet's plan has them."),
    "freeze": _Place("freeze", "freeze", "Keep rollouts from being widened, or let them."),
    "drill": _Place("drill", "drill", "Rehearse a rollback on live traffic."),
    "incident": _Place("incident", "incident", "Report an exchange; hold its candidate."),
    "notify": _Place("notify", "notify", "Try whether notices arrive."),
    "keys": _Place("keys", "keys", "Keys of the tenants' payloads: list, rotate."),
    "erase": _Place("erase", "erase", "Erase what was said in exchanges, when asked."),
    "hold-data": _Place("erase", "hold_data", "Legal holds: what may not be erased."),
    "user": _Place("passwords", "user", "People, their tokens and passwords."),
    "run": _Place("parts", "run", ""),  # for the supervisor; not listed
}


class _Commands(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which people meet them."""
        return [name for name, place in COMMANDS.items() if place.summary]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(
            import_module(f"cutover.cli.{place.module}"), place.attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, COMMANDS[name].summary) for name in self.list_commands(ctx)]
            )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crossfade", prog_name="crossfade")
def cli() -> None:
    """Moves AI traffic from one provider to another, with evidence, approvals and rollback."""


def main() -> None:
    """The console script. Whatever ends it is said in words, never as a traceback.

    Exceptions that a user can mend say so with `mendable`, and what to do in their text: exit code
    2, which also tells a supervisor that trying again at once is of no use. Others are ours: 1.
    """
    stay_offline(os.environ)
    try:
        cli(prog_name="crossfade")
    except BrokenPipeError:  # `crossfade status | head` is not an error
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if os.environ.get("CROSSFADE_DEBUG"):
            traceback.print_exc()
        if getattr(error, "mendable", False):
            click.echo(f"crossfade: {error}", err=True)
            sys.exit(2)
        click.echo(
            f"crossfade: a fault of ours, {type(error).__name__}: {error}. "
            "Run again with CROSSFADE_DEBUG=1 for the details to report.",
            err=True,
        )
        sys.exit(1)
