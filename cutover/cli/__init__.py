"""The `crossfade` command: composes everything, and imports what a command needs when it runs."""

from __future__ import annotations

import sys
from importlib import import_module

import click

# Command -> (module, attribute). Modules are imported when the command runs, so `--help` is quick.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("serve", "up"),
    "proxy": ("serve", "proxy"),
    "worker": ("serve", "worker"),
    "controller": ("serve", "controller"),
    "dashboard": ("dashboard", "dashboard"),
    "status": ("status", "status"),
    "approve": ("act", "approve"),
    "hold": ("act", "hold"),
    "resume": ("act", "resume"),
    "roll-back": ("act", "roll_back"),
    "user": ("users", "user"),
    "policy": ("policy", "policy"),
    "score": ("score", "score"),
    "rehearse": ("rehearse", "rehearse"),
    "demo": ("rehearse", "demo"),
    "run": ("serve", "run"),
}


class _Commands(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which people meet them."""
        return [name for name in COMMANDS if name != "run"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"cutover.cli.{module}"), attribute)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crossfade", prog_name="crossfade")
def cli() -> None:
    """Moves AI traffic from one provider to another, with evidence, approvals and rollback."""


def main() -> None:
    """The console script. A broken pipe (`crossfade status | head`) is not an error."""
    try:
        cli(prog_name="crossfade")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
