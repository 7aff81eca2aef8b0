"""Verifying a bundle on the page: what is brought, what is said, and that nothing of it stays."""

from __future__ import annotations

import pytest
from bundles import bundle, busy
from looking import press, words_on

VIEW = {"view": "Verify a bundle"}


@pytest.fixture(scope="module")
def log():
    return busy()


def brought(app, content, note="", name="b.tar"):
    app.file_uploader[0].set_value((name, content, "application/x-tar"))
    if note:
        app.text_area[0].set_value(note)
    return press(app, "Verify")


def test_what_is_checked_stands_there_before(opened):
    text = words_on(opened("audit", "token-mei", **VIEW))
    assert "at most 64 MB" in text
    assert "every move legal, and with the approval that it needs" in text


def test_an_honest_bundle_is_valid_check_by_check_for_everybody_who_is_signed_in(opened, log):
    app = brought(opened("audit", "token-mei", **VIEW), bundle(log), log.heads[0].note)
    assert not app.exception
    assert "✓ Valid: nothing was changed, and nothing is missing." in app.success[0].value
    text = words_on(app)
    assert "12. Times" in text
    assert text.count("✓ holds") == 12
    assert log.origin in text
    assert not app.file_uploader[0].value, "what was brought is let go"


def test_a_changed_bundle_is_named_with_sign_and_place(opened, log):
    content = bundle(log)
    at = content.index(b'"type":"state.transition"')
    changed = content[:at] + content[at:].replace(b"state", b"stale", 1)
    text = words_on(brought(opened("audit", "token-mei", **VIEW), changed))
    assert "✗ Tampered: this is not what crossfade wrote." in text
    assert "✗ changed" in text
    assert "events.jsonl" in text
    assert "– not finished: the events break off before" in text


def test_what_is_no_bundle_and_what_is_nothing_is_said(opened):
    app = press(opened("audit", "token-mei", **VIEW), "Verify")
    assert "Choose a file first." in words_on(app)
    text = words_on(brought(app, b"\x1f\x8bxxxx"))
    assert "compressed with gzip; run gunzip first" in text


def test_a_stranger_finds_no_form(opened):
    app = opened("audit", **VIEW)
    assert not app.file_uploader
