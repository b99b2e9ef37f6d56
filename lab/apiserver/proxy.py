"""proxy - pages of pods, fetched by the endpoint as the API server's pod proxy does: GET only"""
# SPDX-License-Identifier: Apache-2.0
import asyncio

from .http import Deferred, Response
from .status import ApiError, bad_request, not_found

PAGE_MAX = 64 * 1024 * 1024
TIMEOUT_S = 30


def _port_of(pod, asked):
    """A number as it is, a name as the containers know it; without one, the first port there is."""
    ports = [p for c in pod["spec"]["containers"] for p in c.get("ports") or []]
    if asked.isdigit():
        return int(asked)
    found = [p["containerPort"] for p in ports if asked in ("", p.get("name"))]
    if not found:
        raise bad_request(f"no port {asked!r} in pod {pod['metadata']['name']}")
    return found[0]


def _unreachable(address, port, error):
    return ApiError(503, "ServiceUnavailable", f"error trying to reach service: dial tcp {address}:{port}: {error}")


def _response(data):
    head, separator, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not separator or not lines[0].startswith("HTTP/"):
        raise ValueError("the pod does not speak HTTP")
    types = [line.partition(":")[2].strip() for line in lines[1:] if line.lower().startswith("content-type:")]
    return Response(int(lines[0].split()[1]), body, types[0] if types else "text/plain")


async def _fetch(address, port, path):
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {address}:{port}\r\nConnection: close\r\n\r\n".encode())
        data = b""
        while chunk := await reader.read(65536):
            data += chunk
            if len(data) > PAGE_MAX:
                raise ValueError("the page is too large")
        return _response(data)
    finally:
        writer.close()


class Page(Deferred):
    def __init__(self, address, port, path):
        self.address, self.port, self.path = address, port, path

    async def response(self):
        try:
            return await asyncio.wait_for(_fetch(self.address, self.port, self.path), TIMEOUT_S)
        except (OSError, ValueError, IndexError, asyncio.TimeoutError) as error:
            refused = _unreachable(self.address, self.port, error)
            return Response(refused.code, refused.body)


def proxy(api, _request, target):
    """pods/[SCHEME:]NAME[:PORT]/proxy/PATH"""
    name, _, port = target.name.removeprefix("http:").partition(":")
    pod = api.store.get(target.kind, target.namespace, name).obj
    address = (pod.get("status") or {}).get("podIP")
    if not address:
        raise not_found(target.kind, name)
    return Page(address, _port_of(pod, port), "/" + target.path)
