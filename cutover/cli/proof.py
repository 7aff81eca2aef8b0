"""How people prove on a terminal who they are: typed without being shown, or given by the environment."""

from __future__ import annotations

import os
import sys

import click

from cutover.cli.options import fail

VARIABLE = "CROSSFADE_PROOF"


def proof(user: str) -> str:
    """A user's password, or a code of their app. Ends the command with 2 where nobody can be asked."""
    given = os.environ.get(VARIABLE, "")
    if given:
        return given
    if not sys.stdin.isatty():
        fail(
            f"{user} must confirm this: run it on a terminal, or set {VARIABLE} to the password or a code of the app"
        )
    said: str = click.prompt(
        f"Password of {user}, or a code of the app", hide_input=True, err=True
    )
    return said


def new_password(user: str) -> str:
    """A new password, typed twice; or the first line of what comes in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    said: str = click.prompt(
        f"New password of {user}", hide_input=True, confirmation_prompt=True, err=True
    )
    return said
