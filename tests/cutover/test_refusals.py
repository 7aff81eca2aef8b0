"""What a refusal says of the attempt that it refuses."""

from cutover.refusals import NotAllowed, Refused, WithoutRight


def test_an_attempt_without_a_right_says_what_was_lacking_and_whether_it_is_on_record():
    plain = NotAllowed("vera has no role `lead`")
    assert (str(plain), plain.kind) == ("vera has no role `lead`", "not allowed")
    assert not plain.recorded
    told = NotAllowed("never your own", kind="self-approval", recorded=True)
    assert (told.kind, told.recorded) == ("self-approval", True)
    assert isinstance(told, Refused)
    assert isinstance(told, WithoutRight)
