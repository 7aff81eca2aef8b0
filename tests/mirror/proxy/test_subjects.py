import asyncio
from types import SimpleNamespace

import pytest
from fakes import FakeUpstream
from proxied import proxied

from mirror.egress_record import Intent, Purpose
from mirror.journal.keys.files import FileKeys
from mirror.patient import pseudonym
from mirror.proxy.subjects import AGAIN_S, Subjects
from policies.patients import Patient

IC = "880512-10-5233"


@pytest.fixture
def keys(tmp_path):
    return FileKeys(tmp_path / "tenants")


def of(subjects, rule, headers=(), document=()):
    policy = SimpleNamespace(tenants={"clinic": SimpleNamespace(patient=rule)})
    call = SimpleNamespace(headers=dict(headers))
    reading = SimpleNamespace(document=dict(document))
    return asyncio.run(subjects.of(policy, "clinic", call, reading))


def test_a_header_or_metadata_give_the_same_pseudonym(keys):
    wanted = pseudonym(keys.pepper("clinic"), IC)
    subjects = Subjects(keys)
    assert of(subjects, Patient(header="x-patient-id"), {"x-patient-id": IC}) == wanted
    assert of(subjects, Patient(metadata="mrn"), document={"metadata": {"mrn": IC}}) == wanted
    assert IC not in wanted and len(wanted) == 20


@pytest.mark.parametrize(
    "document", [{}, {"metadata": None}, {"metadata": {"mrn": 7}}, {"metadata": {"mrn": "--"}}]
)
def test_a_request_that_names_nobody_has_no_pseudonym(keys, document):
    subjects = Subjects(keys)
    assert of(subjects, Patient(metadata="mrn"), document=document) == ""
    assert of(subjects, Patient(header="x-patient-id")) == ""
    assert of(subjects, None, {"x-patient-id": IC}) == ""
    assert of(Subjects(), Patient(header="x-patient-id"), {"x-patient-id": IC}) == ""


def test_a_pepper_that_cannot_be_had_costs_the_pseudonym_and_is_told_once(keys, caplog):
    keys.pepper("clinic")
    (keys.folder / "clinic" / "pepper.key").chmod(0o644)
    subjects = Subjects(keys)
    for _ in range(3):
        assert of(subjects, Patient(header="x-patient-id"), {"x-patient-id": IC}) == ""
    assert caplog.text.count("have no pseudonyms") == 1 and IC not in caplog.text


def test_a_pepper_that_vanished_is_not_drawn_anew_and_its_patients_have_no_other_pseudonym(
    keys,
):
    was = of(Subjects(keys), Patient(header="x-patient-id"), {"x-patient-id": IC})
    file = keys.folder / "clinic" / "pepper.key"
    away = file.rename(file.with_suffix(".away"))
    now = [0.0]
    started_anew = Subjects(keys, lambda: now[0])
    assert of(started_anew, Patient(header="x-patient-id"), {"x-patient-id": IC}) == ""
    assert not file.exists()
    away.rename(file)
    now[0] = AGAIN_S
    assert of(started_anew, Patient(header="x-patient-id"), {"x-patient-id": IC}) == was


class Away:
    """A key store in trouble that is no `KeyLost`."""

    asked = 0

    def pepper(self, tenant):
        self.asked += 1
        raise PermissionError(13, "Permission denied")


def test_whatever_a_key_store_does_the_request_goes_on_and_it_is_asked_once_a_minute(keys):
    away, now = Away(), [0.0]
    subjects = Subjects(away, lambda: now[0])
    rule, named = Patient(header="x-patient-id"), {"x-patient-id": IC}
    assert [of(subjects, rule, named) for _ in range(3)] == [""] * 3
    assert away.asked == 1
    now[0] = AGAIN_S
    assert of(subjects, rule, named) == "" and away.asked == 2
    subjects.keys, now[0] = keys, 2 * AGAIN_S
    assert of(subjects, rule, named) == pseudonym(keys.pepper("clinic"), IC)


@pytest.mark.parametrize("via", ["front", "direct"])
def test_a_patients_header_reaches_no_upstream_and_no_record_but_as_a_pseudonym(keys, via):
    clinic = {
        "identify": {"header": "clinic"},
        "cloud": "allowed",
        "pass_through": "cloud",
        "patient": {"header": "x-patient-id"},
    }

    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(
                cloud,
                cloud,
                via=via,
                tenants={"clinic": clinic},
                rollouts=[
                    {
                        "tenant": "clinic",
                        "route": "chat",
                        "primary": {"upstream": "cloud", "model": "big"},
                        "candidate": {"upstream": "gpu", "model": "own"},
                    }
                ],
            ) as proxy,
        ):
            proxy.proxy.subjects.keys = keys
            await proxy.post(headers={"x-patient-id": IC})
            await proxy.post(path="/v1/models", method="GET", headers={"x-patient-id": IC})
            assert len(cloud.seen) == 2
            assert IC not in str([(one.headers, one.body) for one in cloud.seen])
            assert proxy.accept.subject == pseudonym(keys.pepper("clinic"), IC)
            served, passed = [one for one in proxy.recorded.egresses if isinstance(one, Intent)]
            assert (served.purpose, passed.purpose) == (Purpose.SERVED, Purpose.PASSED)
            assert served.subject == passed.subject == proxy.accept.subject
            assert IC not in str(proxy.recorded)

    asyncio.run(asyncio.wait_for(case(), 30))
