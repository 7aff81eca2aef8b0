from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from policies.patients import Patient, patient_faults


@pytest.mark.parametrize("given", [{"header": "x-patient-id"}, {"metadata": "mrn"}])
def test_one_place_is_named(given):
    Patient(**given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"header": "x-patient-id", "metadata": "mrn"},
        {"header": "authorization"},
        {"header": "x-request-id"},
        {"header": "x-crossfade-copy"},
        {"header": "x-stainless-lang"},
        {"header": "X-Patient"},
        {"metadata": ""},
    ],
)
def test_what_would_be_sent_on_or_is_none_is_refused(given):
    with pytest.raises(ValidationError):
        Patient(**given)


def test_a_header_that_names_sessions_names_no_patients():
    tenants = {
        "a": SimpleNamespace(patient=Patient(header="x-session-id")),
        "b": SimpleNamespace(patient=Patient(header="x-patient-id")),
        "c": SimpleNamespace(patient=None),
    }
    (found,) = patient_faults(tenants.items(), "x-session-id")
    assert found[0] == ("tenants", "a", "patient", "header")
