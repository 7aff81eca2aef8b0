"""What clients are told by the relay itself."""

from mirror.proxy.refusals import too_large


def test_a_limit_is_told_in_megabytes():
    assert "larger than 100 MB" in too_large(100 << 20).message
    assert "larger than 0.5 MB" in too_large(1 << 19).message
