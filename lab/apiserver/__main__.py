"""__main__ - starts the endpoint: python3 -m lab.apiserver --listen 127.0.0.1:0 --ready-file F"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import asyncio
import gc
import os
import signal
import ssl

from . import http
from .api import Api
from .kinds import Registry
from .store import Store

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


def new_api(validate=True, log_dir=None, namespaces=NAMESPACES):
    registry = Registry()
    store = Store(registry, validate)
    for name in namespaces:
        store.create(registry.find("", "v1", "namespaces"), "", {"metadata": {"name": name}})
    return Api(store, registry, log_dir)


def _tls(arguments):
    if not arguments.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.tls_cert, arguments.tls_key)
    return context


async def run(arguments):
    api = new_api(not arguments.no_validation, arguments.log_dir)
    host, _, port = arguments.listen.rpartition(":")
    server, api.connections = await http.serve(api.handle, host.strip("[]"), int(port), _tls(arguments))
    plain = None
    if arguments.listen_plain:
        plain_host, _, plain_port = arguments.listen_plain.rpartition(":")
        plain, more = await http.serve(api.handle, plain_host.strip("[]"), int(plain_port))
        api.connections = _Both(api.connections, more)
    if arguments.ready_file:
        bound = (plain or server).sockets[0].getsockname()
        with open(arguments.ready_file + ".new", "w", encoding="utf-8") as file:
            file.write(f"{bound[0]}:{bound[1]}\n")
        os.rename(arguments.ready_file + ".new", arguments.ready_file)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


class _Both:
    def __init__(self, first, second):
        self.parts = (first, second)

    def __iter__(self):
        for part in self.parts:
            yield from part


def main():
    parser = argparse.ArgumentParser(prog="lab.apiserver")
    parser.add_argument("--listen", default="127.0.0.1:6443", help="host:port; port 0: any free one")
    parser.add_argument("--listen-plain", help="a second host:port, always without TLS")
    parser.add_argument("--ready-file", help="gets host:port once the endpoint answers")
    parser.add_argument("--log-dir", help="where the logs of pods are")
    parser.add_argument("--no-validation", action="store_true", help="store what a real server would refuse")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    arguments = parser.parse_args()
    gc.set_threshold(100000, 50, 50)  # many long-lived small objects
    asyncio.run(run(arguments))


if __name__ == "__main__":
    main()
