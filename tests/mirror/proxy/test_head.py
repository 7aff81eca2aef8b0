"""How a head tells the length of what follows."""

import pytest

from mirror.proxy.head import Framing, Malformed, framing_of
from policies.limits import Limits


def head(*fields, line=b"POST /v1/chat/completions HTTP/1.1"):
    return b"\r\n".join([line, b"Host: proxy", *fields, b"", b""])


@pytest.mark.parametrize(
    ("fields", "framing"),
    [
        ((), Framing()),
        ((b"Content-Length: 17",), Framing(17)),
        ((b"content-length:17\t",), Framing(17)),
        ((b"Transfer-Encoding: Chunked",), Framing(chunked=True)),
        ((b"x-content-length: 5",), Framing()),
    ],
)
def test_the_body_is_as_long_as_the_head_says(fields, framing):
    assert framing_of(head(*fields), Limits()) == framing


def test_a_connect_opens_a_tunnel_where_it_is_allowed():
    connect = head(line=b"CONNECT api.openai.com:443 HTTP/1.1")
    assert framing_of(connect, Limits(), connects=True) == Framing(tunnel=True)
    with pytest.raises(Malformed):
        framing_of(connect, Limits())


@pytest.mark.parametrize("host", ["a:99999999", "a b", "http://a", "a/b", "[::1", "a@b"])
def test_a_host_is_a_name_and_a_port(host):
    with pytest.raises(Malformed):
        framing_of(b"GET /v1/models HTTP/1.1\r\nHost: %b\r\n\r\n" % host.encode(), Limits())


@pytest.mark.parametrize("host", ["a", "a:80", "[::1]:80", "10.0.0.1", ""])
def test_hosts_as_clients_write_them_are_read(host):
    read = framing_of(b"GET /v1/models HTTP/1.1\r\nHost: %b\r\n\r\n" % host.encode(), Limits())
    assert read == Framing()
