"""A front before a fake relay, in the test's own loop, and clients that speak HTTP/2 to it."""

import asyncio
import contextlib
import ssl
import time

import h2.config
import h2.connection
import h2.events
import httpx

from mirror.proxy.front.entrance import Entrance
from mirror.proxy.front.master import front
from mirror.proxy.front.tls import TlsFiles, kept
from mirror.proxy.listener import Patience
from mirror.proxy.metrics import Metrics
from mirror.proxy.peer import Signer

ANY = ("127.0.0.1", 0)


@contextlib.asynccontextmanager
async def before(relay, *, entrance=None, signer=None, seconds=1):
    """A front before a relay that is a fake with a `port`."""
    where = ("127.0.0.1", relay.port)
    opened = front(
        entrance or Entrance(ANY), where, signer or Signer(), Patience(seconds), Metrics()
    )
    async with opened as at_work:
        yield at_work


def url(at_work, path="/v1/models", scheme="http"):
    host, port = at_work.address
    return f"{scheme}://{host}:{port}{path}"


def in_tls(server, client_ca=None):
    """An entrance that speaks TLS with a server's certificate."""
    files = TlsFiles(server.certificate, server.key, client_ca)
    return Entrance(ANY, tls=kept(files, time.time()))


def trusting(authority, client=None, alpn=()):
    """A client's TLS settings, with its own certificate where it has one."""
    made = ssl.create_default_context(cafile=authority.file)
    if alpn:
        made.set_alpn_protocols(list(alpn))
    if client is not None:
        made.load_cert_chain(*client.pair)
    return made


def http2(authority, client=None, **values):
    """An httpx client that speaks HTTP/2 only."""
    return httpx.AsyncClient(
        http1=False,
        http2=True,
        verify=trusting(authority, client),
        trust_env=False,
        timeout=20,
        **values,
    )


class RawHttp2:
    """An HTTP/2 client that reads, and opens its windows, only when told to."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.events = []

    @classmethod
    async def connect(cls, address, authority):
        context = trusting(authority, alpn=["h2"])
        made = cls(
            *await asyncio.open_connection(*address, ssl=context, server_hostname="localhost")
        )
        made.h2.initiate_connection()
        made.flush()
        return made

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    def ask(self, path="/v1/models", *, method="GET", end=True, headers=()):
        stream = self.h2.get_next_available_stream_id()
        fields = {
            ":method": method,
            ":scheme": "https",
            ":authority": "localhost",
            ":path": path,
        }
        self.h2.send_headers(stream, [*fields.items(), *headers], end_stream=end)
        self.flush()
        return stream

    async def until(self, kind, *, acknowledge=True):
        """The next event of this kind; windows are opened again for what was read."""
        while True:
            for at, event in enumerate(self.events):
                if isinstance(event, kind):
                    del self.events[at]
                    return event
            await self.more(acknowledge=acknowledge)

    async def more(self, *, acknowledge=True):
        data = await self.reader.read(65535)
        assert data, "the server closed the connection"
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.DataReceived) and acknowledge:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.events.append(event)
        self.flush()

    def close(self):
        self.writer.close()
