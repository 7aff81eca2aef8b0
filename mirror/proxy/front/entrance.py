"""Where clients come in, and as what: the policy's listeners, with their certificates read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mirror.proxy.doors import Rules
from mirror.proxy.front import authority, tls
from mirror.proxy.front.certificates import CertificateFault, Kept
from mirror.proxy.front.connect import NO_HOSTS, Hosts
from mirror.proxy.front.tls import Handshakes, TlsFiles
from mirror.proxy.listener import Address
from policies.listeners import Interception, Listeners, OtherHosts, Tls
from policies.policy import Cloud, Policy


@dataclass(frozen=True, slots=True)
class Entrance:
    """The front's listeners.

    `address` is for `base_url`, in TLS where there are handshakes `tls`; `proxy`, where given, is
    for HTTPS_PROXY, with the handshakes `inner` of the intercepted `hosts`. `shared` addresses may
    be listened at by several processes. Connections must keep to the `rules`. Where the `hosts` let
    others be tunnelled, `may_tunnel` is asked too, each time: another policy may forbid it.
    """

    address: Address
    tls: Kept[Handshakes] | None = None
    proxy: Address | None = None
    inner: Kept[Handshakes] | None = None
    hosts: Hosts = NO_HOSTS
    may_tunnel: Callable[[], bool] = lambda: False
    shared: bool = False
    rules: Rules = field(default_factory=Rules)

    def hosts_now(self) -> Hosts:
        """What a CONNECT is answered by at this moment."""
        return self.hosts if self.may_tunnel() else replace(self.hosts, tunnel=False)

    @property
    def kept(self) -> Iterator[tuple[str, Kept[Handshakes]]]:
        """Every certificate in use, by its listener's name."""
        if self.tls is not None:
            yield "base_url", self.tls
        if self.inner is not None:
            yield "intercept", self.inner


def entrance(
    listeners: Listeners,
    address: Address,
    proxy: Address | None,
    own_ca: TlsFiles | None,
    now_s: float,
    *,
    shared: bool = False,
) -> Entrance:
    """The entrance that a policy asks for. `own_ca` intercepts where the policy names no other.

    There is no listener for HTTPS_PROXY where the policy intercepts nothing. Raises
    CertificateFault.
    """
    taken = Path(listeners.client_ca) if listeners.client_ca else None
    shown = listeners.tls
    outer = tls.kept(_files(shown, taken), now_s) if shown is not None else None
    asked = listeners.intercept
    if asked is None or proxy is None:
        return Entrance(address, tls=outer, shared=shared)
    files = _authority(asked, own_ca)
    return Entrance(
        address,
        tls=outer,
        proxy=proxy,
        inner=authority.kept(replace(files, client_ca=taken), asked.hosts, now_s),
        hosts=_hosts(asked),
        shared=shared,
    )


def tunnels(policy: Policy) -> bool:
    """Whether a policy lets clients reach other hosts through us; none does that forbids the cloud."""
    asked = policy.listeners.intercept
    tunnelled = asked is not None and asked.others is OtherHosts.TUNNEL
    return tunnelled and not any(
        tenant.cloud is Cloud.FORBIDDEN for tenant in policy.tenants.values()
    )


def _authority(asked: Interception, own_ca: TlsFiles | None) -> TlsFiles:
    if asked.ca is not None:
        return _files(asked.ca, None)
    if own_ca is None or not own_ca.certificate.exists():
        raise CertificateFault(
            "the policy intercepts, and there is no CA for it yet; make it with: crossfade ca, "
            "or name one in `listeners.intercept.ca`"
        )
    return own_ca


def _files(shown: Tls, taken: Path | None) -> TlsFiles:
    return TlsFiles(Path(shown.certificate), Path(shown.key), taken)


def _hosts(asked: Interception) -> Hosts:
    return Hosts(frozenset(asked.hosts), tunnel=asked.others is OtherHosts.TUNNEL)
