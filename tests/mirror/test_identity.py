"""Who asks: tenants by trusted header or key, sessions by what the app says."""

import hashlib

import pytest
from builders import two_sided
from hypothesis import given
from hypothesis import strategies as st

from mirror.identity import Identities

NEAR, FAR = "127.0.0.1", "203.0.113.9"
KEY = "sk-clinic"
URL = "http://127.0.0.1:1/v1"


def identities(**changes):
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    tenants = {
        "clinic": {"identify": {"header": "north"}, "cloud": "allowed"},
        "hospital": {"identify": {"api_key_sha256": [digest]}, "cloud": "forbidden"},
    }
    return Identities.of(two_sided(URL, URL, tenants=tenants, **changes))


@pytest.mark.parametrize(
    ("peer", "headers", "tenant"),
    [
        (NEAR, {"x-crossfade-tenant": "north"}, "clinic"),
        (FAR, {"x-crossfade-tenant": "north"}, None),
        ("", {"x-crossfade-tenant": "north"}, None),
        (NEAR, {"x-crossfade-tenant": "clinic"}, None),
        (NEAR, {"x-crossfade-tenant": "North"}, None),
        (NEAR, {}, None),
        (FAR, {"authorization": f"Bearer {KEY}"}, "hospital"),
        (FAR, {"authorization": f"bearer {KEY}"}, "hospital"),
        (FAR, {"authorization": f"Bearer  {KEY} "}, "hospital"),
        (FAR, {"authorization": f"Bearer {KEY}x"}, None),
        (FAR, {"authorization": KEY}, None),
        (FAR, {"authorization": f"Basic {KEY}"}, None),
        (FAR, {"authorization": "Bearer "}, None),
        (FAR, {"x-crossfade-tenant": "north", "authorization": f"Bearer {KEY}"}, "hospital"),
        (NEAR, {"x-crossfade-tenant": "north", "authorization": f"Bearer {KEY}"}, "clinic"),
        (NEAR, {"x-crossfade-tenant": "nobody", "authorization": f"Bearer {KEY}"}, None),
    ],
)
def test_tenants(peer, headers, tenant):
    assert identities().tenant(peer, headers) == tenant


@pytest.mark.parametrize(
    ("trusted", "peer", "is_trusted"),
    [
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "11.1.2.3", False),
        (["10.0.0.1"], "::ffff:10.0.0.1", True),
        (["::1"], "::1", True),
        (["10.0.0.1"], "10.0.0.1, 10.0.0.2", False),
        (["10.0.0.1"], "unix", False),
        ([], NEAR, False),
    ],
)
def test_trusted_peers(trusted, peer, is_trusted):
    assert identities(trusted_peers=trusted).trusts(peer) is is_trusted


def pseudonym(session, tenant="clinic"):
    return hashlib.sha256(f"{tenant}\0{session}".encode()).hexdigest()[:32]


def session(headers, document, tenant="clinic", **policy):
    return identities(**policy).session(tenant, headers, document, "exchange")


@pytest.mark.parametrize(
    ("headers", "document", "named"),
    [
        ({"x-session-id": "h"}, {"user": "u"}, "h"),
        ({}, {"metadata": {"session_id": "m"}, "user": "u"}, "m"),
        ({}, {"metadata": None, "user": "u"}, "u"),
        ({}, {"user": " u "}, "u"),
    ],
)
def test_sessions_are_known_by_a_pseudonym(headers, document, named):
    assert session(headers, document) == pseudonym(named)


@pytest.mark.parametrize("headers", [{}, {"x-session-id": " "}])
def test_a_request_that_names_no_session_is_one_of_its_own(headers):
    assert session(headers, {"user": 7}) == "exchange"


def test_the_policy_names_the_sessions_header():
    headers = {"x-visit": "v", "x-session-id": "s"}
    assert session(headers, {}, session_header="x-visit") == pseudonym("v")


@given(st.text(st.characters(), min_size=1).filter(str.strip))
def test_any_session_stays_itself_and_fits_its_column(name):
    found = session({}, {"user": name})
    assert len(found) == 32
    assert found == session({}, {"user": name})


def test_sessions_and_tenants_stay_apart():
    asked = [("clinic", "a"), ("clinic", "b"), ("hospital", "a")]
    assert len({session({}, {"user": name}, tenant) for tenant, name in asked}) == 3
