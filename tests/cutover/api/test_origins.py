"""Which web pages may call the control API."""

import pytest
from signing_on import API, DASHBOARD, GRANTS

from cutover.api.origins import foreign
from policies.oidc import Oidc

OIDC = Oidc.model_validate(
    {
        "issuer": "https://login.clinic.example",
        "client_id": "crossfade",
        "api": API,
        "dashboard": f"{DASHBOARD}/somewhere",
        "grants": GRANTS,
    }
)


@pytest.mark.parametrize("origin", [None, API, DASHBOARD])
def test_programs_and_our_own_pages_may(origin):
    assert foreign(origin, OIDC) == ""


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        f"{API}.evil.example",
        f"{API}/",
        "http://localhost:3000",
    ],
)
def test_other_pages_may_not(origin):
    assert "another site" in foreign(origin, OIDC)


def test_without_a_provider_no_page_may():
    assert foreign(None, None) == ""
    assert foreign("http://127.0.0.1:8081", None)
