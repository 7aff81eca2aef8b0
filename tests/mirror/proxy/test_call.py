"""A request's head as it reached the relay."""

from mirror.proxy.call import call_of
from mirror.proxy.peer import Doubt, Peer, Signer


def scope(*headers):
    return {
        "method": "POST",
        "raw_path": b"/v1/chat%2e",
        "query_string": b"a=b",
        "headers": [(b"x-session-id", b"s"), *headers],
        "client": ("10.0.0.7", 5555),
    }


def test_on_the_direct_listener_the_peer_is_the_connections():
    forged = (b"x-crossfade-peer", b"127.0.0.1 00")
    call = call_of(scope(forged), None, "id", 7)
    assert call.peer == "10.0.0.7"
    assert call.headers == {"x-session-id": "s"}
    assert (call.path, call.query, call.id, call.at_us) == ("/v1/chat%2e", "a=b", "id", 7)


def test_behind_the_front_the_peer_is_the_signed_one():
    signer = Signer()
    peer = Peer("203.0.113.9", ("CN=app",), Doubt.EXPIRED)
    call = call_of(scope((b"x-crossfade-peer", signer.sign(peer).encode())), signer, "id", 7)
    assert (call.peer, call.certificate, call.doubt) == (
        "203.0.113.9",
        ("CN=app",),
        Doubt.EXPIRED,
    )


def test_behind_the_front_nobody_is_trusted_without_a_signature():
    assert call_of(scope(), Signer(), "id", 7).peer == ""
    forged = (b"x-crossfade-peer", b"127.0.0.1 00")
    assert call_of(scope(forged), Signer(), "id", 7).peer == ""
