"""cluster - the lab with a real control plane: TLS, RBAC, tokens, Kubernetes' own controllers and kube-proxy

Nodes, cables, pods and the client are the lab's; all else is what runs in people's clusters.
"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import os
import time

from .. import kube, nodes
from ..cluster import ROOT, Cluster
from ..kubelet import Reports
from ..network import API
from ..values import Wanting
from . import programs
from .client import SecureClient
from .control_plane import PORT, SERVICE_IP, ControlPlane
from .kubelet_port import PORT as KUBELET_PORT
from .kubelet_port import KubeletPort
from .pki import Pki

TOKEN_S = 2400  # of the hour that a token lives: then the next one
MANIFESTS = os.path.join(ROOT, "lab/real/manifests")


class RealCluster(Cluster):
    """mode: of kube-proxy, nftables or iptables."""

    resources = ("nodes", "pods", "secrets", "configmaps")
    plane_options = {}
    patience_s = 120  # the API server is slow in its first seconds

    def __init__(self, nodes=3, build=None, mode="nftables"):
        for name in programs.ALL:
            programs.get(name)
        super().__init__(nodes, build)
        self.mode = mode
        self.api_host, self.api_port = SERVICE_IP, 443
        self.programs = {"coredns": programs.get("coredns")}
        self.plane = None
        self.ports = []
        self.tokens = {}  # uid of a pod -> (token, when to ask for the next)

    def _make_certificates(self):
        self.pki = Pki(self._folder("pki"))
        self.ca_file = self.pki.ca_file
        os.symlink(programs.get("kubectl"), os.path.join(self.bin, "kubectl"))

    def _start_api(self):
        self.plane = ControlPlane(self.spaces, self.pki, API, self._folder("plane"), **self.plane_options)
        self.client = SecureClient((API, PORT), self.spaces.full("api"), self.ca_file, self.plane.admin)
        self.plane.start_api(self.client.ready)
        self.api = self.plane.api

    def _write_kubeconfig(self):
        self.kubeconfig = self.plane.kubeconfig("admin", self.plane.admin)
        self.home = self._folder("home")

    def _add_nodes(self):
        super()._add_nodes()
        certificate = self.pki.issue("kubelet", "/CN=kubelet", [f"IP:{a}" for a in self.network.nodes.values()])
        for node in self.network.nodes:
            self.client.merge("nodes", None, node, {"status": {
                "capacity": {"cpu": "8", "memory": "16Gi", "pods": "110"},
                "allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"},
                "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}}}}, "status")
            self.ports.append(KubeletPort(self.spaces.full(node), self.log_dir, certificate))

    def _controllers(self):
        self.plane.start_rest(self.network.nodes, self.mode)
        return [Reports(self.kubelet, self.client), nodes.Heartbeats(self.client, list(self.network.nodes))]

    def account(self, pod):
        """The files of a pod's service account, as of now."""
        uid, name = pod["metadata"]["uid"], pod["spec"].get("serviceAccountName", "default")
        token, until = self.tokens.get(uid, (None, 0))
        if time.monotonic() >= until:
            try:
                token = self.client.token(pod, name)
                self.tokens[uid] = (token, time.monotonic() + TOKEN_S)
            except (OSError, http.client.HTTPException, kube.Refused) as error:
                if token is None:
                    raise Wanting(f"failed to fetch token: {error}", "ContainerCreating") from error
        with open(self.ca_file, "rb") as file:
            return {"token": token.encode(), "namespace": pod["metadata"]["namespace"].encode(), "ca.crt": file.read()}

    def manifest(self, name):
        own = os.path.join(MANIFESTS, name + ".yaml")
        return own if os.path.exists(own) else super().manifest(name)

    def stop(self):
        for port in self.ports:
            port.stop()
        if self.plane:
            self.plane.stop()
            self.api = None
        super().stop()

    # ---- the API goes away and comes back ----

    def drop_connections(self):
        """End all connections of others to the API, watches and all; how many there were."""
        return len(self.spaces.exec("api", "ss", "-H", "-K", "state", "established",
                                    f"( sport = :{PORT} and not dst {API} )").splitlines())

    def add_authority(self):
        """One more that everybody trusts beside the first one: its Pki."""
        pki = Pki(self._folder("pki2"), "/CN=lab 2")
        with open(pki.ca_file, encoding="utf-8") as new, open(self.ca_file, "a", encoding="utf-8") as all_of_them:
            all_of_them.write(new.read())
        self.client.context.load_verify_locations(pki.ca_file)
        self._refresh_pods()
        return pki

    def _refresh_pods(self):
        self.kubelet.files_seen = None
        self.cache.wake()

    def rotate_tokens(self):
        """Every pod gets a new token, as when half of the old one's life is over."""
        self.tokens.clear()
        self._refresh_pods()
