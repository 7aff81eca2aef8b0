"""Whatever happens, and wherever the signer is killed: no two roots of one size, and never stuck without cause."""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from signed_logs import Clock, Logs, root
from sqlalchemy import delete, insert, select

from mirror.journal import tables
from mirror.journal.home import Home
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.folder import Folder
from mirror.journal.signed.note import Checkpoint, parse
from mirror.journal.store import Store

KEPT = (
    tables.event,
    signed_tables.log_checkpoint,
    signed_tables.log_subtree,
    signed_tables.log_digest,
    signed_tables.log_refusal,
)


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Deadly:
    """Kills the signer before or after one of its next writes, to the store or to its folder."""

    store: Store
    left: int = 10**9

    def tick(self):
        self.left -= 1
        if self.left < 0:
            raise Killed

    def read(self):
        return self.store.read()

    @contextlib.contextmanager
    def write(self):
        self.tick()
        with self.store.write() as conn:
            yield conn
            self.tick()
        self.tick()


class SignerMachine(RuleBasedStateMachine):
    """One log of a store that is worked on honestly and dishonestly."""

    def __init__(self):
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.temporary = tempfile.TemporaryDirectory()
        home = Home.open(Path(self.temporary.name) / "data")
        self.store = Store.open(home.store_url)
        self.deadly = Deadly(self.store)
        self.logs = Logs(home, self.deadly, Clock())
        save, deadly = Folder.save, self.deadly

        def saved(folder, state):
            deadly.tick()
            save(folder, state)
            deadly.tick()

        self.patch.setattr(Folder, "save", saved)
        self.seen = {}  # root by size, of every note that ever lay anywhere
        self.copy = None
        self.honest = True

    def teardown(self):
        self.patch.undo()
        self.store.close()
        self.temporary.cleanup()

    def _pass(self, last):
        self.logs.step(30, last=last)

    @rule(count=st.integers(1, 300), tenant=st.sampled_from(["clinic", ""]))
    def append(self, count, tenant):
        self.logs.append(tenant, count, reason=f"{len(self.seen)}")

    @rule()
    def sign(self):
        self._pass(last=True)
        if self.honest:
            leaves = self.logs.leaves()
            assert max(self.seen | self._visible(), default=0) == len(leaves)
            assert self.logs.refusals() == {}

    @rule(writes=st.integers(0, 25), hours=st.integers(0, 3))
    def kill(self, writes, hours):
        self.logs.clock.go(3600 * hours)
        self.deadly.left = writes
        with contextlib.suppress(Killed):
            self._pass(last=True)
        self.deadly.left = 10**9
        self.logs._signer = None

    @rule()
    def copy_store(self):
        with self.store.read() as conn:
            self.copy = {one: conn.execute(select(one)).mappings().all() for one in KEPT}

    @precondition(lambda self: self.copy is not None)
    @rule()
    def put_back(self):
        """The store from a copy: nothing is lost where nothing came since."""
        with self.store.write() as conn:
            lost = len(self.copy[tables.event]) < len(conn.execute(select(tables.event)).all())
            for one in KEPT:
                conn.execute(delete(one))
                if self.copy[one]:
                    conn.execute(insert(one), [dict(row) for row in self.copy[one]])
        self.honest = self.honest and not lost

    @rule(count=st.integers(1, 300), writes=st.integers(0, 8))
    def kill_and_rewrite(self, count, writes):
        """What was signed when it was killed is rewritten, and the store's own record of it with it."""
        self.copy_store()
        self.logs.append(count=count, reason=f"one story {len(self.seen)}")
        self.kill(writes, 0)
        self.no_size_has_two_roots_and_each_extends_the_one_before()
        self.put_back()
        self.logs.append(count=count, reason=f"another story {len(self.seen)}")
        self.sign()

    @rule(count=st.integers(1, 300))
    def truncate(self, count):
        self.honest = False
        above = max(0, len(self.logs.leaves()) - count)
        where = (tables.event.c.tenant == "clinic") & (tables.event.c.seq > above)
        with self.store.write() as conn:
            conn.execute(delete(tables.event).where(where))

    @rule(count=st.integers(1, 300), more=st.integers(0, 300))
    def fork(self, count, more):
        self.truncate(count)
        self.logs.append(count=count + more, reason="another story")

    def _visible(self):
        state = Folder.open(self.logs.home.path).state().logs.get("clinic")
        notes = [state.note] if state is not None and state.note else []
        with self.store.read() as conn:
            query = select(signed_tables.log_checkpoint.c.note)
            clinics = signed_tables.log_checkpoint.c.tenant == "clinic"
            notes += conn.scalars(query.where(clinics)).all()
        return {
            found.size: found.root
            for found in (Checkpoint.read(parse(note).text) for note in notes)
        }

    @invariant()
    def no_size_has_two_roots_and_each_extends_the_one_before(self):
        leaves = self.logs.leaves()
        for size, found in self._visible().items():
            if size not in self.seen:
                largest = max(self.seen, default=0)
                assert size > largest
                assert found == root(leaves[:size])
                assert not largest or self.seen[largest] == root(leaves[:largest])
            assert self.seen.setdefault(size, found) == found


TestSigner = SignerMachine.TestCase
TestSigner.settings = settings(
    max_examples=15,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.deep
@pytest.mark.timeout(1500)
def test_the_signer_holds_for_long():
    long = settings(TestSigner.settings, max_examples=80, stateful_step_count=40)
    run_state_machine_as_test(SignerMachine, settings=long)
