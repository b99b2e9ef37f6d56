"""images - which program an image of the lab stands for"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

NGINX = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
  log_format client '$remote_addr $request_uri';
  access_log /dev/stdout client;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{ listen 80; listen 443; location / {{ return 404; }} }}
}}
"""


def _controller(lab, spec, _running):
    return [os.path.join(lab.build, "controller/tinlb-controller"), *(spec.get("args") or [])]


def _speaker(lab, spec, _running):
    return [os.path.join(lab.build, "speaker/announcer/tinlb-speaker"), *(spec.get("args") or [])]


def _page(port):
    return lambda lab, spec, running: [sys.executable, os.path.join(HERE, "pods/page.py"), str(port)]


def _dns(lab, _spec, running):
    # The cluster's services by name; the lab rewrites the file as they change.
    return ["dnsmasq", "--keep-in-foreground", "--port=53", "--no-resolv", "--no-hosts", "--user=root",
            "--local=/cluster.local/", f"--hostsdir={lab.dns_dir}", "--log-facility=-", f"--pid-file={running.directory}/dns.pid",
            "--conf-file=/dev/null"]


def _nginx(_lab, _spec, running):
    path = os.path.join(running.directory, "nginx.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(NGINX.format(directory=running.directory))
    return ["nginx", "-p", running.directory, "-c", path, "-e", "stderr"]


PROGRAMS = {"controller": _controller, "speaker": _speaker, "web": _page(8000), "minio": _page(9000), "dns": _dns,
            "nginx": _nginx}


def command(lab, spec, running):
    if spec.get("command"):
        return [*spec["command"], *(spec.get("args") or [])]
    name = spec["image"].rsplit("/", 1)[-1].split(":")[0]
    if name not in PROGRAMS:
        return ["sh", "-c", f"echo 'the lab has no image {spec['image']}'; exit 1"]
    return PROGRAMS[name](lab, spec, running)
