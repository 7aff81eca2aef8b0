"""What a policy's values cannot show one by one: unknown names, a forbidden cloud, rows without effect.

Pure: the environment is an argument. Each rule yields the place of a fault and what to do about it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_network

from policies import presets
from policies.accepting import acceptance_faults
from policies.budgets import budget_faults
from policies.clients import client_faults
from policies.destinations import destination_faults
from policies.encoders import HttpEncoder
from policies.explain import suggestion
from policies.fault import Place, listed
from policies.judges import Opinion
from policies.patients import patient_faults
from policies.planning import plan_faults
from policies.policy import (
    Cloud,
    Location,
    Policy,
    Rollout,
    RouteRule,
    Target,
    Terms,
    UnknownTenants,
)
from policies.scheduling import calendar_faults
from policies.scraping import scraping_faults
from policies.signing_in import sign_in_faults
from policies.translation import conflicts
from policies.upstreams import upstream_faults
from policies.without_primary import HINT, without_primary_faults

type Finding = tuple[Place, str]


def faults(policy: Policy, environment: Mapping[str, str] | None = None) -> list[Finding]:
    """Every fault between the parts of a policy, in the order of the file's parts.

    `environment` holds the variables that a process would see; without it, credentials are not
    looked for.
    """
    return [
        *upstream_faults(policy.upstreams, environment),
        *scraping_faults(policy.upstreams),
        *_translations(policy),
        *_tenants(policy),
        *_batch(policy),
        *client_faults(policy),
        *_encoders(policy),
        *_opinions(policy),
        *_shadowed_rows(policy.routes),
        *_terms(policy.terms, ("terms",)),
        *_rollouts(policy),
        *without_primary_faults(policy),
        *budget_faults(policy),
        *acceptance_faults(policy),
        *calendar_faults(policy),
        *plan_faults(policy),
        *_unknown_tenants(policy),
        *_trusted_peers(policy),
        *destination_faults(policy),
        *sign_in_faults(policy),
        *patient_faults(policy.tenants.items(), policy.session_header),
    ]


def unset_variables(policy: Policy, environment: Mapping[str, str]) -> list[str]:
    """The variables of credentials, and of addresses of notices, that are unset or empty."""
    wanted = {up.credential.env for up in policy.upstreams.values()} - {None}
    wanted |= {one.to for one in policy.notify}
    if policy.identity.oidc is not None:
        wanted |= {policy.identity.oidc.client_secret}
    return sorted(name for name in wanted if name and not environment.get(name, "").strip())


def _translations(policy: Policy) -> Iterator[Finding]:
    for name, upstream in policy.upstreams.items():
        known = presets.translation(upstream.preset)
        for place, message in conflicts(upstream.translate, upstream.translation):
            yield ("upstreams", name, "translate", *place), message
        for at, rule in enumerate(upstream.translate):
            subjects = {other.subject for body in rule.on for other in known.of(body)}
            if rule.keep and rule.keep not in subjects:
                yield (
                    ("upstreams", name, "translate", at, "keep"),
                    f"has no effect: the preset has no rule for `{rule.keep}` of "
                    f"{listed(rule.on)}{suggestion(rule.keep, subjects)}",
                )


def _tenants(policy: Policy) -> Iterator[Finding]:
    for name, tenant in policy.tenants.items():
        if tenant.pass_through is None:
            continue
        place: Place = ("tenants", name, "pass_through")
        yield from _unknown_upstream(policy, tenant.pass_through, place)
        yield from _forbidden_cloud(policy, name, tenant.pass_through, place)


def _batch(policy: Policy) -> Iterator[Finding]:
    for at, name in enumerate(policy.batch.tenants):
        if name not in policy.tenants:
            yield ("batch", "tenants", at), _no_such("tenant", name, policy.tenants)


def _encoders(policy: Policy) -> Iterator[Finding]:
    for at, one in enumerate(policy.encoders):
        if not isinstance(one, HttpEncoder):
            continue
        yield from _asked_about_answers(policy, one, ("encoders", at))


def _opinions(policy: Policy) -> Iterator[Finding]:
    if policy.nli is not None:
        yield from _asked_about_answers(policy, policy.nli, ("nli",))
    judge = policy.judge
    if judge is None:
        return
    wrong = list(_asked_about_answers(policy, judge, ("judge",)))
    yield from wrong
    if not wrong and all(one.has_side(judge) for one in policy.rollouts):
        yield (
            ("judge", "model"),
            "has a side in every rollout, and none judges itself; name another model",
        )


def _asked_about_answers(
    policy: Policy, asked: HttpEncoder | Opinion, place: Place
) -> Iterator[Finding]:
    yield from _unknown_upstream(policy, asked.upstream, (*place, "upstream"))
    upstream = policy.upstreams.get(asked.upstream)
    if upstream is None:
        return
    if upstream.location is Location.CLOUD:
        yield (
            (*place, "upstream"),
            "is in the cloud, and answers of every tenant would be sent there; name an upstream "
            "with `location: onprem`",
        )
    if asked.model not in upstream.models:
        kind = f"model of upstream `{asked.upstream}`"
        yield (*place, "model"), _no_such(kind, asked.model, upstream.models)


def _shadowed_rows(routes: tuple[RouteRule, ...]) -> Iterator[Finding]:
    for (above, earlier), (at, later) in itertools.combinations(enumerate(routes), 2):
        if _takes_all(earlier, later):
            yield (
                ("routes", at),
                f"can never match: row {above + 1} (path {earlier.path}, model {earlier.model}) "
                "takes all its requests; put the narrower row first",
            )


def _takes_all(earlier: RouteRule, later: RouteRule) -> bool:
    """Whether a rule leaves nothing to a later one, as far as is plain to see."""
    return (
        _covers(earlier.path, later.path)
        and _covers(earlier.model, later.model)
        and earlier.image in (None, later.image)
        and earlier.header.items() <= later.header.items()
    )


def _covers(pattern: str, other: str) -> bool:
    """Whether a shell pattern takes everything that another one does, as far as is plain to see."""
    return pattern in ("*", other) or ("*" not in other and fnmatchcase(other, pattern))


def _terms(terms: Terms, place: Place) -> Iterator[Finding]:
    gates = terms.gates
    weights = [g.weight for g in (gates.equivalence, gates.errors, gates.latency, gates.flags)]
    if sum(weights) > 1 + 1e-9:
        yield (
            (*place, "gates"),
            f"the weights sum to {sum(weights):g}; at most 1 keeps false rollbacks below `alpha`",
        )
    margins = terms.coverage.margins
    for name, message in margins.faults(gates):
        yield (*place, "coverage", "margins", name), message


def _rollouts(policy: Policy) -> Iterator[Finding]:
    served = {rule.route for rule in policy.routes}
    first: dict[tuple[str, str], int] = {}
    for at, rollout in enumerate(policy.rollouts):
        place: Place = ("rollouts", at)
        earlier = first.setdefault((rollout.tenant, rollout.route), at)
        if earlier != at:
            yield (
                place,
                f"tenant `{rollout.tenant}`, route `{rollout.route}` already has rollouts[{earlier}]; keep one",
            )
        if rollout.tenant not in policy.tenants:
            yield (*place, "tenant"), _no_such("tenant", rollout.tenant, policy.tenants)
        if rollout.route not in served:
            yield (
                (*place, "route"),
                f"no row of `routes` leads to `{rollout.route}`; add one, or no request is ever its",
            )
        for side, target in (("primary", rollout.primary), ("candidate", rollout.candidate)):
            yield from _target(policy, rollout, target, (*place, side))
        if rollout.primary == rollout.candidate:
            yield (*place, "candidate"), "is the same upstream and model as `primary`"
        if rollout.terms is not None:
            yield from _terms(rollout.terms, (*place, "terms"))


def _target(
    policy: Policy, rollout: Rollout, target: Target, place: Place
) -> Iterator[Finding]:
    yield from _unknown_upstream(policy, target.upstream, (*place, "upstream"))
    upstream = policy.upstreams.get(target.upstream)
    if upstream is not None and target.model not in upstream.models:
        yield (
            (*place, "model"),
            _no_such(f"model of upstream `{target.upstream}`", target.model, upstream.models),
        )
    if target is rollout.primary and rollout.without_primary:
        return
    faults = _forbidden_cloud(policy, rollout.tenant, target.upstream, (*place, "upstream"))
    for where, why in faults:
        yield where, f"{why}{HINT if target is rollout.primary else ''}"


def _unknown_upstream(policy: Policy, name: str, place: Place) -> Iterator[Finding]:
    if name not in policy.upstreams:
        yield place, _no_such("upstream", name, policy.upstreams)


def _no_such(kind: str, name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    return (
        f"there is no {kind} `{name}`{suggestion(name, known) or ';'} declared: {listed(known)}"
    )


def _forbidden_cloud(
    policy: Policy, tenant: str, upstream: str, place: Place
) -> Iterator[Finding]:
    owner = policy.tenants.get(tenant)
    if owner is None or owner.cloud is Cloud.ALLOWED or not _in_cloud(policy, upstream):
        return
    yield (
        place,
        f"tenant `{tenant}` has `cloud: forbidden` and upstream `{upstream}` is `location: cloud`; "
        "name an upstream with `location: onprem`",
    )


def _in_cloud(policy: Policy, upstream: str) -> bool:
    found = policy.upstreams.get(upstream)
    return found is not None and found.location is Location.CLOUD


def _unknown_tenants(policy: Policy) -> Iterator[Finding]:
    passes = policy.unknown_tenants is UnknownTenants.PASS_THROUGH
    if passes and policy.unknown_upstream is None:
        yield (
            ("unknown_tenants",),
            "`pass_through` needs `unknown_upstream`, the upstream they are passed to",
        )
    if policy.unknown_upstream is None:
        return
    place: Place = ("unknown_upstream",)
    yield from _unknown_upstream(policy, policy.unknown_upstream, place)
    if not passes:
        yield place, "is used with `unknown_tenants: pass_through` only; remove one or set both"
    forbidding = [n for n, t in policy.tenants.items() if t.cloud is Cloud.FORBIDDEN]
    if passes and forbidding and _in_cloud(policy, policy.unknown_upstream):
        yield (
            place,
            f"is in the cloud, and {listed(forbidding)} forbid it: a request of theirs that is not "
            "recognised would leave. Use `unknown_tenants: refuse` or an upstream on-prem",
        )


def _trusted_peers(policy: Policy) -> Iterator[Finding]:
    for at, peer in enumerate(policy.trusted_peers):
        place: Place = ("trusted_peers", at)
        try:
            network = ip_network(peer, strict=False)
        except ValueError:
            yield place, f"`{peer}` is no IP address or network, as in 10.0.0.7 or 10.0.0.0/24"
        else:
            if network.prefixlen == 0:
                yield place, "believes everybody's tenant header; name the app servers' network"
