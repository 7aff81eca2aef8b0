"""Every page on a deployment's first day: it says what to do next."""

from __future__ import annotations

import fake_sizes
import pytest
from looking import words_on


@pytest.mark.parametrize(
    ("screen", "says"),
    [
        ("board", "Write one under `rollouts:` of the policy file"),
        ("approvals", "the board says what each rollout waits for"),
        ("rollout", "Write one under `rollouts:` of the policy file"),
        (
            "comparisons",
            "Nothing was compared yet. Requests of a tenant in mirror pass the proxy",
        ),
        ("plan", "Write the days ahead under `plan:`"),
        ("capacity", "Name its pages of metrics under `metrics:`"),
        ("cost", "counted where the policy writes a price"),
        ("incidents", "Who sees an answer that could harm reports it here"),
        ("health", "`crossfade proxy` starts one"),
    ],
)
def test_a_page_without_anything_says_what_to_do_next(opened, control, screen, says):
    fake_sizes.empty(control)
    app = opened(screen, "token-aisyah")
    assert not app.exception
    assert says in words_on(app)


def test_a_rollout_of_which_nothing_was_compared_says_where_flags_come_from(opened, control):
    control.rollouts[1]["flags"] = {"of": 0, "kinds": []}
    text = words_on(opened("rollout", "token-mei", tenant="klinik-ipoh", route="chat"))
    assert "Flags come with comparisons" in text
    assert "latest 0" not in text
