"""Who agreed to an export of payloads: two people who prove it, or an order that was approved; nobody else."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from exported_orders import ASK, CORA, a_world
from rollouts import PASSWORD
from signed_logs import append
from sqlalchemy import update

from cutover.approving.proposal import Confirmed
from cutover.cli import agreed
from cutover.cli.export import export
from cutover.cli.proof import VARIABLE
from cutover.exports import place
from cutover.exports.counter import Counter, Wanted
from cutover.exports.planned import Asked
from cutover.exports.tables import export_order
from cutover.people import CONTROLLER, Person, Role
from mirror import applied
from mirror.journal import events
from mirror.journal.store import Store

ASKED = Asked("clinic", 1, 2, "full", "cora", "audit", "lena")
WHO = Person("cora", frozenset({Role.COMPLIANCE}))
LENA = Person("lena", frozenset({Role.LEAD}))


@pytest.fixture
def world(home, monkeypatch):
    store = Store.open(home.store_url)
    world = a_world(store, home)
    text = json.dumps(world.policy.model_dump(mode="json", exclude_none=True))
    applied.apply(home.policies, text.encode())
    for name, token in world.tokens.items():
        (home.tokens / name).write_text(token)
    monkeypatch.setenv(VARIABLE, PASSWORD)
    yield world
    store.close()


@pytest.fixture
def run(home, capsys):
    """Who agreed, by the words of the end; and what the event log has of it."""

    def run(user="cora", second="lena"):
        asked = Asked("clinic", 1, 2, "full", user, "audit", second)
        return agreed.of_people(home, home.path, user, asked)

    def refused(**who):
        with pytest.raises(SystemExit) as ended:
            run(**who)
        return ended.value.code, capsys.readouterr().err

    run.refused = refused
    return run


def denied(world, tenant="clinic"):
    with world.store.read() as conn:
        rows = [json.loads(one.body) for one in events.read(conn, tenant)]
    return [one for one in rows if one["type"] == "access.denied"]


def test_two_people_agree_and_the_second_proves_who_they_are(world, run):
    found = run()
    assert found.deed.actor == CORA
    assert found.said["confirmed_by"] == "password"
    assert found.asked == ASKED


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ({"user": "cora", "second": "cora"}, "nobody approves their own export"),
        ({"user": "vera"}, "vera has no role `compliance`"),
        ({"user": "otto"}, "only for elsewhere"),
        ({"second": "erik"}, "erik has no role `compliance` or `lead` for tenant clinic"),
        ({"second": "otto"}, "otto has no role `compliance` or `lead` for tenant clinic"),
        ({"second": "nobody"}, "no user 'nobody'"),
    ],
)
def test_nobody_without_a_right_agrees_and_the_attempt_is_an_event(world, run, who, says):
    code, words = run.refused(**who)
    assert (code, says in words) == (2, True), words
    (event,) = denied(world)
    assert (event["outcome"], says in event["reason"]) == ("denied", True)


def test_a_wrong_password_and_anothers_token_agree_to_nothing(world, run, monkeypatch):
    monkeypatch.setenv(VARIABLE, "another horse battery")
    assert "neither your password" in run.refused()[1]
    monkeypatch.setenv(VARIABLE, PASSWORD)
    monkeypatch.setenv("CROSSFADE_TOKEN", world.tokens["carl"])
    assert "not that of 'cora'" in run.refused()[1]


def test_a_name_alone_is_no_approval(world, run, home):
    assert "two people say so" in run.refused(user="")[1]
    assert "two people say so" in run.refused(second="")[1]
    words = [
        "--tenant",
        "clinic",
        "--from",
        "2023-01-01",
        "--to",
        "2023-02-01",
        "--purpose",
        "x",
    ]
    words += ["--out", str(home.path / "b.tar"), "--data", str(home.path)]
    done = CliRunner().invoke(export, [*words, "--approved-by", "lena"])
    assert (done.exit_code, "two people say so" in done.stderr) == (2, True)


def test_an_order_is_made_once_it_is_approved_and_by_whom_it_says(world, home, capsys):
    counter = Counter(world.controller)
    id = counter.ask(WHO, Wanted(**ASK, profile="full")).id
    with pytest.raises(SystemExit):
        agreed.of_order(home, id, Path("b.tar"))
    assert "is requested; only one that is approved" in capsys.readouterr().err
    counter.approve(LENA, id, "yes", lambda: Confirmed("password", 1))
    by_hand = agreed.of_order(home, id, Path("b.tar"))
    kept = agreed.of_order(home, id, place.bundle(home.path / place.FOLDER, id))
    assert by_hand.deed.actor.name.startswith("os:")
    assert kept.deed.actor == CONTROLLER
    assert by_hand.asked == kept.asked
    assert (kept.asked.requested_by, kept.asked.approved_by) == ("cora", "lena")
    assert kept.said == {"order": id}
    with pytest.raises(SystemExit):
        agreed.of_order(home, "nothing", Path("b.tar"))


def test_where_people_sign_in_at_a_provider_no_password_agrees(world, run, home):
    written = world.policy.model_dump(mode="json", exclude_none=True)
    oidc = {
        "issuer": "https://id.example",
        "client_id": "crossfade",
        "api": "https://box.example:8081",
        "dashboard": "https://box.example",
        "grants": [{"group": "compliance", "role": "compliance"}],
    }
    text = json.dumps(written | {"identity": {"oidc": oidc}})
    applied.apply(home.policies, text.encode())
    assert "people sign in at a provider here" in run.refused()[1]


@pytest.mark.parametrize("how", ["its days are over", "payloads were erased"])
def test_an_order_whose_bundle_was_deleted_or_overtaken_is_not_made_again(
    world, home, capsys, how
):
    counter = Counter(world.controller)
    id = counter.ask(WHO, Wanted(**ASK, profile="full")).id
    counter.approve(LENA, id, "yes", lambda: Confirmed("password", 1))
    done = {
        "state": "done",
        "started_us": 7,
        "deleted_us": 9 if how == "its days are over" else 0,
    }
    with world.store.write() as conn:
        conn.execute(update(export_order).where(export_order.c.id == id).values(**done))
    if how == "payloads were erased":
        assert agreed.of_order(home, id, Path("b.tar")).said == {"order": id}
        append(world.store, type="payload.erased")
    with pytest.raises(SystemExit):
        agreed.of_order(home, id, Path("b.tar"))
    assert "is not made again: its days are over, or payloads" in capsys.readouterr().err
