"""cluster - one lab: namespaces, the API endpoint, nodes, and everything that runs on them

As a context manager it leaves nothing behind. What a killed lab left behind is
cleaned up when the next one starts.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading

from . import kube, leftovers, netns, nodes, poll
from .endpoints import Endpoints
from .kubelet import Kubelet, Reports
from .network import API, CLIENT, Network
from .routing import Rules
from .tenants import Tenants
from .workloads import Workloads

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESOURCES = ("nodes", "pods", "services", "endpointslices", "deployments", "daemonsets", "replicasets", "secrets",
             "configmaps", "namespaces", "serviceaccounts")
API_PORTS = "6443, 8080"


class Names:
    """The names of services, for the DNS pods."""

    def __init__(self, cache, directory):
        self.cache, self.directory = cache, directory
        self.written = None

    def settle(self):
        lines = []
        for service in self.cache.all("services"):
            meta, ip = service["metadata"], (service["spec"].get("clusterIPs") or ["None"])[0]
            if ip != "None":
                lines.append(f"{ip} {meta['name']}.{meta['namespace']}.svc.cluster.local")
        text = "\n".join(sorted(lines)) + "\n"
        if text != self.written:
            with open(os.path.join(self.directory, "hosts"), "w", encoding="utf-8") as file:
                file.write(text)
            self.written = text


class Cluster:
    """A lab that is up between start() and stop()."""

    resources = RESOURCES
    patience_s = 60  # with a command

    def __init__(self, nodes=3, build=None, validate=True):
        self.build = build or os.path.join(ROOT, "build")
        self.validate = validate
        self.prefix = f"lab{os.getpid()}x{id(self) & 0xffff:x}"
        self.spaces = netns.Namespaces(self.prefix)
        self.network = Network(self.spaces, nodes)
        self.directory = None
        self.api_host, self.api_port = API, 6443
        self.programs = {}  # images of the lab that are programs elsewhere on the machine
        self.api = self.client = self.cache = self.kubelet = None
        self.stopping = threading.Event()
        self.threads = []
        self.error = None

    # ---- up and down ----

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_error):
        self.stop()

    def _register(self):
        self.directory = tempfile.mkdtemp(prefix="tinlb-lab-")
        os.chmod(self.directory, 0o755)
        leftovers.register(self.prefix, self.directory)

    def start(self):
        leftovers.clean_up_dead()
        self._register()
        self.log_dir = self._folder("logs")
        self.dns_dir = self._folder("dns")
        self._link_tools()
        self.network.up()
        self._make_certificates()
        self._start_api()
        self._write_kubeconfig()
        self.network.wait()
        self._add_nodes()
        self._start_controllers()
        return self

    def _folder(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path)
        return path

    def _link_tools(self):
        """The product's own command, also as kubectl's plug-in, for whoever types commands."""
        self.bin = self._folder("bin")
        for name in ("tinlb", "kubectl-tinlb"):
            os.symlink(os.path.join(self.build, "cli/tinlb"), os.path.join(self.bin, name))

    def _make_certificates(self):
        self.ca_file = os.path.join(self.directory, "ca.crt")
        self.key_file = os.path.join(self.directory, "api.key")
        netns.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                  "-days", "2", "-subj", "/CN=lab", "-addext", f"subjectAltName=IP:{API}",
                  "-keyout", self.key_file, "-out", self.ca_file)

    def _start_api(self):
        ready = os.path.join(self.directory, "api-ready")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready)
        arguments = ["--listen", f"{API}:6443", "--tls-cert", self.ca_file, "--tls-key", self.key_file,
                     "--listen-plain", f"{API}:8080", "--ready-file", ready, "--log-dir", self.log_dir]
        if not self.validate:
            arguments.append("--no-validation")
        with open(os.path.join(self.directory, "api.log"), "ab") as log:
            self.api = subprocess.Popen(["ip", "netns", "exec", self.spaces.full("api"), sys.executable, "-m",
                                         "lab.apiserver", *arguments], cwd=ROOT, stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        poll.until(lambda: os.path.exists(ready), 30, "the API endpoint answers")
        self.client = kube.Client(API, 8080, self.spaces.full("api"))

    def _write_kubeconfig(self):
        self.kubeconfig = os.path.join(self.directory, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            file.write("apiVersion: v1\nkind: Config\ncurrent-context: lab\n"
                       f"clusters: [{{name: lab, cluster: {{server: \"http://{API}:8080\"}}}}]\n"
                       "contexts: [{name: lab, context: {cluster: lab, user: \"\"}}]\n")
        self.home = self._folder("home")

    def _add_nodes(self):
        for number, name in enumerate(self.network.nodes):
            nodes.register(self.client, name, self.network, {"ingress": "true"} if number > 0 else {})

    def _start_controllers(self):
        self.cache = kube.Cache(self.client, self.resources)
        self.kubelet = Kubelet(self, self.cache)
        # Processes are minded by a thread of their own, which never waits for the API.
        for steps in ([self.kubelet.settle], [part.settle for part in self._controllers()]):
            thread = threading.Thread(target=self._loop, args=(steps, self.cache.follow()), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _controllers(self):
        """What has a settle() and does what Kubernetes' own programs do."""
        return [Tenants(self.client, self.cache, self.ca_file), Workloads(self.client, self.cache),
                Reports(self.kubelet, self.client), Endpoints(self.client, self.cache),
                Rules(self.cache, self.spaces, list(self.network.nodes)),
                nodes.Heartbeats(self.client, list(self.network.nodes)), Names(self.cache, self.dns_dir)]

    def _loop(self, steps, woken):
        while not self.stopping.is_set():
            woken.wait(0.1)  # processes and probes are looked at also when nothing changes
            woken.clear()
            for step in steps:
                try:
                    step()
                except (OSError, kube.Refused, RuntimeError, kube.http.client.HTTPException) as error:
                    self.error = error

    def stop(self):
        self.stopping.set()
        if self.cache:
            self.cache.stop()
        for thread in self.threads:
            thread.join(10)
        if self.kubelet:
            self.kubelet.stop()
        if self.api:
            self.api.kill()
            self.api.wait()
        if self.directory:
            leftovers.remove(self.prefix, self.directory)

    # ---- what people and tests do ----

    def environment(self):
        return dict(os.environ, KUBECONFIG=self.kubeconfig, HOME=self.home, PATH=f"{self.bin}:{os.environ['PATH']}")

    def execute(self, space, *command, check=True, timeout=None):
        """Run a command in a namespace, with KUBECONFIG set and tinlb at hand."""
        done = subprocess.run(["ip", "netns", "exec", self.spaces.full(space), *command], capture_output=True,
                              text=True, check=False, timeout=timeout or self.patience_s, env=self.environment(), cwd=ROOT)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def kubectl(self, *arguments, check=True):
        return self.execute("client", "kubectl", *arguments, check=check)

    def pods(self, **labels):
        return [p for p in self.client.list("pods")
                if all((p["metadata"].get("labels") or {}).get(k) == v for k, v in labels.items())]

    def install(self, speaker=()):
        """The product, as its manifests say (`speaker`: further arguments of it), and the Secret that speakers share."""
        with open(os.path.join(ROOT, "config/deploy/tinlb.yaml"), encoding="utf-8") as file:
            text = file.read()
        last = "        - --config=config\n"
        place = text.index(last, text.index("kind: DaemonSet")) + len(last)
        text = text[:place] + "".join(f"        - {a}\n" for a in speaker) + text[place:]
        manifest = os.path.join(self.directory, "tinlb.yaml")
        with open(manifest, "w", encoding="utf-8") as file:
            file.write(text)
        self.kubectl("apply", "-f", manifest)
        self.kubectl("create", "secret", "generic", "-n", "metallb-system", "memberlist",
                     "--from-literal=secretkey=lab secret lab secret lab secret")

    def page(self, space, address, port, path="/status"):
        """A page of a daemon, fetched from a namespace; None when it does not answer."""
        connection = kube.http.client.HTTPConnection(address, port, timeout=3)
        try:
            netns.in_namespace(self.spaces.full(space), connection.connect)
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
            return json.loads(text) if path == "/status" else text
        except (OSError, ValueError, kube.http.client.HTTPException):
            return None
        finally:
            connection.close()

    def speaker_status(self, node):
        return self.page(node, self.network.nodes[node], 7472)

    def controller_status(self):
        pods = [p for p in self.pods(component="controller") if (p.get("status") or {}).get("podIP")]
        return self.page("client", pods[0]["status"]["podIP"], 7472) if pods else None

    def processes(self, node, program):
        """Process numbers of a program in a node's namespace."""
        found = []
        for pid in netns.run("ip", "netns", "pids", self.spaces.full(node)).split():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                    if file.read().strip() == program[:15]:
                        found.append(int(pid))
        return found

    def mac(self, node, interface="eth0"):
        return json.loads(self.spaces.ip(node, "-j", "link", "show", interface))[0]["address"]

    def account(self, pod):
        """The files of a pod's service account."""
        namespace, name = pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName", "default")
        with open(self.ca_file, "rb") as file:
            return {"token": f"lab.{namespace}.{name}".encode(), "namespace": namespace.encode(),
                    "ca.crt": file.read()}

    def manifest(self, name):
        """The file of the tutorial's own pods of that name."""
        return os.path.join(ROOT, f"lab/manifests/{name}.yaml")

    def space_of(self, pod):
        """The namespace that a pod runs in, for execute()."""
        return pod["spec"]["nodeName"] if pod["spec"].get("hostNetwork") else f"pod-{pod['metadata']['uid'][:8]}"

    # ---- the API goes away and comes back ----

    def api_cut(self, silent=False):
        """Nobody reaches the API but this lab itself, so that tests can go on changing objects.

        Connections are refused and watches end; silent: packets vanish and everybody waits.
        """
        verdict = "drop" if silent else "reject with tcp reset"
        rules = [f"chain in {{ type filter hook input priority filter; iif != lo tcp dport {{ {API_PORTS} }} {verdict}; }}"]
        if silent:
            rules.append(f"chain out {{ type filter hook output priority filter; oif != lo tcp sport {{ {API_PORTS} }} drop; }}")
        self.spaces.exec("api", "nft", "-f", "-", stdin="\n".join(["table ip cut {", *rules, "}", ""]))
        if not silent:
            self.drop_connections()

    def drop_connections(self):
        """End the watches of all."""
        self.client.request("POST", "/lab/drop-watches")

    def api_back(self):
        self.spaces.exec("api", "nft", "delete", "table", "ip", "cut", check=False)

    def pause_api(self, paused):
        self.api.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)


__all__ = ["CLIENT", "Cluster", "ROOT"]
