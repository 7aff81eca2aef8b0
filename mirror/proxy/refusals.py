"""What the relay says where it does not ask an upstream."""

from __future__ import annotations

from mirror.proxy.asgi import Refusal

OUR_FAULT = Refusal(
    500,
    "the proxy could not handle this request; its log has the reason",
    "server_error",
    "proxy_failed",
)
TOO_SLOW = Refusal(
    408,
    "the request's body did not arrive in time; send it again",
    "invalid_request_error",
    "body_timeout",
)
LOOP = Refusal(
    508,
    "this is a copy that this deployment has sent itself: an upstream's `base_url` leads back here",
    "invalid_request_error",
    "loop",
    retry=False,
)
NO_SUCH_PATH = Refusal(
    404,
    "this proxy answers paths that start with /v1/, and /rerank, /v2/rerank and /score",
    "invalid_request_error",
    "unknown_path",
)
UNKNOWN_TENANT = Refusal(
    403,
    "no tenant of the policy is known by this request; send the API key or, from a trusted peer,"
    " the x-crossfade-tenant header that `tenants.NAME.identify` names",
    "invalid_request_error",
    "unknown_tenant",
)


NO_RECORD = Refusal(
    503,
    "what happens here cannot be written down at the moment, and this tenant's requests are not answered "
    "without a record; ask again later",
    "server_error",
    "no_record",
    retry_after_s=5,
)
CROWDED = Refusal(
    503,
    "too many large requests came at once, and this one found no room in time; ask again later",
    "server_error",
    "too_many_large_requests",
    retry_after_s=5,
)


def too_large(most: int) -> Refusal:
    """The refusal of a body of more than so many bytes."""
    return Refusal(
        413,
        f"the request is larger than {most / (1 << 20):g} MB; send less at a time",
        "invalid_request_error",
        "too_large",
        retry=False,
    )
