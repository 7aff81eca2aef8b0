"""Places that take notices, as real servers on loopback: a webhook, and a mail server."""

import contextlib
import email
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

from policies.notify import Destination


def destination(port=1, *, to="OPS", location="onprem", **given):
    """A destination at 127.0.0.1."""
    hosts = given.pop("hosts", [f"127.0.0.1:{port}"])
    return Destination(to=to, location=location, hosts=hosts, **given)


class Webhook:
    """Keeps what it was posted; answers with `status`, after `before_answering`."""

    def __init__(self, pair=None):
        self.got, self.status, self.headers = [], 200, {}
        self.before_answering = lambda: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append((self.path, json.loads(body)))
                outer.before_answering()
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if pair is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"json://127.0.0.1:{self.port}/notices"

    @property
    def letters(self):
        """Title and body of each letter."""
        return [(body["title"], body["message"]) for _, body in self.got]

    def __enter__(self):
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@contextlib.contextmanager
def mail_server():
    """The messages it took, and its port."""

    class Inbox:
        def __init__(self):
            self.got = []

        async def handle_DATA(self, server, session, envelope):
            self.got.append(email.message_from_bytes(envelope.content))
            return "250 OK"

    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox.got, port
    finally:
        controller.stop()
