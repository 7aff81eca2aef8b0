"""What each type of event says that somebody did, behind their name. Pure.

`{of}` is the id of what it was done to, any other name is of the event's details; what an event does not
say is told as unknown. A type that is not here is told by its name, so a newer controller can write more.
"""

from __future__ import annotations

from collections.abc import Mapping

DECISIONS = {
    "approval.given": "approved the proposal {proposal} of {of}: {move}",
    "approval.proposed": "proposed for {of}: {move}",
    "approval.rejected": "tried to approve the proposal {proposal} of {of} and may not: {move}",
    "approval.void": "ended the proposal {proposal} of {of}, which no longer stands: {move}",
    "proposal.rejected": "said no to the proposal {proposal} of {of}: {move}",
    "proposal.rejection_withdrawn": "took back the no to the proposal {proposal} of {of}",
    "state.transition": "moved {of}: {move}",
    "signoff.drawn": "drew {pairs} of {candidates} pairs of answers of {of} for clinical sign-off",
    "signoff.labelled": "labelled pair {pair} of the sign-off of {of} as {label}",
    "comparison.labelled": "labelled comparison {comparison} of {of} as {label}",
    "acceptance.passed": "kept the acceptance report {of}, which reached all of its targets",
    "acceptance.missed": "kept the acceptance report {of}, which did not reach all of its targets",
    "dry_run.would_promote": "would have moved {of} to {to_share} of the sessions, and did not: a dry run",
    "dry_run.would_propose": "would have proposed {to_share} of the sessions for {of}, and did not: a dry run",
    "dry_run.would_roll_back": "would have rolled back {of}, and did not: a dry run",
}
STOPS = {
    "hold.placed": "held {of} where it is, in {stage}",
    "hold.lifted": "ended the hold of {held_by} on {of}",
    "emergency.on": "declared the emergency {of}: everything goes to the primary",
    "emergency.off": "ended the emergency {of}",
    "freeze.placed": "froze {of}: nothing of it is widened",
    "freeze.lifted": "lifted the freeze of {of}",
    "freeze.broken": "broke a freeze: {of} may be widened",
    "freeze.mended": "had freezes of {of} count again",
    "incident.reported": "reported incident {incident} of {of}, the exchange {exchange}; it holds {held} of the rollouts",
    "incident.closed": "closed incident {incident} of {of}",
    "incident.holding": "held {of} by incident {incident}, of the same candidate",
    "incident.over": "let {of} go on: incident {incident}, of the same candidate, is closed",
    "upstream.drained": "drained the upstream {of}: nothing is sent to it",
    "upstream.returned": "gave the upstream {of} back: it may be asked again",
    "rollback.alarm": "found harm in {of}, whose rollback goes to a primary that fails too",
    "rollback.waits": "has the rollback of {of} wait, because of its {cause}",
    "rollback.waited": "has the rollback of {of} wait no more",
    "drill.begun": "began a rollback drill of {of}",
    "drill.failed": "ended the rollback drill of {of}, which has not passed",
    "drill.passed": "ended the rollback drill of {of}, which has passed",
    "harm.warned": "warned that harm is likely in {of}, and not shown yet",
    "harm.calmed": "found harm no longer likely in {of}",
    "breaker.opened": "opened the circuit breaker of {of} to {upstream}: the other side answers",
    "breaker.closed": "closed the circuit breaker of {of} to {upstream}",
    "candidate.served_by_other": "found another than the candidate of {of} answering at {upstream}, in the exchange {exchange}",
    "candidate.slow_together": "undid the widening of {undone} for the candidate {of}, which slows {waiting}",
    "capacity.halved": "halved what the upstream {of} is sent: {accepted} requests at once, of {declared}",
    "capacity.restored": "gave the upstream {of} its whole capacity back: {accepted} requests at once",
}
RULES = {
    "policy.applied": "put the policy {of} in force",
    "tenant.declared": "wrote down for {of}: cloud {cloud}, record of what leaves: {egress_record}",
    "plan.declared": "declared the plan {of} over {rollouts}",
    "index.rebuilt": "recorded that an index of {of} was made anew",
    "evidence.begun_anew": "began the evidence of {of} anew, as the policy counts its sessions otherwise now",
    "noise.calibrated": "calibrated the noise of {of} with {second_answers} second answers",
    "embeddings.probed": "probed the embeddings of {of}: {says}",
    "clock.jumped": "found the clock of the {of} {off_s} s off",
    "clock.accepted": "accepted the clock of the {of} as it is",
    "routes.unpublished": "could not publish {of}: proxies go on as before",
    "routes.published": "published {of} again",
    "store.put_back": "found {of} older than the route table in force: it was put back from a copy",
    "store.reconciled": "reconciled {of} with the route table in force; rolled back: {rolled_back}; switched on again: {switched_on}",
    "notice.sent": "sent {notices} notices to {of}",
    "notice.failed": "could not send a notice to {of}",
}
PEOPLE = {
    "user.added": "added the user {of}",
    "user.granted": "changed what the user {of} may do",
    "user.revoked": "took roles from the user {of}",
    "user.removed": "removed the user {of}",
    "user.password_set": "gave the user {of} a password, and ended {ended} of their sessions",
    "user.totp_set": "gave the user {of} an app with codes",
    "user.totp_removed": "took the app with codes from the user {of}",
    "user.signed_in": "signed in",
    "user.signed_out": "signed out",
    "user.sign_in_failed": "refused a sign-in as {of}",
    "user.confirm_failed": "gave a wrong password or code as {of}, to confirm something",
    "access.denied": "asked for {of} ({method}) and may not: {kind}",
    "access.refused": "refused {refused} attempts of senders who gave no right to anything, since {since_us}",
}
DATA = {
    "payload.viewed": "read the words of {exchanges} exchanges of {of}",
    "payload.erased": "had the words of {count} exchanges of {of} erased",
    "retention.purged": "erased the words of {count} exchanges of {of}, as the policy says: {keep}",
    "legal_hold.placed": "placed the legal hold {of}: what it names is not erased",
    "legal_hold.lifted": "lifted the legal hold {of}",
    "key.rotated": "drew the key {of} for payloads, and wrapped {wrapped} keys anew",
    "key.destroyed": "destroyed the key {of} of payloads",
    "key.missing": "could not have a key of {of}",
    "pepper.accepted": "went on with another pepper for the pseudonyms of {of}",
    "egress.intent": "announced {sent_bytes} bytes of the exchange {of} to {upstream}, for {purpose}",
    "egress.done": "sent {sent_bytes} bytes of the exchange {of} to {upstream}, for {purpose}; it ended with {status}",
    "request.served": "answered the exchange {of} from {upstream} ({side}) with {model}",
    "shadow.sent": "sent a copy of the exchange {of} to {upstream} ({side})",
    "shadow.skipped": "sent no copy of the exchange {of} to {upstream} ({side})",
    "comparison.scored": "compared the answers of the exchange {of}",
    "prompt.resent": "asked for the exchange {of} once more, by night",
    "process.crash_recovered": "settled what a killed process left in the spool {of}: {unfinished} requests without an end",
}
PROOF = {
    "audit.gap": "found that records are missing in the spool {of}",
    "checkpoint.signed": "signed the log of {of} up to event {size}",
    "log.unsigned": "found that the event log has waited for its {of} for minutes",
    "log.signed": "found the event log signed again by its {of}",
    "signer.key_drawn": "drew the first key that signs, {of}",
    "signer.key_rotated": "has another key sign: {of}",
    "signer.key_revoked": "revoked the key {of}: nothing more of what it signed is to be believed",
    "signer.refused": "refused to sign the log of {of} beyond event {size}",
    "signer.resumed": "had the log of {of} signed again, after event {size}",
    "export.requested": "asked for an export ({profile}) of {from_us} to {to_us}, for: {purpose}; approved by: {approved_by}",
    "export.created": "made the export {of} ({profile}) with {events} events, for: {purpose}; approved by: {approved_by}",
}
WORDS: Mapping[str, str] = {**DECISIONS, **STOPS, **RULES, **PEOPLE, **DATA, **PROOF}
"""By type of event."""
