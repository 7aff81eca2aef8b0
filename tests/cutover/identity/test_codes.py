"""One-time codes: RFC 6238's own, and each of them once."""

import base64

import pyotp
import pytest

from cutover.identity import codes

SECOND_US = 1_000_000
RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at_s", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_the_codes_are_those_of_the_standard(at_s, code):
    assert codes.step_of(RFC, code, at_s * SECOND_US, 0) == at_s // 30


def test_a_phone_may_be_a_step_off_and_no_more():
    code = pyotp.TOTP(RFC).at(3000)
    steps = [
        codes.step_of(RFC, code, (3000 + off) * SECOND_US, 0) for off in (-60, -30, 0, 30, 60)
    ]
    assert steps == [None, 100, 100, 100, None]


def test_a_code_is_used_once():
    code = pyotp.TOTP(RFC).at(3000)
    assert codes.step_of(RFC, code, 3000 * SECOND_US, 99) == 100
    assert codes.step_of(RFC, code, 3000 * SECOND_US, 100) is None


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", " 287082", "-28708"]
)
def test_what_is_no_code_is_none(code):
    assert codes.step_of(RFC, code, 59 * SECOND_US, 0) is None


def test_an_app_is_told_whose_it_is():
    secret = codes.new_secret()
    assert len(base64.b32decode(secret)) == 20
    assert codes.address(secret, "anna", "klang").startswith("otpauth://totp/crossfade:anna")
    assert secret in codes.address(secret, "anna", "")
