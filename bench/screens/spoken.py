"""The newest answers of some clinics, recorded the way that the proxy and the workers do it, so that pages can open them."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from bench.tick import SECOND, World
from compare import ledger, legs
from compare.canonical import Answer
from compare.comparison import Attribution, Comparison, Flag, Severity
from compare.performance import performance
from mirror.exchange import Accept, End, Leg, Outcome, Reply, Side, exchange_id
from mirror.journal import exchanges, queue
from mirror.journal.seal import Sealer

CLINICS, EACH = 60, 20
ASKED = "Please write the discharge note of ward 4, and repeat every dose."
LINE = "Metformin {dose} mg twice a day with meals; check the kidneys' values again in {weeks} weeks. "
LEGS = ((Leg.SERVED, Side.PRIMARY), (Leg.SHADOW, Side.CANDIDATE), (Leg.REASK, Side.PRIMARY))


def spoken(world: World, sealer: Sealer, numbered: int) -> None:
    """As many newest comparisons of the first clinics, with the texts of both sides; `numbered` are there."""
    place = numbered
    for tenant in list(world.policy.tenants)[:CLINICS]:
        with world.store.write() as conn:
            for _ in range(EACH):
                place += 1
                world.now_us += SECOND // 50
                _record(conn, world, sealer, tenant, place)


def _record(conn: Connection, world: World, sealer: Sealer, tenant: str, place: int) -> None:
    accept = _accept(world, tenant, place)
    exchanges.record_accept(conn, accept, sealer)
    for leg, side in LEGS:
        exchanges.record_reply(conn, _reply(accept, leg, side, place), sealer)
    exchange = exchanges.load(conn, accept.id, sealer)
    ledger.record(conn, exchange, _comparison(exchange, place), sealer, world.now_us)
    exchanges.settle(conn, accept.id, Outcome.COMPARED, "")
    queue.remove(conn, accept.id)


def _accept(world: World, tenant: str, place: int) -> Accept:
    asked = {"model": "big", "messages": [{"role": "user", "content": f"{ASKED} ({place})"}]}
    return Accept(
        id=exchange_id(world.now_us, place.to_bytes(10)),
        tenant=tenant,
        route="chat",
        session=f"spoken-{place // 4}",
        accepted_us=world.now_us - SECOND,
        method="POST",
        path="/v1/chat/completions",
        requested_model="big",
        streaming=False,
        stage="mirror",
        epoch=1,
        serving=Side.PRIMARY,
        outcome=Outcome.PENDING,
        reask=True,
        body=json.dumps(asked).encode(),
    )


def _said(side: Side, place: int) -> str:
    dose = 500 if side is Side.PRIMARY or place % 3 else 850
    return "".join(LINE.format(dose=dose, weeks=weeks) for weeks in range(1, 16))


def _reply(accept: Accept, leg: Leg, side: Side, place: int) -> Reply:
    said = {"role": "assistant", "content": _said(side, place)}
    candidate = side is Side.CANDIDATE
    return Reply(
        exchange_id=accept.id,
        leg=leg,
        side=side,
        upstream="gpu" if candidate else "cloud",
        location="onprem" if candidate else "cloud",
        model="own" if candidate else "big",
        sent_us=accept.accepted_us,
        end=End.COMPLETE,
        status=200,
        total_us=600_000 + place % 97 * 10_000,
        first_byte_us=100_000,
        first_token_us=110_000,
        content_type="application/json",
        body=json.dumps({"choices": [{"message": said}]}).encode(),
    )


def _comparison(exchange: exchanges.Exchange, place: int) -> Comparison:
    wrong = Flag("DOSE_CONFLICT", Severity.FAIL, "primary says 500 mg, candidate says 850 mg")
    return Comparison(
        exchange_id=exchange.accept.id,
        attribution=Attribution.BOTH_ANSWERED,
        equivalence=0.95,
        noise_floor=0.95,
        missing="",
        flags=() if place % 3 else (wrong,),
        signals={"length_ratio": 1.0},
        performance=performance(legs.of(exchange.replies), Answer(), Answer()),
        comparators="bench",
    )
