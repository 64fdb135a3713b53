"""Carry TCP connections from a listening socket of the host to an address inside a network namespace.

    relay.py FD HOST PORT

FD is a listening socket made outside before this script was moved into the namespace: a socket stays in the network
namespace it was made in, so the outside reaches in through this one port and nothing else does.
"""

import asyncio
import socket
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end of *reader*, then close that direction of *writer*."""
    try:
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()


async def serve(listener: socket.socket, host: str, port: int) -> None:
    """Accept on *listener* for ever and join each connection to *host*:*port*."""

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        for end in (writer, far_writer):
            end.close()

    server = await asyncio.start_server(join, sock=listener)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    descriptor, target, number = sys.argv[1:]
    asyncio.run(serve(socket.socket(fileno=int(descriptor)), target, int(number)))
