"""kubelet_port - where kube-apiserver asks a node for the logs of its containers"""
# SPDX-License-Identifier: Apache-2.0
import http.server
import os
import ssl
import threading
import urllib.parse

from .. import netns

PORT = 10250


def _last_lines(data, n):
    return b"".join(data.splitlines(keepends=True)[-n:]) if n else b""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        """/containerLogs/NAMESPACE/POD/CONTAINER"""
        asked = urllib.parse.urlsplit(self.path)
        words = asked.path.strip("/").split("/")
        path = os.path.join(self.server.log_dir, "_".join(words[1:]) + ".log")
        if len(words) != 4 or words[0] != "containerLogs" or not os.path.exists(path):
            self.send_error(404)
            return
        with open(path, "rb") as file:
            data = file.read()
        lines = urllib.parse.parse_qs(asked.query).get("tailLines")
        if lines:
            data = _last_lines(data, int(lines[0]))
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        pass


class KubeletPort:
    """A server in a node's namespace; certificate: (certificate, key) files."""

    def __init__(self, space, log_dir, certificate):
        self.server = netns.in_namespace(space, lambda: http.server.ThreadingHTTPServer(("", PORT), _Handler))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.log_dir = log_dir
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
