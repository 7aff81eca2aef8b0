"""How clients come in: TLS with the operator's certificate, client certificates, and interception.

Files are named by absolute paths: the parts of a deployment read a copy of the policy elsewhere.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from policies.part import Part

File = Annotated[str, Field(pattern=r"^/[^\x00]+$")]
"""The absolute path of a file."""

HostName = Annotated[
    str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")
]
"""A host's full name in lower case."""

CertificateName = Annotated[
    str, Field(pattern=r"^(sha256:[0-9a-f]{64}|CN=\S.{0,127}|DNS:[a-z0-9.*-]+|URI:\S+)$")
]
"""What a client certificate says of its owner, as in `openssl x509 -text`, or its fingerprint."""


class Tls(Part):
    """A certificate and its key, in PEM files that are read anew when they change."""

    certificate: File = Field(
        description="PEM file with the server's certificate, and after it those up to its root."
    )
    key: File = Field(description="PEM file with its private key, not readable by others.")


class OtherHosts(StrEnum):
    """What happens to a CONNECT for a host that is not intercepted."""

    REFUSE = "refuse"
    TUNNEL = "tunnel"  # its bytes pass unread and unrecorded


class Interception(Part):
    """Clients that call these hosts through HTTPS_PROXY are answered here instead."""

    hosts: tuple[HostName, ...] = Field(default=("api.openai.com",), min_length=1)
    others: OtherHosts = OtherHosts.REFUSE
    ca: Tls | None = Field(
        default=None,
        description="A CA limited to `hosts`; without it the one that `crossfade ca` makes.",
    )


class Listeners(Part):
    """What the front's listeners speak. Where they listen is an option of the commands."""

    tls: Tls | None = Field(default=None, description="Without it, base_url is in clear text.")
    client_ca: File | None = Field(
        default=None,
        description="PEM file of the CAs whose clients alone are taken; needs TLS or interception.",
    )
    intercept: Interception | None = None
