"""client - the lab's API client over TLS, with a client certificate"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import ssl

from .. import kube, netns


class SecureClient(kube.Client):
    def __init__(self, address, namespace, ca_file, credentials):
        super().__init__(*address, namespace)
        self.context = ssl.create_default_context(cafile=ca_file)
        self.context.load_cert_chain(*credentials)

    def _connect(self):
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=30, context=self.context)
        netns.in_namespace(self.namespace, connection.connect)
        return connection

    def ready(self):
        """Does the API answer, and can be used?"""
        try:
            connection = self._connect()
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def token(self, pod, account):
        """A token of an account, bound to a pod, as a kubelet asks for it."""
        meta = pod["metadata"]
        made = self.request("POST", self.path("serviceaccounts", meta["namespace"], account, "token"), {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}}})
        return made["status"]["token"]
