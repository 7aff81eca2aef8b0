"""Who asks: tenants by trusted header or key, sessions by what the app says."""

import hashlib

import pytest
from builders import two_sided
from hypothesis import given
from hypothesis import strategies as st

from mirror.identity import Identities
from mirror.reading import Reading
from policies.policy import Sign

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
    ("certificate", "peer", "headers", "tenant"),
    [
        (["CN=app", "DNS:north.example"], FAR, {}, "clinic"),
        (["CN=app"], FAR, {}, None),
        (["DNS:north.example", "CN=hospital"], FAR, {}, None),  # whose is it then?
        (["DNS:north.example"], FAR, {"authorization": f"Bearer {KEY}"}, "clinic"),
        (["CN=app"], FAR, {"authorization": f"Bearer {KEY}"}, "hospital"),
        (["DNS:north.example"], FAR, {"x-crossfade-tenant": "south"}, "clinic"),
        (["DNS:north.example"], NEAR, {"x-crossfade-tenant": "north"}, "clinic"),
        (["DNS:north.example"], NEAR, {"x-crossfade-tenant": "south"}, None),
        (["DNS:north.example"], NEAR, {"x-crossfade-tenant": "nobody"}, None),
        (["CN=app"], NEAR, {"x-crossfade-tenant": "north"}, "clinic"),
    ],
)
def test_a_verified_certificate_stands_for_its_tenant_and_no_other(
    certificate, peer, headers, tenant
):
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    north = {"header": "north", "certificate": ["DNS:north.example"]}
    south = {"header": "south", "api_key_sha256": [digest], "certificate": ["CN=hospital"]}
    tenants = {
        "clinic": {"identify": north, "cloud": "allowed"},
        "hospital": {"identify": south, "cloud": "forbidden"},
    }
    found = Identities.of(two_sided(URL, URL, tenants=tenants))
    assert found.tenant(peer, headers, certificate) == tenant


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


def session(headers, document, tenant="clinic", opening="", **policy):
    reading = Reading(document, "big", False, None, opening=opening)
    return identities(**policy).session(tenant, headers, reading, "exchange")


ALL = {
    "metadata": {"session_id": "m", "conversation_id": "n"},
    "conversation": {"id": "c"},
    "previous_response_id": "p",
    "user": "u",
    "safety_identifier": "s",
}


def without(*keys):
    return {key: value for key, value in ALL.items() if key not in keys}


@pytest.mark.parametrize(
    ("headers", "document", "named"),
    [
        ({"x-session-id": "h"}, ALL, "h"),
        ({}, ALL, "m"),
        ({}, ALL | {"metadata": {"conversation_id": "n"}}, "n"),
        ({}, without("metadata"), "c"),
        ({}, ALL | {"metadata": None, "conversation": "c"}, "c"),
        ({}, without("metadata", "conversation"), "p"),
        ({}, {"user": "u", "safety_identifier": "s"}, "u"),
        ({}, {"safety_identifier": "s"}, "s"),
        ({}, {"user": " u "}, "u"),
        ({}, {}, "opening o"),
    ],
)
def test_sessions_are_known_by_a_pseudonym_of_the_first_sign_there_is(headers, document, named):
    assert session(headers, document, opening="o") == pseudonym(named)


@pytest.mark.parametrize("headers", [{}, {"x-session-id": " "}])
def test_a_request_that_names_no_session_is_one_of_its_own(headers):
    assert session(headers, {"user": 7, "conversation": {"id": 7}}) == "exchange"


def test_the_policy_names_the_sessions_header():
    headers = {"x-visit": "v", "x-session-id": "s"}
    assert session(headers, {}, session_header="x-visit") == pseudonym("v")


NAMES = {
    Sign.HEADER: "h",
    Sign.METADATA: "m",
    Sign.CONVERSATION: "c",
    Sign.END_USER: "u",
    Sign.OPENING: "opening o",
}


@given(st.lists(st.sampled_from(Sign), unique=True))
def test_the_policy_orders_the_signs_and_leaves_out_what_it_does_not_believe(order):
    found = session({"x-session-id": "h"}, ALL, opening="o", sessions={"identify": order})
    assert found == (pseudonym(NAMES[order[0]]) if order else "exchange")


def test_the_policy_names_the_keys_of_the_metadata():
    signs = {"metadata": ["visit"]}
    document = {"metadata": {"visit": "v", "session_id": "m"}}
    assert session({}, document, sessions=signs) == pseudonym("v")


@given(st.text(st.characters(), min_size=1).filter(str.strip))
def test_any_session_stays_itself_and_fits_its_column(name):
    found = session({}, {"user": name})
    assert len(found) == 32
    assert found == session({}, {"user": name})


def test_sessions_and_tenants_stay_apart():
    asked = [("clinic", "a"), ("clinic", "b"), ("hospital", "a")]
    assert len({session({}, {"user": name}, tenant) for tenant, name in asked}) == 3
