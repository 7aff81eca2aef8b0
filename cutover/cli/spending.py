"""How `status` tells what copies have cost today."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from cutover.cli.options import moment


def show(console: Console, told: object) -> None:
    """A line for the deployment and each rollout that was charged for, saved something or has a budget."""
    if not isinstance(told, Mapping):
        return
    for one in told["spending"]:
        name = f"{one['tenant']} {one['route']}" if one["tenant"] else "deployment"
        style = "yellow" if one["is_spent"] else ""
        resumes = moment(told["resumes_us"])
        console.print(f"{name}: {_words(one, resumes)}", style=style, markup=False)


def _words(one: Mapping[str, object], resumes: str) -> str:
    money = one["currency"]
    budget = one["budget"]
    of = "" if budget is None else f" of {budget:,.2f}"
    words = f"copies cost {one['spent']:,.2f}{of} {money} today"
    if one["estimated"]:
        words += f" ({one['estimated']:,} of {one['legs']:,} estimated)"
    if one["is_spent"]:
        words += f"; no more are sent until {resumes}"
    return f"{words}; the candidate's answers avoided {one['avoided']:,.2f} {money}"
