"""Somebody who comes for the first time, with two requests at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from rollouts import Clock
from signing_on import part

from cutover import people
from cutover.identity import federated
from cutover.identity.claims import Proven
from cutover.identity.provider import Provider
from cutover.identity.single_sign_on import SingleSignOn
from cutover.people import Role
from mirror.journal.seal import Sealer
from policies.oidc import Oidc

ANNA = Proven("s-anna", "anna", frozenset({"ai-leads", "bangsar"}), 0, service=False)


def test_both_are_let_in_as_the_same_person(store, home, monkeypatch):
    both = threading.Barrier(2, timeout=5)
    named = federated.name_for

    def name_for(called, issuer):
        """Neither adds anybody before both have seen that nobody is there."""
        with suppress(threading.BrokenBarrierError):  # one store lets in one writer at a time
            both.wait()
        return named(called, issuer)

    monkeypatch.setattr(federated, "name_for", name_for)
    oidc = Oidc.model_validate(part("https://login.clinic.example")["oidc"])
    sso = SingleSignOn(oidc, Provider(), store, Sealer.open(home), Clock())
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(sso._known, [ANNA, ANNA]))
    assert [one.name for one in found] == ["anna@login.clinic.example"] * 2
    with store.read() as conn:
        (anna,) = people.everybody(conn)
    assert (anna.roles, anna.within) == ({Role.LEAD}, {("clinic", Role.VIEWER)})
