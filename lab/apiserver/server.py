"""server - the endpoint as a whole: listeners on an event loop, in this thread or in one of its own"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import ssl
import threading

from . import http
from .api import Api

START_S = 10


def _address(listen):
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def tls_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


class Server:
    """Listens from start() on; `address` is the host:port of the last listener."""

    def __init__(self, api, listeners):
        """listeners: [(host:port, TLS context or None)]"""
        self.api, self.listeners = api, listeners
        self.servers = []
        self.address = None

    async def start(self):
        for listen, tls in self.listeners:
            server, connections = await http.serve(self.api.handle, *_address(listen), tls)
            self.servers.append(server)
            self.api.control.connections.append(connections)
            host, port = server.sockets[0].getsockname()[:2]
            self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def close(self):
        for server in self.servers:
            server.close()
        for connections in self.api.control.connections:
            for connection in list(connections):
                connection.transport.abort()


class InThread:
    """An endpoint in a thread of this process, for tests: `with InThread() as endpoint: endpoint.address`."""

    def __init__(self, listen="127.0.0.1:0", tls=None, **options):
        """options: those of Api"""
        self.server = Server(Api(**options), [(listen, tls)])
        self.address = None
        self._loop = self._stop = self._error = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self.server.start()
        except OSError as error:
            self._error = error
            return
        finally:
            self._started.set()
        await self._stop.wait()
        self.server.close()

    def __enter__(self):
        self._thread.start()
        self._started.wait(START_S)
        if self._error:
            raise self._error
        self.address = self.server.address
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_S)
