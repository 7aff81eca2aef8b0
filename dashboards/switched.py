"""The sign on top of a page that an emergency is on, or that a server is drained."""

from __future__ import annotations

import streamlit as st

from dashboards import signin, words
from dashboards.questions import switches
from dashboards.questions.switches import Switches
from dashboards.signin import Signed


def draw(signed: Signed, now_us: int) -> Switches | None:
    """Says what is switched, as told now or told last; None where neither is known, which it says too."""
    answer = signed.control.read(Switches, switches.PATH)
    found: Switches | None = signin.last("switches", answer, now_us)
    if found is None:
        st.warning(switches.UNKNOWN, icon=":material/question_mark:")
        return None
    clock = signin.clock(signed)
    for sentence in switches.emergencies(found, now_us, clock):
        st.error(words.escaped(sentence), icon=":material/emergency_home:")
    for sentence in switches.drains(found, now_us, clock):
        st.warning(words.escaped(sentence), icon=":material/power_off:")
    return found
