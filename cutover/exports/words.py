"""The papers of a bundle that are words alone: how to read and verify it, and the template of a certificate."""

from __future__ import annotations

from cutover.exports.about import About, moment
from cutover.verifying.cells import harmless


def readme(about: About) -> str:
    """README.txt: what this is, how to verify it with Python alone, what each file is, and what that proves."""
    said = {
        "whose": about.whose,
        "span": about.span,
        "events": about.events,
        "export_id": about.export_id,
        "requested": _person(about.requested_by),
        "approved": _person(about.approved_by),
        "purpose": harmless(about.purpose) or "not given",
        "profile": about.profile,
        "origin": about.origin,
        "end_size": f"{about.end_size:,}",
        "end_root": about.end_root,
        "as_of": moment(about.as_of_us),
        "notes": "".join([f"Note: {harmless(one)}.\n" for one in about.notes]),
    }
    return _README.format(**said)


def certificate(about: About) -> str:
    """s90A-certificate.txt: a template that a person completes and signs; it is no legal advice."""
    said = {
        "whose": about.whose,
        "span": about.span,
        "events": about.events,
        "export_id": about.export_id,
        "build": about.build,
        "origin": about.origin,
        "end_size": f"{about.end_size:,}",
        "end_root": about.end_root,
        "requested": _person(about.requested_by),
    }
    return _CERTIFICATE.format(**said)


def _person(name: str) -> str:
    return harmless(name) or "nobody named"


_README = """\
WHAT THIS IS

An export of crossfade, which moves a clinic group's AI requests from a cloud provider to its own server and
records everything that it does. This bundle holds the record of {whose}
    from {span}
    {events}
It was asked for by {requested}, approved by {approved}, for: {purpose}.
Profile: {profile} (redacted: no words of patients or models are in it; full: they are, in payloads.jsonl).
Export: {export_id}
{notes}
HOW TO VERIFY IT

You need Python 3.9 or newer and nothing else: no network, no other program.

    tar -xf BUNDLE.tar verify.py
    python3 -I verify.py BUNDLE.tar

Where the bundle came in a folder with reports beside it, name the folder: each of its files is checked then.

It says VALID (exit code 0), TAMPERED (1, and names file, line and event), NOT WHOLE (2: a gap, or nothing in
it), or that it could not try (3). A verifier that came with a bundle is as good as the bundle: take verify.py
from a copy that you trust. Give the public keys that you were told on another way with --keys, and a
checkpoint that you kept from before with --old-checkpoint.

WHAT VERIFYING PROVES, AND WHAT IT DOES NOT

It proves that every event of the range is as it was when the checkpoint of {as_of}
was signed: none changed, none left out, none added, in this order; that every table (CSV) follows from these
events and from nothing else; that the moves and approvals obey their rules; and, with an old checkpoint,
that nothing before that checkpoint was rewritten since.
It does not prove that what an event says was true when it was written: it proves what was recorded. Without
any outside copy (an old checkpoint, the public key told on another way) somebody who holds the whole server
and its signing key could have written everything anew; with one they cannot without being seen.
Keep checkpoints/end.note for the next time. The log is {origin};
the root of its first {end_size} events is
    {end_root}

WHAT EACH FILE IS

manifest.json, manifest.sig   the list of all files with size and SHA-256, and its signature
keys.json                     the public keys, and when each was good
checkpoints/                  signed heads of the log; end.note covers this range
digests/                      a signed summary of every hour, also of hours in which nothing happened
events.jsonl                  every event of the range, one a line, exactly as it was hashed
context.jsonl                 earlier events that the checks need
edges.jsonl                   the event before the range and the one behind it: none was left out between them
proofs/                       what ties the events to the signed head
comparisons.csv               both answers to one request compared: scores in ten-thousandths, flags, times
transitions.csv               every move of a rollout, with who moved it, why, and the hash of its evidence
approvals.csv                 who proposed, approved and refused what: printed name, date and time, meaning
egress.csv                    what left for a cloud: when, what for, how many bytes, how it ended
access.csv                    who saw or took which payload, what was destroyed, and who agreed to it
served.csv                    every answer and copy: model, server, tokens, times, outcome
*.parquet                     the same rows for programs
auditevent.ndjson             the events as FHIR R4 AuditEvents, for a hospital's own tools
summary.html, summary.pdf     all of it on a few pages, with pictures
custody.json                  who handed this bundle on; who keeps a copy adds an entry
s90A-certificate.txt          a template of a certificate for a court in Malaysia
payloads.jsonl                full profile alone: the words themselves, each with its commitment
verify.py                     the verifier

Times are UTC; columns and words with +08:00 are Malaysia's clock. In a CSV a text that a spreadsheet would
take for a formula has an apostrophe before it, also where one begins after a semicolon, a tab or a line's end.

This bundle helps produce evidence for audits. Whether a law or a standard is met is for people to judge.
"""

_CERTIFICATE = """\
TEMPLATE. It helps produce evidence for section 90A of the Evidence Act 1950 (Malaysia); it is no legal advice.
Have counsel confirm its wording. Fill in what is in [brackets]; who signs must be responsible for the
management of the computer's operation, or for the conduct of the activities for which it was used.

CERTIFICATE UNDER SECTION 90A(2)

I, [full name], [identity card or passport number], [position] of [organisation and address], certify to the
best of my knowledge and belief:

1.  I am responsible for [the management of the operation of the computer] / [the conduct of the activities
    for which that computer was used].
2.  The computer runs crossfade ({build}) at [place], and recorded the events of
    {whose}, in its ordinary use, during
    {span}.
3.  The documents in the bundle of export {export_id} were produced by that computer
    in the course of its ordinary use: {events}.
4.  The bundle's manifest has the SHA-256 [paste what `sha256sum manifest.json` prints]. It is signed for the
    log {origin},
    whose first {end_size} events have the root
    {end_root}.
5.  The bundle was asked for by {requested}, and was handed over on [date] by [name] to [name]
    (see custody.json).
6.  [Whether at all material times the computer was working properly; if not, how that did not affect
    what was recorded. Gaps that were recorded are events of type audit.gap.]

Signed: ______________________   Name: [ ]   Date: [ ]   Place: [ ]
"""
