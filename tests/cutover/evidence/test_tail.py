"""A tail that is kept between looks comes to what folding all of it comes to, and folds little of it."""

from dataclasses import replace

from builders import REHEARSAL_RULES, SECOND, failure, scored
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.evidence import tail
from cutover.evidence.observation import OpenSession, bare
from cutover.evidence.tail import EVERY, Tail
from cutover.evidence.tally import Account, Tally
from cutover.stages import Stage
from policies.policy import Sessions

SOME = [OpenSession(f"{n}", n) for n in range(4 * EVERY)]


class Folded:
    """Counts what it folds."""

    def __init__(self, ids=(), folds=None):
        self.ids, self.folds = tuple(ids), [0] if folds is None else folds

    def after(self, line):
        self.folds[0] += len(line)
        return Folded((*self.ids, *[one.id for one in line]), self.folds)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 12)), max_size=8), st.data())
def test_it_is_what_folding_all_of_it_gives(changes, data):
    prefix, kept, line = Folded(["begin"]), Tail(), SOME[:40]
    for place, more in changes:
        line = [*line, *[replace(one) for one in SOME[:more]]]
        line[place % len(line)] = OpenSession(f"new {place}", 0)
        if data.draw(st.booleans()):
            prefix, line = prefix.after(line[:5]), line[5:] or line
        assert kept.onto(prefix, line).ids == prefix.after(line).ids


def test_what_is_the_same_as_at_the_last_look_is_not_folded_again():
    prefix, kept = Folded(), Tail()
    kept.onto(prefix, SOME)
    prefix.folds[0] = 0
    kept.onto(prefix, [*SOME[:-3], OpenSession("new", 0), *SOME[-2:]])
    assert prefix.folds[0] <= EVERY
    kept.onto(prefix.after(SOME[:1]), SOME[1:])
    assert prefix.folds[0] > len(SOME)


LONG = replace(
    REHEARSAL_RULES,
    terms=REHEARSAL_RULES.terms.model_copy(
        update={"sessions": Sessions(exchanges=3, open_s=50)}
    ),
)
news = st.lists(
    st.tuples(st.sampled_from("abcdefghij"), st.booleans(), st.integers(1, 20)), max_size=20
)
stages = st.sampled_from([Stage.MIRROR, Stage.CANARY, Stage.LIVE])


@settings(deadline=None)
@given(news, stages, st.integers(2, 5))
def test_an_account_that_is_kept_tells_what_a_plain_fold_of_all_tells(arrivals, stage, every):
    kept, joined, now_s = Account.begin(LONG, stage), [], 0
    tail.EVERY, whole = every, tail.EVERY
    try:
        for number, (session, bad, later) in enumerate(arrivals):
            now_s += later
            row = scored(number, session=session, at_s=now_s, recorded_key=f"k{number % 7}")
            kept.take([failure(row) if bad else row])
            views = kept.look([("waits", now_s * SECOND)] if bad else [], now_s * SECOND)
            joined += views.joined
            closed = Tally.begin(LONG, stage).after(joined)
            # Where nothing is known of any open session, counting them makes no claim stronger.
            started = closed if bare(views.tail) else closed.after(views.tail)
            assert (views.closed, views.started) == (closed, started)
    finally:
        tail.EVERY = whole
