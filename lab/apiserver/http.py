"""http - HTTP/1.1 on asyncio, just what Kubernetes clients need

A handler gets a Request and returns a Response, a Deferred that will have one, or a Stream that stays open.
"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
import urllib.parse

REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 409: "Conflict", 410: "Gone", 415: "Unsupported Media Type",
           422: "Unprocessable Entity", 429: "Too Many Requests", 500: "Internal Server Error",
           501: "Not Implemented", 503: "Service Unavailable"}
HEAD_MAX = 64 * 1024
BODY_MAX = 16 * 1024 * 1024
UNSENT_MAX = 64 * 1024 * 1024  # of a stream; a client that reads so slowly is cut off


class Request:
    __slots__ = ("method", "path", "query", "headers", "body")

    def __init__(self, method, target, headers, body):
        self.method = method
        path, _, query = target.partition("?")
        self.path = urllib.parse.unquote(path)
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.headers = headers
        self.body = body


class Response:
    """An answer; with code 0 there is none, and the connection is cut."""

    def __init__(self, code, body, content_type="application/json", headers=None):
        self.code, self.content_type, self.headers = code, content_type, headers or {}
        self.body = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()


class Stream:
    """An answer of unknown length. start(write, end) begins it; stop() is called when the client is gone."""

    content_type = "application/json"

    def start(self, write, end):
        raise NotImplementedError

    def stop(self):
        pass


class Deferred:
    """An answer that is not there yet."""

    def __init__(self):
        self.task = None

    async def response(self):
        raise NotImplementedError

    def start(self, respond):
        async def run():
            respond(await self.response())

        self.task = asyncio.get_running_loop().create_task(run())

    def stop(self):
        self.task.cancel()


class Connection(asyncio.Protocol):
    """Requests one after the other; pipelined ones wait for the end of a stream."""

    def __init__(self, handler, connections):
        self.handler, self.connections = handler, connections
        self.buffer = bytearray()
        self.transport = None
        self.stream = None

    def connection_made(self, transport):
        self.transport = transport
        self.connections.add(self)

    def connection_lost(self, _error):
        self.connections.discard(self)
        self._end_stream()

    def _end_stream(self):
        stream, self.stream = self.stream, None
        if stream:
            stream.stop()

    def data_received(self, data):
        self.buffer += data
        self._requests()

    def _requests(self):
        try:
            while self.stream is None and not self.transport.is_closing() and self._one_request():
                pass
        except (ValueError, IndexError) as error:
            self._respond(Response(400, f"this is not HTTP: {error}".encode(), "text/plain"), True)

    def _one_request(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > HEAD_MAX:
                self.transport.close()
            return False
        lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        size = self._body(headers, end + 4)
        if size is None:
            return False
        body, used = size
        del self.buffer[:used]
        method, target, _version = lines[0].split(" ", 2)
        self._answer(Request(method, target, headers, body), headers)
        return True

    def _body(self, headers, start):
        """(body, bytes used up to its end), or None while it is not all there."""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked(start)
        size = int(headers.get("content-length") or 0)
        if headers.get("expect", "").lower() == "100-continue" and len(self.buffer) == start and size:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if size > BODY_MAX:
            self.transport.close()
            return None
        if len(self.buffer) < start + size:
            return None
        return bytes(self.buffer[start:start + size]), start + size

    def _chunked(self, at):
        body = bytearray()
        while True:
            line_end = self.buffer.find(b"\r\n", at)
            if line_end < 0:
                return None
            size = int(bytes(self.buffer[at:line_end]).split(b";")[0], 16)
            at = line_end + 2
            if len(self.buffer) < at + size + 2:
                return None
            body += self.buffer[at:at + size]
            at += size + 2
            if size == 0:
                return bytes(body), at

    def _answer(self, request, headers):
        response = self.handler(request)
        if isinstance(response, Stream):
            self._begin(response)
            return
        if isinstance(response, Deferred):
            self._defer(response)
            return
        if request.method == "HEAD":
            response.body = b""
        self._respond(response, headers.get("connection", "").lower() == "close")

    def _respond(self, response, close):
        if response.code == 0:
            self.transport.abort()
            return
        head = [f"HTTP/1.1 {response.code} {REASONS.get(response.code, 'Unknown')}",
                f"Content-Type: {response.content_type}", f"Content-Length: {len(response.body)}"]
        head += [f"{k}: {v}" for k, v in response.headers.items()]
        if close:
            head.append("Connection: close")
        self.transport.write("\r\n".join(head).encode() + b"\r\n\r\n" + response.body)
        if close:
            self.transport.close()

    def _begin(self, stream):
        self.stream = stream
        self.transport.write(f"HTTP/1.1 200 OK\r\nContent-Type: {stream.content_type}\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n".encode())

        def write(data):
            if self.transport.is_closing():
                return
            self.transport.write(b"%x\r\n" % len(data) + data + b"\r\n")
            if self.transport.get_write_buffer_size() > UNSENT_MAX:
                self.transport.abort()

        def end():
            self._end_stream()
            if not self.transport.is_closing():
                self.transport.write(b"0\r\n\r\n")
                self._requests()

        stream.start(write, end)

    def _defer(self, deferred):
        self.stream = deferred

        def respond(response):
            self.stream = None
            if not self.transport.is_closing():
                self._respond(response, False)
                self._requests()

        deferred.start(respond)

    def cut(self):
        """Break the connection if a stream is open on it."""
        if self.stream:
            self.transport.abort()


async def serve(handler, host, port, tls=None):
    """(asyncio server, set of open connections); without a port, any free one."""
    connections = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(handler, connections), host, port, backlog=512, ssl=tls)
    return server, connections
