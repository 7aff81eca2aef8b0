"""The legal moves of a rollout, as data: `cutover.stages.TRANSITIONS` without its types. A test holds them equal.

Standard library only, for this goes into the verifier of every bundle.
"""

from __future__ import annotations

LEGAL_MOVES = {
    "off": {"start": "mirror"},
    "mirror": {
        "enter_canary": "canary",
        "go_live": "live",
        "roll_back": "rolled_back",
        "stop": "off",
    },
    "canary": {
        "widen": "canary",
        "narrow": "canary",
        "go_live": "live",
        "roll_back": "rolled_back",
        "stop": "off",
    },
    "live": {"roll_back": "rolled_back", "stop": "off"},
    "rolled_back": {"retry": "mirror", "stop": "off"},
}
"""By the stage a rollout stands in, where each signal leads; no other move exists."""

PROMOTIONS = ("enter_canary", "widen", "go_live")
"""The moves that give a candidate more: those that a policy may ask people about."""

FRESH_US = 300 * 1_000_000
CLOCKS_DIFFER_US = 60 * 1_000_000
"""How long before an approval a person may have proven who they are, and how far two clocks may differ."""
