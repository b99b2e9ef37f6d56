"""relay - a listener in one network namespace, whose connections lead to a server in another"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import contextlib
import socket
import threading

from lab import netns

CHUNK = 1 << 16


class Relay:
    """Runs in a thread from here to close()."""

    def __init__(self, space, address, server_space, server):
        """server: (host, port)"""
        self.target = (server_space, server)
        self.listener = netns.in_namespace(space, lambda: socket.create_server((address, 0)))
        self.address = "{}:{}".format(*self.listener.getsockname())
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self._connected, sock=self.listener))
        self.loop.run_forever()

    async def _connected(self, reader, writer):
        space, server = self.target
        try:
            there = netns.in_namespace(space, lambda: socket.create_connection(server))
            far_reader, far_writer = await asyncio.open_connection(sock=there)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    @staticmethod
    async def _pass(reader, writer):
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
        writer.close()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.listener.close()
