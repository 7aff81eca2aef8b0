import asyncio

import httpx
import pytest
from rehearsed import a_body, a_proposal

from cutover.rehearsal.control import Control
from cutover.rehearsal.driver import Tally
from cutover.rehearsal.watch import PATIENCE_S, REFUSED_S, STALLED_S, STILL_S, Stalled, Watch


class Scene:
    """A control API that tells `bodies`, or is silent without, and a clock that is set by hand."""

    def __init__(self, *, approves=False, refuses=False):
        self.bodies = [a_body()]
        self.posted = []
        self.refuses = refuses
        self.now = 0.0
        self.tally = Tally()
        self.seen = []
        transport = httpx.MockTransport(self._answer)
        self._web = httpx.AsyncClient(base_url="http://control", transport=transport)
        self.watch = Watch(
            Control(self._web),
            {"clinic-1": self.tally},
            approves=lambda view: approves,
            on_view=self.seen.append,
            clock=lambda: self.now,
        )

    def looks(self, at_s=None, *bodies):
        self.now = self.now if at_s is None else at_s
        self.bodies = list(bodies) or self.bodies
        asyncio.run(self.watch.look())

    def _answer(self, request):
        if request.method == "POST":
            self.posted.append(request.url.path)
            return httpx.Response(409 if self.refuses else 201, json={})
        if not self.bodies[0]:
            return httpx.Response(503)
        return httpx.Response(200, json={"rollouts": self.bodies})


def test_what_is_seen_is_handed_on_and_counted_as_settled():
    scene = Scene()
    scene.looks(0, a_body(ledger={"seen": 9, "pending": 4, "compared": 5}))
    assert [view.key for view in scene.seen] == [("clinic-1", "chat")]
    assert scene.watch.settled("clinic-1") == 5
    assert scene.watch.settled("clinic-2") == 0


@pytest.mark.parametrize(("approves", "posted"), [(True, 1), (False, 0)])
def test_a_proposal_gets_a_yes_only_where_it_was_asked_for(approves, posted):
    scene = Scene(approves=approves)
    scene.looks(0, a_body(proposal=a_proposal()))
    assert scene.posted == ["/v1/rollouts/clinic-1/chat/approvals"] * posted


def test_it_is_over_when_all_is_in_and_nothing_changes_for_a_while():
    scene = Scene()
    scene.tally.sent = 3
    scene.looks(1, a_body(ledger={"seen": 3, "pending": 1, "compared": 2}))
    scene.now = 100
    assert not scene.watch.over()
    scene.looks(101, a_body(ledger={"seen": 3, "compared": 3}))
    scene.now = 101 + STILL_S - 0.1
    assert not scene.watch.over()
    scene.now = 101 + STILL_S
    assert scene.watch.over()


def test_it_is_not_over_while_an_answered_request_is_not_in_the_ledger():
    scene = Scene()
    scene.tally.sent = 3
    scene.looks(0, a_body(ledger={"seen": 2, "compared": 2}))
    scene.now = 100
    assert not scene.watch.over()
    scene.tally.client_errors = 1
    assert scene.watch.over()


def test_a_proposal_that_will_be_approved_is_waited_for_but_not_for_ever():
    scene = Scene(approves=True, refuses=True)
    scene.looks(0, a_body(proposal=a_proposal()))
    scene.now = STILL_S
    assert not scene.watch.over()
    scene.now = REFUSED_S
    assert scene.watch.over()


def test_a_silent_api_is_waited_for_and_then_a_fault():
    scene = Scene()
    scene.looks(0)
    scene.looks(PATIENCE_S - 1, None)
    with pytest.raises(Stalled, match="silent"):
        scene.looks(PATIENCE_S, None)


def test_exchanges_that_wait_while_nothing_moves_are_a_fault():
    scene = Scene()
    body = a_body(ledger={"seen": 5, "pending": 2, "compared": 3})
    scene.looks(0, body)
    scene.looks(STALLED_S - 1, body)
    with pytest.raises(Stalled, match="clinic-1/chat: 2"):
        scene.looks(STALLED_S, body)


def test_where_nothing_waits_standing_still_is_no_fault():
    scene = Scene()
    scene.looks(0)
    scene.looks(10 * STALLED_S)
    assert scene.watch.over()
