"""The ways a client can come in: each with what the policy says for it, and a client that takes it.

`reverse` clients have another base_url; `connect` clients have an HTTPS proxy, and ask
api.openai.com. `h1`, `tls` and `h2` are HTTP/1.1 in clear text, in TLS, and HTTP/2. There is no
`connect-h1`: a CONNECT leads to TLS alone, and plain HTTP through a proxy is refused.
"""

import functools
import ssl
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from pki import Authority

from mirror.proxy.front import authority
from mirror.proxy.front.tls import TlsFiles

REVERSE = ("reverse-h1", "reverse-tls", "reverse-h2")
CONNECT = ("connect-tls", "connect-h2")
WAYS = (*REVERSE, *CONNECT, "direct-h1")
OPENAI = "api.openai.com"


@dataclass(frozen=True)
class Pki:
    """The certificates of a test run: the operator's, its clients', and those of interception."""

    folder: Path
    ours: Authority
    server: object
    intercepting: TlsFiles


@functools.cache
def pki():
    """Made once, for making keys takes time; removed when the process ends."""
    kept = tempfile.TemporaryDirectory(prefix="crossfade-pki-")
    folder = Path(kept.name)
    pki.kept = kept
    ours = Authority(folder, "ours")
    shown, private = authority.make("test", [OPENAI], time.time(), 2)
    files = TlsFiles(folder / "interception.pem", folder / "interception.key")
    files.certificate.write_bytes(shown)
    files.key.touch(mode=0o600)
    files.key.write_bytes(private)
    return Pki(folder, ours, ours.server(folder), files)


def listeners(way, **more):
    """What a policy's `listeners` says for a way."""
    if way in CONNECT:
        return {"intercept": {}} | more
    if way in ("reverse-tls", "reverse-h2"):
        certificate, key = pki().server.pair
        return {"tls": {"certificate": certificate, "key": key}} | more
    return more


def base_url(way, at):
    """What such a client's base_url is; `at` are the proxy's places."""
    if way in CONNECT:
        return f"https://{OPENAI}/v1"
    host, port = at.direct if way in ("direct-h1", "direct") else at.front
    scheme = "https" if way in ("reverse-tls", "reverse-h2") else "http"
    return f"{scheme}://{host}:{port}/v1"


def trust(way, client=None):
    """The TLS settings of such a client, with a certificate of its own where it is given one."""
    files = pki()
    cafile = files.intercepting.certificate if way in CONNECT else files.ours.file
    context = ssl.create_default_context(cafile=cafile)
    if client is not None:
        context.load_cert_chain(*client.pair)
    return context


def client(way, at, *, certificate=None, **values):
    """An httpx client that takes this way."""
    secured = way not in ("reverse-h1", "direct-h1", "front", "direct")
    if secured:
        values["verify"] = trust(way, certificate)
    if way.endswith("-h2"):
        values |= {"http1": False, "http2": True}
    if way in CONNECT:
        host, port = at.intercept
        values["proxy"] = f"http://{host}:{port}"
    return httpx.AsyncClient(**{"timeout": 20, "trust_env": False} | values)
