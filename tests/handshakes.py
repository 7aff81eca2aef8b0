"""A whole TLS handshake in memory: Python's own TLS asks, a pyOpenSSL context answers."""

import contextlib
import ssl

from OpenSSL import SSL


def handshake(context, cafile, client=None, *, alpn=(), name="localhost", **settings):
    """Both sides of a finished handshake. Raises what the side that refuses raises."""
    theirs = ssl.create_default_context(cafile=cafile)
    theirs.set_alpn_protocols(list(alpn))
    for key, value in settings.items():
        setattr(theirs, key, value)
    if client is not None:
        theirs.load_cert_chain(*client.pair)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = theirs.wrap_bio(to_client, to_server, server_hostname=name)
    answering = SSL.Connection(context)
    answering.set_accept_state()
    for _ in range(6):
        done = [_step(asking.do_handshake), _step(answering.do_handshake)]
        _carry(to_client, to_server, answering)
    assert done == [True, True]
    return asking, answering


def _step(do_handshake):
    try:
        do_handshake()
    except (ssl.SSLWantReadError, SSL.WantReadError):
        return False
    return True


def _carry(to_client, to_server, answering):
    if sent := to_server.read():
        answering.bio_write(sent)
        _step(answering.do_handshake)
    with contextlib.suppress(SSL.WantReadError):
        to_client.write(answering.bio_read(65535))
