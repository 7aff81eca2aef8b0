import pytest
import yaml
from click.testing import CliRunner
from rollouts import ANNA
from sqlalchemy import update

from cutover.cli import cli
from cutover.people import Person, Role
from cutover.retention import asked, holds
from mirror import applied
from mirror.journal import events, exchanges, tables
from mirror.journal.seal import Erased
from mirror.patient import pseudonym

CARA = Person("cara", frozenset({Role.COMPLIANCE}))
DINA = Person("dina", frozenset({Role.COMPLIANCE}))


@pytest.fixture
def told(world, home):
    """The world, with people of compliance and a policy in force."""
    for name, token in world.add(CARA, DINA).items():
        (home.tokens / name).write_text(token)
    text = yaml.safe_dump(world.policy.model_dump(mode="json", exclude_none=True))
    applied.apply(home.policies, text.encode())
    return world


def run(home, *given, env=None):
    done = CliRunner().invoke(cli, [*map(str, given), "--data", str(home.path)], env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def erase(home, *given, user="cara", **more):
    asked_for = ("erase", "--tenant", "clinic", "--as", user, "--reason", "request 4")
    return run(home, *asked_for, *given, **more)


def kept(world, id):
    with world.store.read() as conn:
        try:
            return bool(exchanges.load(conn, id, world.sealer).accept.body)
        except Erased:
            return False


def test_nothing_is_erased_before_it_is_said(told, home):
    id = told.exchange()
    done = erase(home, "--exchange", id)
    assert done.exit_code == 0 and "1 exchange can be erased" in done.output
    assert "nothing was erased" in done.output and kept(told, id)
    done = erase(home, "--exchange", id, "--yes")
    assert done.exit_code == 0 and "1 exchange is erased" in done.output
    assert not kept(told, id)


def test_only_compliance_erases_and_many_take_two(told, home, monkeypatch):
    monkeypatch.setattr(asked, "ALONE", 1)
    ids = [told.exchange() for _ in range(2)]
    done = erase(home, "--before", "2100-01-01", "--yes", user=ANNA.name)
    assert done.exit_code == 2 and "anna has no role" in done.output
    done = erase(home, "--before", "2100-01-01", "--yes")
    assert done.exit_code == 2 and "second person" in done.output
    token = {"CROSSFADE_SECOND_TOKEN": (home.tokens / "dina").read_text()}
    done = erase(home, "--before", "2100-01-01", "--yes", "--second", "cara", env=token)
    assert done.exit_code == 2 and "not that of 'cara'" in done.output
    assert all(kept(told, one) for one in ids)
    done = erase(home, "--before", "2100-01-01", "--yes", "--second", "dina", env=token)
    assert done.exit_code == 0, done.output
    assert not any(kept(told, one) for one in ids)


def test_a_hold_is_placed_listed_and_lifted(told, home):
    id = told.exchange()
    as_cara = ("--as", "cara", "--reason", "court order")
    done = run(home, "hold-data", "place", "--tenant", "clinic", "--exchange", id, *as_cara)
    assert "legal hold 1 stands; it covers 1 exchange" in done.output
    assert f"1  clinic {id} by cara" in run(home, "hold-data", "list").output
    done = erase(home, "--exchange", id, "--yes")
    assert "1 under a legal hold" in done.output and kept(told, id)
    assert done.exit_code == 1, "nothing was erased"
    assert run(home, "hold-data", "lift", 1, *as_cara).exit_code == 0
    assert "no legal hold stands" in run(home, "hold-data", "list").output
    assert run(home, "hold-data", "lift", 1, *as_cara).exit_code == 2
    as_anna = ("--as", "anna", "--reason", "x")
    done = run(home, "hold-data", "place", "--tenant", "clinic", *as_anna)
    assert done.exit_code == 2 and "anna has no role" in done.output
    with told.store.read() as conn:
        assert holds.standing(conn) == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("--tenant", "clinc"), "no tenant clinc"),
        (("--tenant", "clinic", "--exchange", "e999"), "no exchange e999 of clinic"),
        (("--tenant", "clinic", "--patient", "---"), "a letter or a digit"),
        (
            ("--tenant", "clinic", "--from", "2023-02-01", "--until", "2023-01-01"),
            "no day lies between",
        ),
    ],
)
def test_a_hold_that_would_miss_what_is_meant_is_not_placed(told, home, given, why):
    done = run(home, "hold-data", "place", *given, "--as", "cara", "--reason", "court order")
    assert done.exit_code == 2 and why in done.output
    with told.store.read() as conn:
        assert holds.standing(conn) == []


@pytest.mark.parametrize("given", [(), ("--before", "2100-01-01", "--patient", "x")])
def test_one_scope_is_named(told, home, given):
    done = erase(home, *given)
    assert done.exit_code == 2 and "by one of" in done.output


def test_a_patient_is_looked_for_by_the_pseudonym_alone(told, home):
    mine, other = told.exchange(), told.exchange()
    subject = pseudonym(told.sealer.ring.keys.pepper("clinic"), "880512105233")
    with told.store.write() as conn:
        of = tables.exchange.c.id == mine
        conn.execute(update(tables.exchange).where(of).values(subject=subject))
    done = erase(home, "--patient", "880512-10-5234")
    assert "0 exchanges can be erased" in done.output
    done = erase(home, "--patient", "880512-10-5233", "--yes")
    assert "1 exchange is erased" in done.output
    assert (kept(told, mine), kept(told, other)) == (False, True)
    with told.store.read() as conn:
        assert "880512" not in "".join(one.body for one in events.read(conn, "clinic"))
    assert erase(home, "--patient", "--").exit_code == 2
    assert (home.keys / "tenants" / "clinic" / "pepper.key").exists()


def test_with_another_pepper_no_patient_is_looked_for_and_nothing_is_missed_in_silence(
    told, home
):
    assert "0 exchanges" in erase(home, "--patient", "880512-10-5233").output
    (home.keys / "tenants" / "clinic" / "pepper.key").unlink()
    done = erase(home, "--patient", "880512-10-5233")
    assert done.exit_code == 2 and "put its file back from its backup" in done.output
    held = run(home, "hold-data", "place", "--tenant", "clinic", "--patient", "880512-10-5233",
               "--as", "cara", "--reason", "court order")  # fmt: skip
    assert held.exit_code == 2 and "put its file back from its backup" in held.output
