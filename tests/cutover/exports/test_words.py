from dataclasses import replace

import pytest
from papers import ABOUT

from cutover.exports import words


def test_the_readme_tells_whose_it_is_how_to_verify_it_and_what_that_proves():
    told = words.readme(ABOUT)
    for said in (
        "tenant clinic",
        "10 events, numbered 11 to 20",
        "python3 -I verify.py BUNDLE.tar",
        "--old-checkpoint",
        "It does not prove",
        ABOUT.end_root,
        "asked for by aisyah, approved by ben",
    ):
        assert said in told


def test_every_file_of_a_bundle_is_explained():
    told = words.readme(ABOUT)
    for name in (
        "manifest.json",
        "events.jsonl",
        "served.csv",
        "auditevent.ndjson",
        "custody.json",
    ):
        assert name in told


@pytest.mark.parametrize("paper", [words.readme, words.certificate])
def test_no_paper_claims_compliance(paper):
    told = paper(ABOUT).lower()
    assert "compliant" not in told and "complies with" not in told
    assert "helps produce evidence for" in told


@pytest.mark.parametrize("paper", [words.readme, words.certificate])
def test_what_people_typed_acts_on_nothing(paper):
    odd = replace(ABOUT, purpose="\x1b[2J{0}\u202e", requested_by="陈 {x}")
    told = paper(odd)
    assert "\x1b" not in told and "\u202e" not in told
    assert "陈 {x}" in told


def test_the_certificate_is_a_template_that_names_the_log_and_asks_for_the_manifests_hash():
    told = words.certificate(ABOUT)
    assert told.startswith("TEMPLATE.")
    for said in ("SECTION 90A(2)", ABOUT.origin, ABOUT.end_root, "sha256sum manifest.json"):
        assert said in told
