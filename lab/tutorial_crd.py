"""tutorial_crd - the same steps with the pools as custom resources instead of the ConfigMap"""
# SPDX-License-Identifier: Apache-2.0
import json

from .tutorial import DEPLOY, SAMPLES, Walk

DEFINITIONS = ("ipaddresspools", "l2advertisements", "servicel2statuses", "configurationstates")
FOUND_S = 30  # the daemons look for kinds that are missing every few seconds


class ObjectsWalk(Walk):
    def step2(self):
        self.type(f"kubectl apply -f {DEPLOY}/crds")
        out = self.type("kubectl wait --for=condition=established --timeout=20s " +
                        " ".join(f"crd/{name}.metallb.io" for name in DEFINITIONS))
        self.check("the definitions are established",
                   lambda: all(f"{name}.metallb.io condition met" in out for name in DEFINITIONS))
        out = self.type("kubectl explain ipaddresspools.spec.addresses")
        self.check("kubectl explains the field", lambda: "addresses" in out and "error" not in out.lower())
        out = self.type(f"kubectl apply -f {SAMPLES}/01-custom-resources.yaml")
        self.check("kubectl says both objects created",
                   lambda: out == "ipaddresspool.metallb.io/default created\nl2advertisement.metallb.io/default created\n")
        self.check("the controller picks them up by itself",
                   lambda: self._reads_objects(self.cluster.controller_status()), FOUND_S)
        for node in self.cluster.network.nodes:
            self.check(f"so does the speaker of {node}",
                       lambda node=node: self._reads_objects(self.cluster.speaker_status(node)), FOUND_S)

    @staticmethod
    def _reads_objects(status):
        return status["config"]["loaded"] and status["config"]["source"].startswith("custom resources")

    def step8(self):
        super().step8()
        self.show("\n== 9. what the objects say")
        self.type("kubectl -n metallb-system get ipaddresspools")
        self.check("the pool counts its addresses", lambda: self._pool_status() == (3, 252))
        self.type("kubectl -n metallb-system get servicel2statuses")
        self.check("the status of each service names the node that answers", self._statuses_agree)

    def _objects(self, resource):
        return json.loads(self.cluster.kubectl("-n", "metallb-system", "get", resource, "-o", "json"))["items"]

    def _pool_status(self):
        status = self._objects("ipaddresspools")[0]["status"]
        return status["assignedIPv4"], status["availableIPv4"]

    def _statuses_agree(self):
        told = {o["status"]["serviceName"]: o["status"]["node"] for o in self._objects("servicel2statuses")}
        wanted = {"minio-svc-lb": "172.17.255.1", "coredns-svc-lb-udp": "172.17.255.2", "ingress-nginx": "172.17.255.3"}
        return all(told.get(name) == self.node_of(self._one_mac(ip)) for name, ip in wanted.items())
