import asyncio

import httpx
import pytest
from rehearsed import a_body, a_move, a_proposal, a_view

from cutover.rehearsal.control import Control, ControlError, connect


def asking(answer, ask):
    """Calls `ask` with a control API that answers by the function `answer`."""

    async def scene():
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(base_url="http://control", transport=transport) as web:
            return await ask(Control(web, "a password"))

    return asyncio.run(scene())


def test_the_board_is_read_and_unknown_keys_are_ignored():
    body = {"production": False, "rollouts": [a_body(later="x")]}
    (view,) = asking(lambda _: httpx.Response(200, json=body), lambda c: c.rollouts())
    assert view == a_view()
    assert view.key == ("clinic-1", "chat")
    assert view.evidence[0].shown == 0.5


def test_the_board_is_read_to_its_last_page():
    def answer(request):
        later = "cursor" in request.url.params
        body = a_body(tenant="clinic-2") if later else a_body()
        return httpx.Response(200, json={"rollouts": [body], "next": None if later else "more"})

    found = asking(answer, lambda c: c.rollouts())
    assert [one.tenant for one in found] == ["clinic-1", "clinic-2"]


def test_one_rollout_is_read_with_its_transitions():
    seen = []

    def answer(request):
        seen.append(request.url.path)
        return httpx.Response(200, json=a_body(transitions=[a_move("mirror", "canary", 1)]))

    view = asking(answer, lambda c: c.rollout("clinic-1", "chat"))
    assert seen == ["/v1/rollouts/clinic-1/chat"]
    assert (view.transitions[0].from_stage, view.transitions[0].to_stage) == (
        "mirror",
        "canary",
    )


def refuse_connection(request):
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: httpx.Response(503, json={}), "503"),
        (lambda _: httpx.Response(200, json={"rollouts": [{}]}), "not understood"),
        (lambda _: httpx.Response(200, text="<html>"), "not understood"),
        (refuse_connection, "refused"),
    ],
)
def test_what_is_no_answer_names_the_call(answer, words):
    with pytest.raises(ControlError, match=f"GET /v1/rollouts: .*{words}"):
        asking(answer, lambda c: c.rollouts())


def test_an_approval_names_the_proposal_and_the_reason_and_is_confirmed():
    seen = []

    def answer(request):
        seen.append((request.method, request.url.path, request.read()))
        return httpx.Response(201, json={"applied": True})

    view = a_view(proposal=a_proposal())
    assert asking(answer, lambda c: c.approve(view, "shown")) == ""
    body = b'{"proposal":"p1","reason":"shown","proof":"a password"}'
    assert seen == [("POST", "/v1/rollouts/clinic-1/chat/approvals", body)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [(lambda _: httpx.Response(409, text="void"), "409 void"), (refuse_connection, "refused")],
)
def test_a_refused_approval_says_why(answer, words):
    view = a_view(proposal=a_proposal())
    assert words in asking(answer, lambda c: c.approve(view, "shown"))


def test_calls_carry_the_token_and_stay_on_loopback():
    async def scene():
        async with connect("http://127.0.0.1:1", "secret") as web:
            return web.headers["authorization"], web.trust_env

    assert asyncio.run(scene()) == ("Bearer secret", False)
