"""test_credentials - who we are and whom we trust changes while we run, and is said in all the ways that people use"""
# SPDX-License-Identifier: Apache-2.0
import base64
import os
import socket
import ssl
import subprocess

import pytest

import roles
from conftest import ROOT
from connect_proxy import ConnectProxy
from helpers import address_of, apply_config, create, delete, pool, restarts, settled, wait_address, who
from lab import netns, network, poll
from lab.real.control_plane import PORT

IP = "172.17.236.1"
PAGES = 7999  # of a controller started by hand


@pytest.fixture(scope="module", autouse=True)
def announced(cluster):
    apply_config(cluster, pool("172.17.236.0/24"))
    create(cluster, "vip", loadBalancerIP=IP)
    wait_address(cluster, "vip", IP)
    settled(cluster, IP, 90)


def works(cluster, name):
    """Is a new service served? Then it goes again."""
    create(cluster, name)
    wait_address(cluster, name, seconds=90)
    ip = address_of(cluster, name)
    poll.until(lambda: len(who(cluster, ip)) == 1, 90, f"{ip} is answered")
    delete(cluster, name)
    poll.until(lambda: who(cluster, ip) == [], 30, f"{ip} is not answered any more")


def tokens_used(cluster, account):
    """The tokens that an account has used, by their ids."""
    ids = set()
    for entry in roles.audited(cluster.plane.audit_log, account):
        ids.update((entry["user"].get("extra") or {}).get("authentication.kubernetes.io/credential-id", []))
    return ids


def test_tokens_are_exchanged(cluster):
    before = {account: tokens_used(cluster, account) for account in ("controller", "speaker")}
    assert all(before.values())
    cluster.rotate_tokens()
    for account, old in before.items():
        poll.until(lambda account=account, old=old: tokens_used(cluster, account) - old, 150,
                   f"{account} uses a new token")
    works(cluster, "after-tokens")


def test_the_api_server_gets_a_certificate_of_a_new_authority(cluster):
    """First everybody trusts both, then the certificate is exchanged, as `kubeadm` advises."""
    before = restarts(cluster, app="metallb")
    authority = cluster.add_authority()
    cluster.plane.renew_certificate(authority)
    trusting = ssl.create_default_context(cafile=authority.ca_file)

    def served():
        try:
            plain = netns.in_namespace(cluster.spaces.full("client"),
                                       lambda: socket.create_connection((network.API, PORT), 5))
            with plain, trusting.wrap_socket(plain, server_hostname=network.API):
                return True
        except OSError:
            return False

    poll.until(served, 120, "the API server shows its new certificate")
    cluster.plane.restart_rest()
    cluster.drop_connections()
    works(cluster, "after-certificate")
    assert restarts(cluster, app="metallb") == before
    assert len(who(cluster, IP)) == 1


def kubeconfig(cluster, path, proxy):
    """With Windows' line ends, everything inline, and a proxy."""
    def inline(name):
        with open(name, "rb") as file:
            return base64.b64encode(file.read()).decode()

    certificate, key = cluster.plane.admin
    lines = ["apiVersion: v1", "kind: Config", "current-context: here", "clusters:", "- name: here", "  cluster:",
             f"    server: https://{network.API}:{PORT}", f"    proxy-url: {proxy}",
             f"    certificate-authority-data: {inline(cluster.ca_file)}", "users:", "- name: me", "  user:",
             f"    client-certificate-data: {inline(certificate)}", f"    client-key-data: {inline(key)}", "contexts:",
             "- name: here", "  context: {cluster: here, user: me}", ""]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("\r\n".join(lines))


def test_a_kubeconfig_with_crlf_and_a_proxy(cluster, tmp_path):
    """A second controller, on the client's machine, stands by; the environment's proxy, a dead one, is not asked."""
    space = cluster.spaces.full("client")
    with ConnectProxy(space) as proxy:
        kubeconfig(cluster, tmp_path / "kubeconfig", proxy.url)
        with open(tmp_path / "log", "wb") as log:
            process = subprocess.Popen(
                ["ip", "netns", "exec", space, os.path.join(ROOT, "build/controller/tinlb-controller"),
                 f"--kubeconfig={tmp_path}/kubeconfig", f"--namespace={roles.NAMESPACE}", f"--port={PAGES}",
                 "--host=127.0.0.1", "--health-probe-port=0"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=dict(os.environ, https_proxy="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9"))
        try:
            def stands_by():
                status = cluster.page("client", "127.0.0.1", PAGES) or {}
                return status.get("ready") and status.get("role") == "standby"

            poll.until(stands_by, 30, "it stands by")
            assert set(proxy.led_to) == {f"{network.API}:{PORT}"}
        finally:
            process.terminate()
            process.wait()
