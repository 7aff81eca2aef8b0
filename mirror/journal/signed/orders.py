"""What people decide about the signer: to look at a refused log again, to begin one anew, to exchange keys.

An order is a file in `orders` of the signer's folder, {"kind", "actor", "reason"} and what the kind needs. The signer
obeys it in its next pass and leaves the outcome in `signed/NAME.done` or `signed/NAME.refused`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mirror.journal import events
from mirror.journal.events import FIRST_PREV
from mirror.journal.signed import heads, keyring
from mirror.journal.signed.folder import Folder, Signed, State, write_whole
from mirror.journal.signed.keyring import Order
from mirror.journal.signed.signing import SignerError, SigningKey
from mirror.journal.store import Store


@dataclass(slots=True)
class Desk:
    """Obeys orders for one signer."""

    folder: Folder
    store: Store
    state: State
    key: SigningKey

    def obey(self, now_us: int) -> int:
        """Obeys all there are; how many. Raises StoreError and OSError; what is not done yet stays an order."""
        count = 0
        for name, said in list(self.folder.orders()):
            try:
                done = self._obeyed(said, now_us)
            except SignerError as error:
                self.folder.answer(name, "refused", f"{error}\n")
            else:
                self.folder.answer(name, "done", f"{done}\n")
            self.folder.done("orders", name)
            count += 1
        return count

    def _obeyed(self, said: Mapping[str, Any], now_us: int) -> str:
        order = _order(said, now_us)
        match said.get("kind"), said.get("tenant"), said.get("key_id"):
            case "resume", str(tenant), _:
                return self._resume(tenant, order, anew=said.get("anew") is True)
            case "rotate", _, _:
                self.key = keyring.rotated(
                    self.folder, self.store, self.key, self.state.deployment, order
                )
                return f"key {self.key.id.hex()} signs from now on"
            case "revoke", _, str(key_id):
                with self.store.write() as conn:
                    keyring.revoked(conn, key_id, order)
                return f"key {key_id} is revoked"
        raise SignerError("no order that a signer knows")

    def _resume(self, tenant: str, order: Order, *, anew: bool) -> str:
        before = self.state.logs.get(tenant)
        if before is None or not before.refused:
            # The folder may know what the store was not told of: the order came a second time.
            if not self._tell_resumed(tenant, before or Signed(), order, anew=anew):
                raise SignerError("the signer refuses no log of that name")
            return "it was resumed before, and the store is told of it now"
        now = replace(before, refused="")
        if anew:
            floor = max(before.size, before.floor)
            now = replace(now, size=0, hashes=(), leaf=FIRST_PREV, note="", floor=floor)
        logs = {**self.state.logs, tenant: now}
        self.folder.save(State(self.state.deployment, logs))
        self.state.logs[tenant] = now
        self._tell_resumed(tenant, before, order, anew=anew)
        if anew:
            return f"begun anew: it is signed again once it has more than {now.floor:,} events"
        return "it is looked at again, and signed where it extends what was signed"

    def _tell_resumed(self, tenant: str, before: Signed, order: Order, *, anew: bool) -> bool:
        """Takes the refusal back in the store; whether there was one."""
        with self.store.write() as conn:
            if stood := heads.resume(conn, tenant):
                details: dict[str, events.Value] = {"size": before.size, "anew": anew}
                events.append(
                    conn,
                    tenant="",
                    type="signer.resumed",
                    actor=order.actor,
                    object={"kind": "log", "id": tenant},
                    at_us=order.at_us,
                    reason=order.reason,
                    details=details,
                )
        return stood


def give(folder: Folder, kind: str, order: Order, **more: str | bool) -> str:
    """Leaves an order for the signer; the name under which the outcome will be found."""
    name = f"{order.at_us:020}-{secrets.token_hex(4)}"
    body = {"kind": kind, "actor": dict(order.actor), "reason": order.reason, **more}
    write_whole(folder.path / "orders" / f"{name}.json", json.dumps(body).encode())
    return name


def _order(said: Mapping[str, Any], now_us: int) -> Order:
    actor, reason = said.get("actor"), said.get("reason")
    if not isinstance(actor, dict) or not isinstance(reason, str) or not reason:
        raise SignerError("an order says who gives it, and why")
    return Order({str(key): str(value) for key, value in actor.items()}, reason, now_us)
