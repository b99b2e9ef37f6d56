"""images - which program an image of the lab stands for, and where its container finds it"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGE = "/run/image"  # where containers find our own programs, whatever the machine calls the place

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


def mounts(pod):
    return [{"source": pod.lab.build, "target": IMAGE + "/build", "readOnly": True},
            {"source": os.path.join(HERE, "pods"), "target": IMAGE + "/pods", "readOnly": True},
            {"source": pod.lab.dns_dir, "target": IMAGE + "/names", "readOnly": True},
            {"source": pod.own, "target": IMAGE + "/own"}]


def _daemon(path):
    return lambda spec, _pod: [f"{IMAGE}/build/{path}", *(spec.get("args") or [])]


def _page(port):
    return lambda _spec, _pod: [sys.executable, IMAGE + "/pods/page.py", str(port)]


def _dns(_spec, _pod):
    # The cluster's services by name; the lab rewrites the file as they change.
    return ["dnsmasq", "--keep-in-foreground", "--port=53", "--no-resolv", "--no-hosts", "--user=root",
            "--local=/cluster.local/", f"--hostsdir={IMAGE}/names", "--log-facility=-",
            f"--pid-file={IMAGE}/own/dns.pid", "--conf-file=/dev/null"]


def _nginx(_spec, pod):
    with open(os.path.join(pod.own, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(NGINX.format(directory=IMAGE + "/own"))
    return ["nginx", "-p", IMAGE + "/own", "-c", IMAGE + "/own/nginx.conf", "-e", "stderr"]


PROGRAMS = {"controller": _daemon("controller/tinlb-controller"), "speaker": _daemon("speaker/announcer/tinlb-speaker"),
            "web": _page(8000), "minio": _page(9000), "dns": _dns, "nginx": _nginx}


def command(spec, pod):
    """The words that start a container."""
    if spec.get("command"):
        return [*spec["command"], *(spec.get("args") or [])]
    name = spec["image"].rsplit("/", 1)[-1].split(":")[0]
    if name in pod.lab.programs:
        return [pod.lab.programs[name], *(spec.get("args") or [])]
    if name not in PROGRAMS:
        return ["sh", "-c", f"echo 'the lab has no image {spec['image']}'; exit 1"]
    return PROGRAMS[name](spec, pod)
