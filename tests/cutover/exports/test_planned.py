"""What an export is of, and its manifest."""

import json

import pytest
from bundles import START_US, asked, bundle, busy, unpacked

from cutover.exports.planned import ExportRefused, Plan, manifest, planned
from cutover.verifying.cells import FORM
from mirror.journal.signed.door import SAYS


def test_a_plan_is_read_again_as_it_was_written():
    log = busy()
    plan = planned(log, asked(log, kept=(log.heads[0].note,)), "1", log.heads[-1])
    assert Plan.read(plan.text()) == plan
    assert (plan.first, plan.last) == (1, len(log.events))


def test_a_plan_that_an_older_version_began_goes_on_in_the_form_it_began_in():
    log = busy()
    plan = planned(log, asked(log), "1", log.heads[-1])
    said = json.loads(plan.text())
    assert said.pop("v") == FORM
    assert Plan.read(json.dumps(said)).v == 1


def test_a_plan_that_another_edition_goes_on_with_names_both():
    log = busy()
    plan = planned(log, asked(log), "1", log.heads[-1])
    both = plan.also_made_by("2")
    assert (plan.builds, both.builds, both.build) == (["1"], ["1", "2"], "1, 2")
    assert both.export_id == plan.export_id


def test_the_export_id_is_that_of_what_was_asked():
    log = busy()
    ids = {
        planned(log, asked(log, **changed), "1", log.heads[-1]).export_id
        for changed in (
            {},
            {"purpose": "other"},
            {"requested_by": "x"},
            {"from_us": START_US + 5_000_000},
            {"profile": "full"},
        )
    }
    assert len(ids) == 5
    assert all(len(one) == 16 for one in ids)


@pytest.mark.parametrize(
    "changed", [{"to_us": START_US}, {"from_us": -1}, {"to_us": 2**60}, {"profile": "all"}]
)
def test_a_question_that_has_no_answer_is_refused(changed):
    with pytest.raises(ExportRefused):
        asked(busy(), **changed)


def test_what_a_purpose_says_of_a_patient_is_covered_wherever_it_will_stand():
    log = busy()
    told = asked(log, purpose="complaint of 900101-14-5678, tel. 012-345 6789")
    assert "900101" not in told.purpose
    assert "345" not in told.purpose
    assert told.purpose.startswith("complaint of ")
    papers = unpacked(bundle(log, purpose="complaint of 900101-14-5678"))
    assert [name for name, text in papers.items() if b"900101-14-5678" in text] == []


def test_the_signer_knows_all_that_a_manifest_says_and_nothing_else():
    log = busy()
    said = json.loads(manifest(planned(log, asked(log), "1", log.heads[-1]), []))
    assert said.keys() == SAYS
