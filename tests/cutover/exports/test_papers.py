"""What people read of a bundle."""

import json

from bundles import bundle, busy, unpacked


def test_the_readme_says_how_to_verify_and_the_custody_log_begins_with_who_asked():
    files = unpacked(bundle(busy()))
    assert b"verify.py" in files["README.txt"]
    said = json.loads(files["custody.json"])
    assert said["entries"][0]["by"] == "siti"
