"""What an export reads."""

from bundles import DEPLOYMENT, MemoryLog

from cutover.exports.source import origin


def test_the_origin_names_the_deployment_and_the_tenant():
    assert origin(MemoryLog()) == f"crossfade/{DEPLOYMENT}/clinic"
    assert origin(MemoryLog(tenant="")) == f"crossfade/{DEPLOYMENT}"
