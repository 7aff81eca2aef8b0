"""What went wrong, and what to do next: the one place where a failure becomes words for people. Pure."""

from __future__ import annotations

from dashboards.calls import Failure, Trouble

_ROLE = "Ask somebody whose role allows it; `crossfade user list` names them."
_TENANT = (
    "Your role is for other tenants: ask somebody who has it for this one, or have it given to you "
    "(`crossfade user grant`, on the controller's machine)."
)
_BACK = "This page comes back by itself when the control API answers."

READING = {
    Trouble.DOWN: "It is asked for again every few seconds.",
    Trouble.FORBIDDEN: _ROLE,
    Trouble.MISSING: "It may have left the policy, or the address names it wrongly; the board has all that there are.",
}
DOING = {
    Trouble.DOWN: f"Nothing was done. {_BACK}",
    Trouble.UNHEARD: (
        f"Pressing again is safe: the same request is done once, whether the first arrived or not. {_BACK}"
    ),
    Trouble.FORBIDDEN: f"Nothing was done. {_ROLE}",
    Trouble.MISSING: "Nothing was done; it may have left the policy meanwhile.",
    Trouble.REFUSED: "Nothing was done by this. What the page shows now is what is the case.",
    Trouble.BROKEN: "Whether it was done is not known. Pressing again is safe: the same request is done once.",
}
KINDS = {
    "not-proven": (
        "Nothing was done. Type your password, or a code that your app shows now, and press again; "
        "after several wrong ones in a row you wait before the next one counts."
    ),
    "locked": "Nothing was done, and nothing that is typed before then counts. Holding and rolling back need no password.",
    "sign-in-again": "Nothing was done.",
    "missing-role": f"Nothing was done. {_ROLE}",
    "wrong-tenant": f"Nothing was done. {_TENANT}",
    "own-proposal": "Nothing was done. It waits on the Approvals page of every other lead until it expires.",
    "approved-already": "Your yes is on record. It waits for another lead.",
    "barred": "Nothing was done.",
    "nothing-found": "Nothing was done. Read once more what you typed, and of which tenant it is.",
    "legal-hold": "Look at the holds that stand: who lifts them has to say why.",
    "kept": "Ask again when that is over.",
    "erased-already": "There is nothing left to do.",
    "second-person": "Nothing was done. So many exchanges take two people, on the controller's machine.",
    "lifted-already": "There is nothing left to do.",
    "words-gone": "Go on with the next comparison.",
    "proposal-over": (
        "Nothing was done by this. What the page shows now is what is the case; where the gates still show what "
        "they have to, the move is proposed again."
    ),
    "stands-by": "Nothing was done. Another controller acts, or this one does in a moment: try again.",
    "unpublished": "Do not press again. The page Health says which proxies obey an older table of routes.",
    "under-way": "It arrived and is still worked on. Wait a moment and try again: that tells what came of it.",
    "done": "What the page shows now is what is the case; do not do it again.",
}
"""What to do about a deed, by the kind of problem that the control API named."""
READING_KINDS = {"missing-role": _ROLE, "wrong-tenant": _TENANT}


def told(failure: Failure, *, deed: str = "", until: str = "") -> str:
    """A failure's sentence and the next step, of a deed ("Your rollback") or else of a look.

    `until` is the moment before which nothing is worth trying, "" for none.
    """
    kinds, troubles = (KINDS, DOING) if deed else (READING_KINDS, READING)
    step = kinds.get(failure.kind) or troubles.get(failure.trouble, "")
    sentence = failure.sentence.strip()
    if until:
        sentence += f", at {until}"
    if step and not sentence.endswith((".", "!", "?")):
        sentence += "."
    return " ".join(filter(None, (_arrived(failure, deed), sentence, step)))


def _arrived(failure: Failure, deed: str) -> str:
    """What is known of a deed that was not answered; "" for one that was."""
    if not deed:
        return ""
    match failure.trouble:
        case Trouble.DOWN:
            return f"{deed} was not sent."
        case Trouble.UNHEARD:
            return f"{deed} may or may not have arrived."
        case _:
            return ""


def may_try_again(failure: Failure) -> bool:
    """Whether the very same deed may be tried again: it was not answered, or the answer was not about it."""
    lost = failure.trouble in (Trouble.DOWN, Trouble.UNHEARD, Trouble.BROKEN)
    return (lost and failure.kind not in ("done", "unpublished")) or failure.kind == "under-way"


MOST = 500
"""So many characters the control API takes as a reason."""


def unfit(reason: str) -> str:
    """What keeps a reason from being taken; "" for nothing."""
    if not reason:
        return "Write a reason; it goes on the record."
    if len(reason) > MOST:
        return f"The reason has {len(reason):,} characters; at most {MOST} go on the record. Shorten it."
    hidden = next((at for at, one in enumerate(reason) if not one.isprintable()), None)
    if hidden is None:
        return ""
    before = f"after “{reason[max(0, hidden - 12) : hidden]}”" if hidden else "at its beginning"
    return (
        f"The reason has a character that nobody sees (U+{ord(reason[hidden]):04X}) {before}. Delete it, "
        "or type that part anew."
    )
