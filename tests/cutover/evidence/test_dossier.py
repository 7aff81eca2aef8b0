"""One rollout's evidence between ticks, and after a restart."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, rollout
from rollouts import KEY, World, a_policy

from cutover.evidence import dossier
from cutover.evidence.dossier import Dossier, Standing
from cutover.evidence.gates import Basis
from cutover.evidence.news import News
from cutover.evidence.reasks import SOON_US
from cutover.evidence.rebuilding import rebuild
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.tally import Account
from cutover.stages import Stage
from mirror.journal.store import Store


def test_a_dossier_built_anew_says_what_the_old_one_said(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.to_canary()
    world.good(7)
    file = world.controller.cabinet.file(KEY)
    rules = dossier.rules_of(world.policy, world.policy.rollouts[0])
    with world.store.read() as conn:
        again = rebuild(conn, rules, file.rollout)
        assert (
            again.look(conn, file.rollout, world.clock())[0].closed
            == file.dossier.account.closed
        )
    assert again.account.carried == file.dossier.account.carried
    assert again.recorded == file.dossier.recorded == 7


def test_a_recorded_answer_counts_once_in_an_attempt_also_after_a_restart(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(5)
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.count = 0  # the same questions and answers again, in other sessions
    for number in range(5):
        world.exchange(session=f"again{number}")
    world.controller.tick()
    assert world.controller.cabinet.file(KEY).dossier.recorded == 10
    assert world.view().sessions == 5


@pytest.mark.parametrize(("reask", "basis"), [(True, Basis.NOISE), (False, Basis.BAR)])
def test_without_consent_to_ask_again_equivalence_is_against_a_bar(reask, basis):
    tenant = {"identify": {"header": "c"}, "cloud": "allowed", "reask": reask}
    policy = a_policy(tenants={"clinic": tenant})
    assert dossier.rules_of(policy, policy.rollouts[0]).basis is basis


def test_points_are_kept_ever_more_rarely():
    policy = a_policy(terms=REHEARSAL)
    rules = dossier.rules_of(policy, policy.rollouts[0])
    one = Dossier(Standing(1, Stage.MIRROR, 0), Account.begin(rules, Stage.MIRROR))
    kept = [n for n in range(1, 10_001) if one.due(n)]
    assert kept[:100] == list(range(1, 101))
    assert len(kept) < 700


def test_a_spent_budget_is_published_and_ends_with_the_day(home):
    terms = REHEARSAL.model_copy(
        update={"sampling": REHEARSAL.sampling.model_copy(update={"reask_max_per_day": 2})}
    )
    world = World(Store.open(home.store_url), home, a_policy(terms=terms))
    world.tick()
    assert world.standing().reask_percent == 100
    for _ in range(SOON_US // 1_000_000 + 1):
        world.good(1)
    assert world.standing().reask_percent == 0
    world.clock.pass_s(86_400)
    world.tick()
    assert world.standing().reask_percent == 100


def test_those_that_are_read_at_once_do_not_all_come_again_at_once():
    policy = a_policy(terms=REHEARSAL)
    rules = dossier.rules_of(policy, policy.rollouts[0])
    again = set()
    for number in range(100):
        one = Dossier(Standing(1, Stage.MIRROR, 0), Account.begin(rules, Stage.MIRROR))
        at = replace(rollout(), tenant=f"clinic-{number}")
        one.follow(News(), at, 10**15)
        again.add((one.again_us - 10**15) // SECOND_US)
        one.follow(News(), at, 10**15 + 1)
        assert one.again_us == 10**15 + 1 + dossier.REFRESH_US
    assert len(again) > 20 and max(again) <= 30 and min(again) >= 1
