"""tenants - what every namespace has: the account "default", and the certificate of the API"""
# SPDX-License-Identifier: Apache-2.0
from .kube import Refused

CERTIFICATE = "kube-root-ca.crt"
ACCOUNT = "default"


class Tenants:
    def __init__(self, client, cache, ca_file):
        self.client, self.cache = client, cache
        with open(ca_file, encoding="utf-8") as file:
            self.certificate = file.read()
        self.seen = None

    def settle(self):
        seen = self.cache.counts("namespaces", "serviceaccounts", "configmaps")
        if seen == self.seen:
            return
        for namespace in self.cache.all("namespaces"):
            name = namespace["metadata"]["name"]
            if namespace["metadata"].get("deletionTimestamp"):
                continue
            self._ensure("serviceaccounts", name, ACCOUNT, {"kind": "ServiceAccount"})
            self._ensure("configmaps", name, CERTIFICATE, {"kind": "ConfigMap", "data": {"ca.crt": self.certificate}})
        self.seen = seen

    def _ensure(self, resource, namespace, name, obj):
        if self.cache.find(resource, namespace, name):
            return
        try:
            self.client.create(resource, {"apiVersion": "v1", **obj,
                                          "metadata": {"namespace": namespace, "name": name}})
        except Refused as refused:
            if refused.code not in (403, 404, 409):  # the namespace ends, or it is there already
                raise
