"""What a policy says of each tenant's way to the cloud stands in that tenant's own log."""

import json

import pytest
from builders import two_sided

from cutover.declared import declare
from cutover.people import Actor, Deed, Kind
from mirror.journal import events
from policies.tenants import Cloud

ANNA = Deed(Actor(Kind.HUMAN, "os:anna"), 1_700_000_000_000_000, "the board decided")


def policy(cloud):
    made = two_sided("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1")
    clinic = made.tenants["clinic"].model_copy(update={"cloud": cloud})
    return made.model_copy(update={"tenants": {**made.tenants, "clinic": clinic}})


@pytest.fixture
def told(store):
    def told():
        with store.read() as conn:
            return [json.loads(one.body) for one in events.read(conn, "clinic")]

    return told


def test_it_is_written_once_and_again_where_it_changed(store, told):
    for cloud in (Cloud.ALLOWED, Cloud.ALLOWED, Cloud.FORBIDDEN):
        with store.write() as conn:
            declare(conn, policy(cloud), "d" * 64, ANNA)
    first, second = told()
    assert [one["details"]["cloud"] for one in (first, second)] == ["allowed", "forbidden"]
    assert (first["details"]["before"], second["details"]["before"]["cloud"]) == (
        None,
        "allowed",
    )
    assert second["details"]["policy"] == "d" * 64
    assert (second["actor"]["name"], second["reason"]) == ("os:anna", "the board decided")
