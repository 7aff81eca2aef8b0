"""What the control API works on: one controller, its store, and what is read beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cutover.api.buckets import Buckets, Rate
from cutover.api.strangers import Strangers
from cutover.approving.proposal import Confirmed
from cutover.controller import Controller
from cutover.desk import Desk
from cutover.emergency.drilling import Driller
from cutover.exports.place import FOLDER
from cutover.identity.caller import Caller
from cutover.identity.claims import FRESH_S, SignInAgain, fresh
from cutover.identity.federated import is_federated
from cutover.identity.local import Local
from cutover.identity.provider import Provider
from cutover.identity.single_sign_on import SingleSignOn
from cutover.pulse import Pulse
from cutover.servers.watch import Watch
from cutover.tally import Tally
from mirror import obeyed
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from policies.policy import Policy

HAND_OUTS = Rate(burst=10, per_s=1 / 60)
"""How often one person may take a bundle of an export: each is a long answer, and an event."""


@dataclass(frozen=True, slots=True)
class Parts:
    """One controller with its store and the key of the texts. `now_us` reads UTC microseconds.

    In `load` processes tell what they have in flight; `watch` reads what servers tell of themselves,
    `pulse` is how its ticks went; `provider` is where people sign in, if the policy names one. Only who
    measures the API asks it unpaced.
    """

    controller: Controller
    store: Store
    sealer: Sealer
    now_us: Callable[[], int]
    load: Path
    watch: Watch | None = None
    pulse: Pulse = field(default_factory=Pulse)
    paced: bool = True
    provider: Provider = field(default_factory=Provider)
    tally: Tally = field(default_factory=Tally)
    strangers: Strangers = field(init=False)
    hand_outs: Buckets = field(default_factory=lambda: Buckets(HAND_OUTS), init=False)

    def __post_init__(self) -> None:
        """Nobody was refused anything yet."""
        found = Strangers(self.store, self.sealer, self.now_us)
        object.__setattr__(self, "strangers", found)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.controller.policy

    @property
    def exports(self) -> Path:
        """Where bundles lie that people asked for: beside the folder of what is in flight."""
        return self.load.parent / FOLDER

    @property
    def desk(self) -> Desk:
        """Where people act on one rollout."""
        return Desk(self.controller)

    @property
    def local(self) -> Local:
        """How local users prove who they are."""
        return Local(self.store, self.sealer, self.now_us)

    @property
    def single_sign_on(self) -> SingleSignOn | None:
        """How people sign in at the provider that the policy names; None where it names none."""
        oidc = self.policy.identity.oidc
        if oidc is None:
            return None
        return SingleSignOn(oidc, self.provider, self.store, self.sealer, self.now_us)

    def confirmed(self, by: Caller, proof: str) -> Confirmed:
        """How somebody proved who they are: now by a `password` or a `code`, or by a `sign-in` at the provider.

        Raises NotProven, and SignInAgain for who signed in there too long ago.
        """
        if not is_federated(by.person.name):
            return Confirmed(self.local.confirm(by.person.name, proof), self.now_us())
        if not fresh(by.auth_us, self.now_us()):
            raise SignInAgain(
                f"sign in again to confirm: an approval counts within {FRESH_S // 60} minutes of signing in"
            )
        return Confirmed("sign-in", by.auth_us)

    @property
    def driller(self) -> Driller:
        """How drills go; it reads what the proxies tell where they tell their load."""
        return Driller(self.controller, partial(obeyed.told, self.load))
