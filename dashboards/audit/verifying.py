"""Whether a bundle is what crossfade wrote: it is brought, looked at in a process of its own, and kept nowhere."""

from __future__ import annotations

import streamlit as st

from dashboards import checking, signin, tables, words
from dashboards.checking import Untried
from dashboards.questions import verification
from dashboards.questions.verification import Check, Outcome, Report

MOST_MB = 64
_TURN, _FOUND = "verify-turn", "verify-found"
_BAD = (Outcome.TAMPERED, Outcome.MISSING)


def draw(signed: signin.Signed) -> None:
    """The form, and what the last verification found."""
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        _ask(signed)
    with right:
        _draw_found(signed)


def _ask(signed: signin.Signed) -> None:
    st.subheader("Verify a bundle", anchor=False)
    st.caption(
        f"An export (.tar) or a proof (.json) of at most {MOST_MB} MB. It is held while it is looked at and kept nowhere. "
        "Larger ones: `crossfade verify BUNDLE.tar`, or the `verify.py` in every bundle, which needs only Python. "
        "Nothing is read of this deployment, so everybody who is signed in may do it."
    )
    turn = st.session_state.setdefault(_TURN, 0)
    with st.form(f"verify-{turn}", border=True):
        brought = st.file_uploader(
            "Bundle or proof",
            type=["tar", "json"],
            key=f"bundle-{turn}",
            max_upload_size=MOST_MB,
        )
        note = st.text_area(
            "A checkpoint that you kept from before, where there is one", key=f"note-{turn}", max_chars=20_000,
            placeholder="crossfade/…\n1204\n…\n\n— crossfade/… …",
            help="It shows that the log was not written anew since. Without it nobody can tell.",
        )  # fmt: skip
        keys = st.text_area(
            "keys.json that you were given on another way, where there is one", key=f"keys-{turn}", max_chars=200_000,
            help="Without it the keys are those that came with the bundle.",
        )  # fmt: skip
        pressed = st.form_submit_button("Verify", type="primary", width="stretch")
    if pressed and brought is None:
        st.error("Choose a file first.", icon=":material/error:")
    elif pressed and brought is not None:
        with st.spinner("It is being verified; a large one takes a minute."):
            name = brought.name
            found = checking.verify(brought.getbuffer(), name, note=note or "", keys=keys or "")
        st.session_state[_FOUND] = (
            verification.named(name),
            verification.size(brought.size),
            found,
        )
        st.session_state[_TURN] = turn + 1  # another form: the file of this one is let go
        st.rerun()


def _draw_found(signed: signin.Signed) -> None:
    found: tuple[str, str, Report | Untried] | None = st.session_state.get(_FOUND)
    if found is None:
        st.subheader("What is checked", anchor=False)
        st.caption("Twelve checks, each on its own, so that all that is wrong is named.")
        tables.draw(
            [
                {"": one.number, "check": one.title, "what must hold": one.says}
                for one in verification.every()
            ]
        )
        return
    name, size, report = found
    st.subheader(words.escaped(f"{name}, {size}"), anchor=False)
    if isinstance(report, Untried):
        st.error(words.escaped(report.sentence), icon=":material/error:")
        return
    _draw_report(signed, report)


def _draw_report(signed: signin.Signed, report: Report) -> None:
    said = verification.verdict(report)
    (st.success if report.code == 0 else st.error)(said)
    if report.is_proof:
        for finding in report.findings:
            st.text(words.visible(verification.said(finding)))
    else:
        for check in verification.checks(report):
            _draw_check(check)
    if more := verification.unsaid(report):
        st.caption(f"And {more:,} findings more; `crossfade verify` counts them.")
    with st.expander("What it is of, and who signed it", expanded=report.code == 0):
        for label, text in verification.facts(report, signin.clock(signed)):
            named, told = st.columns([1, 3], gap="small")
            named.caption(label)
            told.text(words.visible(text))
    if not report.is_proof:
        st.caption(
            "It shows that events were not changed since they were written. That they were true then, it cannot."
        )


def _draw_check(check: Check) -> None:
    with st.container(border=True, gap="xxsmall"):
        title, outcome = st.columns([1.4, 1], gap="small", vertical_alignment="center")
        title.markdown(f"**{check.number}. {words.escaped(check.title)}**")
        said = words.escaped(check.outcome)
        outcome.markdown(f"**:red[{said}]**" if check.outcome in _BAD else said)
        st.caption(words.escaped(check.says))
        for finding in check.findings:
            st.text(words.visible(verification.said(finding)))
