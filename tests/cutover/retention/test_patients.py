import pytest
from sqlalchemy import update

from cutover.retention import patients
from cutover.retention.patients import NoPatient, gone_us, subject_of
from mirror.journal.tables import exchange


def test_a_patient_is_one_however_the_reference_is_written_and_another_at_another_tenant(world):
    peppers = world.sealer.ring.peppers
    with world.store.write() as conn:
        one = subject_of(conn, peppers, "clinic", "mrn-00 17", 1)
        assert one == subject_of(conn, peppers, "clinic", "MRN0017", 1)
        assert one != subject_of(conn, peppers, "ward", "MRN0017", 1)
        with pytest.raises(NoPatient, match=patients.UNFIT):
            subject_of(conn, peppers, "clinic", "--", 1)


def test_when_the_words_of_a_patient_went_last_is_known(world):
    one, two = world.exchange(), world.exchange()
    with world.store.write() as conn:
        conn.execute(update(exchange).values(subject="S" * 20))
        assert gone_us(conn, "clinic", "S" * 20) is None
        for id, at_us in ((one, 5), (two, 7)):
            conn.execute(update(exchange).where(exchange.c.id == id).values(purged_us=at_us))
        assert gone_us(conn, "clinic", "S" * 20) == 7
        assert gone_us(conn, "ward", "S" * 20) is None
