from dataclasses import replace

import pytest
from rollouts import KEY

from cutover.approving.proposal import Proposal
from cutover.people import CONTROLLER
from cutover.stages import Signal, Stage

FIRST = Proposal(
    id="p1", tenant=KEY[0], route=KEY[1], signal=Signal.ENTER_CANARY, from_share=0.0,
    to_share=5.0, epoch=1, proposer=CONTROLLER, reason="shown", at_us=1, expires_us=2,
    policy_sha256="", candidate="", evidence="{}", evidence_sha256="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("signal", "shares", "stages"),
    [
        (Signal.ENTER_CANARY, (0, 5), (Stage.MIRROR, Stage.CANARY)),
        (Signal.WIDEN, (5, 25), (Stage.CANARY, Stage.CANARY)),
        (Signal.GO_LIVE, (50, 100), (Stage.CANARY, Stage.LIVE)),
        (Signal.GO_LIVE, (0, 100), (Stage.MIRROR, Stage.LIVE)),
    ],
)
def test_a_proposal_knows_both_ends_of_its_move(signal, shares, stages):
    one = replace(FIRST, signal=signal, from_share=float(shares[0]), to_share=float(shares[1]))
    assert one.stages == stages


def test_a_move_is_told_in_the_words_that_a_signature_means():
    assert FIRST.in_words == f"{'/'.join(KEY)} going from mirror to canary 5 %"
    wider = replace(FIRST, signal=Signal.WIDEN, from_share=5.0, to_share=12.5)
    assert wider.in_words == f"{'/'.join(KEY)} going from canary 5 % to canary 12.5 %"
