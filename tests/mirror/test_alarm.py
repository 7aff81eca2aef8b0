"""An alarm is said once."""

import logging

from mirror.alarm import Alarm


def test_each_deployment_of_a_rollout_is_said_once(caplog):
    alarm = Alarm()
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            alarm.served_by_other("clinic", "chat", "gpu", "the gateway fell back")
        alarm.served_by_other("clinic", "chat", "gpu", "model 'x' answered")
    assert len(caplog.records) == 2
    assert "clinic/chat" in caplog.text and "gpu" in caplog.text


def test_ever_new_names_do_not_fill_the_memory(caplog):
    alarm = Alarm()
    for number in range(3_000):
        alarm.served_by_other("clinic", "chat", "gpu", f"model {number}")
    assert len(caplog.records) == 1_000
