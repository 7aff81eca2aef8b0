"""Where bundles lie: one that is as it was made is opened, any other is told."""

from dataclasses import replace

import pytest
from exported_orders import an_order

from cutover.exports import place
from cutover.exports.place import NotHere


def test_a_bundle_is_opened_only_while_it_is_as_long_as_it_was_made(tmp_path):
    one = replace(an_order(), bytes=3)
    with pytest.raises(NotHere, match="not on this machine"):
        place.opened(tmp_path, one)
    place.bundle(tmp_path, one.id).write_bytes(b"abc")
    with place.opened(tmp_path, one) as file:
        assert file.read() == b"abc"
    with pytest.raises(NotHere, match="not as long"):
        place.opened(tmp_path, replace(one, bytes=4))
