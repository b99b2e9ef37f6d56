"""__main__ - starts the endpoint: python3 -m lab.apiserver --listen 127.0.0.1:0 --ready-file F"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import asyncio
import gc
import json
import os
import signal

from .api import Api
from .server import Server, tls_context


def _denied(path):
    if not path:
        return ()
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _listeners(arguments):
    tls = tls_context(arguments.tls_cert, arguments.tls_key) if arguments.tls_cert else None
    plain = [(arguments.listen_plain, None)] if arguments.listen_plain else []
    return [(arguments.listen, tls), *plain]


def _announce(path, address):
    """Write the address in one step: whoever sees the file sees all of it."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(address + "\n")
    os.rename(path + ".new", path)


async def run(arguments):
    api = Api(not arguments.no_validation, arguments.log_dir, _denied(arguments.deny))
    server = Server(api, _listeners(arguments))
    await server.start()
    if arguments.ready_file:
        _announce(arguments.ready_file, server.address)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


def main():
    parser = argparse.ArgumentParser(prog="lab.apiserver")
    parser.add_argument("--listen", default="127.0.0.1:6443", help="host:port; port 0: any free one")
    parser.add_argument("--listen-plain", help="a second host:port, always without TLS")
    parser.add_argument("--ready-file", help="gets host:port (of --listen-plain, if given) once the endpoint answers")
    parser.add_argument("--log-dir", help="where the logs of pods are: NAMESPACE_POD_CONTAINER.log")
    parser.add_argument("--no-validation", action="store_true", help="store what a real server would refuse")
    parser.add_argument("--deny", metavar="FILE", help="JSON as for POST /lab/deny: what is refused with 403")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    arguments = parser.parse_args()
    gc.set_threshold(100000, 50, 50)  # many long-lived small objects
    asyncio.run(run(arguments))


if __name__ == "__main__":
    main()
