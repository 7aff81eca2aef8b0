"""Requests as raw bytes, for what no HTTP client would send."""

import asyncio
import re

ASK = b'{"model": "big", "messages": []}'


def request(*fields, body=ASK, length=None, line=b"POST /v1/chat/completions HTTP/1.1"):
    length = [b"Content-Length: %d" % len(body)] if length is None else length
    given = [b"Host: proxy", b"x-crossfade-tenant: clinic", *fields, *length]
    return b"\r\n".join([line, *given, b"", b""]) + body


async def exchanged(address, sent, answers):
    """The statuses that come back, and the seconds until so many answers or the end were there."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    reader, writer = await asyncio.open_connection(*address)
    writer.write(sent)
    got, took = b"", None
    try:
        while piece := await asyncio.wait_for(reader.read(1 << 16), 0.05 if took else 20):
            got += piece
            if len(statuses(got)) >= answers:  # what comes behind them is one too many
                took = loop.time() - began
    except (TimeoutError, ConnectionResetError):
        pass
    writer.close()
    return statuses(got), took or loop.time() - began


def statuses(got):
    return [int(found) for found in re.findall(rb"HTTP/1\.1 ([0-9]{3})", got)]
