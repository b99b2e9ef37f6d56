"""connect_proxy - an HTTP proxy for TLS (CONNECT), which remembers where it led"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import socket
import socketserver
import threading

from lab import netns

CHUNK = 1 << 16


def _pass(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        asked = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        if len(asked) < 2 or asked[0] != "CONNECT":
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        self.server.led_to.append(asked[1])
        host, port = asked[1].rsplit(":", 1)
        far = netns.in_namespace(self.server.space, lambda: socket.create_connection((host, int(port))))
        with far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pass, args=(far, self.connection), daemon=True)
            back.start()
            _pass(self.connection, far)
            back.join()


class ConnectProxy(socketserver.ThreadingTCPServer):
    """Listens on loopback of a namespace, as a context manager; `url` is where, `led_to` the hosts asked for."""

    daemon_threads = True

    def __init__(self, space):
        self.space, self.led_to = space, []
        netns.in_namespace(space, lambda: super(ConnectProxy, self).__init__(("127.0.0.1", 0), _Handler))
        self.url = "http://127.0.0.1:{}".format(self.server_address[1])
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_error):
        self.shutdown()
        self.server_close()
