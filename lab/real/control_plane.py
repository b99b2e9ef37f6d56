"""control_plane - etcd, kube-apiserver, kube-controller-manager, kube-scheduler and a kube-proxy on each node"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess

from .. import poll
from ..network import POD_NET
from . import programs

PORT = 6443
SERVICE_NET = "10.96.0.0/16"
SERVICE_IP = "10.96.0.1"  # of the service "kubernetes", by which pods find the API
START_S = 180
AUDITED = "metallb-system"


def audit_policy(users):
    """One line for each finished request of an account of ours, and of these users."""
    told = [{"level": "Metadata", "userGroups": [f"system:serviceaccounts:{AUDITED}"]},
            *({"level": "Metadata", "users": [user]} for user in users)]
    return {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
            "rules": [*told, {"level": "None"}]}


class Process:
    """A program in a namespace, with a log of its own."""

    def __init__(self, plane, space, name, *arguments):
        self.plane, self.space, self.name, self.arguments = plane, space, name, arguments
        self.log = os.path.join(plane.directory, f"{name}-{space}.log")
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.plane.spaces.full(self.space),
                                             programs.get(self.name), *self.arguments], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True,
                                            cwd=self.plane.directory)

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGKILL):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait()

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-5:])


class ControlPlane:
    """Everything of Kubernetes that is not ours, as real programs."""

    def __init__(self, spaces, pki, address, directory, **options):
        """Options: `space`, `service_nets`; of the API server `served_at`, further addresses, `audited`, names of
        further users, and `api`, further arguments."""
        self.spaces, self.pki, self.address, self.directory = spaces, pki, address, directory
        self.options = options
        space = options.get("space", "api")
        self.audit_log = os.path.join(directory, "audit.log")
        self.keys = pki.signing_keys("accounts")
        self.server = self._server_certificate(pki)
        self.admin = pki.issue("admin", "/O=system:masters/CN=lab")
        self.etcd = Process(self, space, "etcd", *self._etcd())
        self.api = Process(self, space, "kube-apiserver", *self._api())
        self.others = []

    def _server_certificate(self, pki):
        return pki.issue("apiserver", "/CN=kube-apiserver", (
            f"IP:{self.address}", f"IP:{SERVICE_IP}", "IP:127.0.0.1", "DNS:kubernetes.default.svc",
            *(f"IP:{further}" for further in self.options.get("served_at", ()))))

    # ---- command lines ----

    def _etcd(self):
        at = "http://127.0.0.1"
        return ("--data-dir", os.path.join(self.directory, "etcd"), "--listen-client-urls", at + ":2379",
                "--advertise-client-urls", at + ":2379", "--listen-peer-urls", at + ":2380",
                "--initial-advertise-peer-urls", at + ":2380", "--initial-cluster", f"default={at}:2380",
                "--quota-backend-bytes", str(1 << 30))

    def _api(self):
        policy = self._write("audit-policy.json", audit_policy(self.options.get("audited", ())))
        private, public = self.keys
        certificate, key = self.server
        return ("--etcd-servers=http://127.0.0.1:2379", f"--advertise-address={self.address}",
                f"--secure-port={PORT}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
                f"--client-ca-file={self.pki.ca_file}", "--authorization-mode=Node,RBAC",
                "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={public}",
                f"--service-account-signing-key-file={private}", f"--service-cluster-ip-range={self.options.get('service_nets', SERVICE_NET)}",
                "--kubelet-preferred-address-types=InternalIP", "--allow-privileged", "--profiling=false",
                f"--audit-policy-file={policy}", f"--audit-log-path={self.audit_log}",
                *self.options.get("api", ()))

    def _write(self, name, obj):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(obj, file)
        return path

    def kubeconfig(self, name, credentials):
        """A kubeconfig for a client certificate."""
        certificate, key = credentials
        return self._write(name + ".kubeconfig", {
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": {"server": f"https://{self.address}:{PORT}",
                                                     "certificate-authority": self.pki.ca_file}}],
            "users": [{"name": name, "user": {"client-certificate": certificate, "client-key": key}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": name}}]})

    def _component(self, name, user):
        return self.kubeconfig(name, self.pki.issue(name, f"/CN={user}"))

    def _manager(self):
        config = self._component("manager", "system:kube-controller-manager")
        return Process(self, "api", "kube-controller-manager", f"--kubeconfig={config}", "--leader-elect=false",
                       "--use-service-account-credentials", f"--service-account-private-key-file={self.keys[0]}",
                       f"--root-ca-file={self.pki.ca_file}", "--bind-address=127.0.0.1", "--kube-api-qps=200",
                       "--kube-api-burst=400")

    def _scheduler(self):
        config = self._component("scheduler", "system:kube-scheduler")
        return Process(self, "api", "kube-scheduler", f"--kubeconfig={config}", "--leader-elect=false",
                       "--bind-address=127.0.0.1")

    def _proxy(self, node, config, mode):
        unchanged = ("maxPerCore", "min")  # limits of the whole machine: no namespace may set them
        written = self._write(f"kube-proxy-{node}.json", {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": mode,
            "hostnameOverride": node, "clusterCIDR": POD_NET, "clientConnection": {"kubeconfig": config},
            "conntrack": {**dict.fromkeys(unchanged, 0), "tcpEstablishedTimeout": "0s",
                          "tcpCloseWaitTimeout": "0s"}})
        return Process(self, node, "kube-proxy", f"--config={written}")

    # ---- up and down ----

    def start_api(self, answers):
        """Up to the API's readiness; answers() asks it."""
        self.etcd.start()
        self.api.start()
        self.wait_for_api(answers)

    def wait_for_api(self, answers):
        def ready():
            if self.api.process.poll() is not None:
                raise RuntimeError(f"kube-apiserver has ended: {self.api.last_words()}")
            return answers()

        poll.until(ready, START_S, "kube-apiserver is ready")

    def start_rest(self, nodes, mode):
        """The controllers, and a kube-proxy on every node."""
        proxy = self._component("proxy", "system:kube-proxy")
        self.others = [self._manager(), self._scheduler(), *(self._proxy(n, proxy, mode) for n in nodes)]
        for process in self.others:
            process.start()

    def restart_rest(self):
        for process in self.others:
            process.stop()
            process.start()

    def renew_certificate(self, pki):
        """The API server gets a certificate of another authority; it sees by itself that its files have changed."""
        for new, old in zip(self._server_certificate(pki), self.server):
            os.replace(new, old)

    def pause_etcd(self, paused):
        self.etcd.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    def stop(self):
        for process in (*self.others, self.api, self.etcd):
            process.stop()
