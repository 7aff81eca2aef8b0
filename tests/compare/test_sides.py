from compare.asked import Asked
from compare.canonical import Answer
from compare.sides import Sides


def test_the_primary_can_be_set_against_its_own_second_answer():
    sides = Sides("chat", "chat", Asked("Why?"), Answer("So."), Answer("No."))
    again = sides.against(Answer("So it is."))
    assert (again.primary, again.candidate) == (Answer("So."), Answer("So it is."))
    assert (again.route, again.dialect, again.asked) == ("chat", "chat", Asked("Why?"))
