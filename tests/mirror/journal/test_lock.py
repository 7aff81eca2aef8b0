"""A lock file: one holder at a time, and nobody once it is left."""

from mirror.journal.lock import held


def test_one_holds_it_and_others_are_told_so(tmp_path):
    path = tmp_path / "lock"
    with held(path) as ours, held(path) as theirs:
        assert (ours, theirs) == (True, False)
    with held(path) as again:
        assert again
    assert path.stat().st_mode & 0o777 == 0o600
