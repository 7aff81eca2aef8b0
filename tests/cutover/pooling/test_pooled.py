"""What tenants show together: no tenant over a fifth, the same in any order, and valid by exact counting."""

import itertools
import json
import math
import random

import pytest
from builders import REHEARSAL_RULES
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.observation import Session
from cutover.evidence.tally import Tally
from cutover.pooling.pooled import (
    PARTS,
    Part,
    Pooled,
    Unit,
    capped,
    pooled_of,
    rested_on,
    together,
)
from cutover.stages import Stage

numbers = st.dictionaries(st.text("abcdefghij", min_size=1, max_size=1), st.integers(0, 60))


@given(numbers)
def test_no_tenant_has_over_a_fifth_of_what_counts_and_no_more_could_count(read):
    counts = capped(read)
    total = sum(counts.values())
    assert all(PARTS * count <= total for count in counts.values())
    assert all(counts[tenant] <= read[tenant] for tenant in read)
    most = max(counts.values(), default=0)
    more = [min(number, most + 1) for number in read.values()]
    assert PARTS * (most + 1) > sum(more) or most == max(read.values(), default=0)


@given(numbers, st.sampled_from("abcdefghij"), st.integers(1, 9))
def test_more_sessions_of_anybody_never_take_one_away(read, tenant, more):
    before, after = capped(read), capped(read | {tenant: read.get(tenant, 0) + more})
    assert all(after[name] >= count for name, count in before.items())


def test_fewer_than_five_tenants_show_nothing_together():
    assert sum(capped({"a": 500, "b": 500, "c": 500, "d": 500}).values()) == 0
    assert capped(dict.fromkeys("abcde", 7)) == dict.fromkeys("abcde", 7)
    assert capped({"a": 500} | dict.fromkeys("bcdef", 10)) == {"a": 12} | dict.fromkeys(
        "bcdef", 10
    )


def session(number, **bad):
    badness = {"equivalence": 0.5, "errors": 0.0, "latency": 0.0, "flags": 0.0} | bad
    return Session(
        id=f"s{number}", start_us=number, served=False, badness=badness, fresh=1, repeated=0,
        answered=0, scored=1, unscored=0, fail_codes=(), keys=(),
    )  # fmt: skip


def part(count, **bad):
    return Part.begin(REHEARSAL_RULES).after([session(n, **bad) for n in range(count)])


def test_together_they_show_what_one_tenant_with_all_the_sessions_would():
    parts = {(tenant, 1): part(10, errors=0.1 * place) for place, tenant in enumerate("abcde")}
    line = [session(n, errors=0.1 * place) for place in range(5) for n in range(10)]
    whole = Tally.begin(REHEARSAL_RULES, Stage.MIRROR).after(line)
    found = together(parts, 5)
    for gate in whole.gates[:4]:
        assert found.shown[gate.demand.name] == pytest.approx(gate.shown.log_e)
    assert "first_token" not in found.shown  # nobody saw a stream
    assert found.sessions == dict.fromkeys("abcde", 10)


@given(st.permutations("abcde"))
def test_the_order_of_the_mirrors_changes_no_bit(order):
    every = {tenant: part(3, errors=0.07 * ord(tenant) % 1) for tenant in "abcde"}
    assert together({(t, 1): every[t] for t in order}, 5) == together(
        {(t, 1): every[t] for t in "abcde"}, 5
    )


def test_a_part_added_to_is_the_part_of_all():
    sessions = [session(n, errors=n % 2) for n in range(9)]
    begun = Part.begin(REHEARSAL_RULES)
    assert begun.after(sessions[:4]).after(sessions[4:]) == begun.after(sessions)
    assert begun.after([]) is begun


def test_by_exact_counting_the_pool_of_tenants_on_the_bar_expects_one():
    bar = REHEARSAL_RULES.terms.gates.errors.at_most
    total = 0.0
    for line in itertools.product((0.0, 1.0), repeat=PARTS):
        chance = math.prod(bar if bad else 1 - bar for bad in line)
        parts = {(str(n), 1): part(1, errors=bad) for n, bad in enumerate(line)}
        total += chance * math.exp(together(parts, PARTS).shown["errors"])
    assert total == pytest.approx(1)


def test_tenants_on_the_bar_are_shown_no_more_often_than_promised_however_often_one_looks():
    rng, bar = random.Random(5), REHEARSAL_RULES.terms.gates.errors.at_most
    wrong = 0
    for _ in range(200):
        parts = {(name, 1): Part.begin(REHEARSAL_RULES) for name in "abcde"}
        for n in range(30):
            for key, one in parts.items():
                parts[key] = one.after([session(n, errors=float(rng.random() < bar))])
            if together(parts, PARTS).shown["errors"] >= math.log(20):
                wrong += 1
                break
    assert wrong <= 0.05 * 200 + 9  # three standard deviations


def test_a_pool_comes_back_from_json():
    found = together({("a", 1): part(3), ("b", 4): part(0)}, 2, "b was rolled back")
    assert pooled_of(json.loads(json.dumps(found.body()))) == found
    assert found.units == (Unit("a", 1, 3), Unit("b", 4, 0))
    assert found.sessions == {"a": 3}
    whole = Pooled(strata={"day": {"errors": 1.0}}, shown={"errors": 2.0})
    assert pooled_of(json.loads(json.dumps(whole.body()))) == whole


def test_what_a_verdict_rested_on_is_read_from_its_evidence():
    assert rested_on(json.dumps({"pooled": {"a": 3}, "look": {"pooled": {}}})) == {"a": 3}
    assert rested_on(json.dumps({"look": {"pooled": {"units": []}}})) == {}
    assert rested_on("") == {}
