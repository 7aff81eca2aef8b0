"""The note that says what a deployment is, for when no controller answers."""

import pytest
from rollouts import a_policy

from cutover.deployment import NAME, tell, told


@pytest.mark.parametrize("production", [True, False])
def test_what_was_told_last_is_known(tmp_path, production):
    tell(tmp_path, a_policy(production=not production))
    tell(tmp_path, a_policy(production=production))
    assert told(tmp_path) == {"deployment": "test", "production": production}
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}"])
def test_where_nothing_readable_was_told_nothing_is_known(tmp_path, content):
    if content is not None:
        (tmp_path / NAME).write_text(content)
    assert told(tmp_path) == {"deployment": None, "production": None}
