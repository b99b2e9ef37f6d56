"""test_access - the endpoint's roles: who may do what, and how a refusal reads"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os

import pytest
import yaml

from conftest import ROOT

ACCOUNT = "system:serviceaccount:metallb-system:speaker"
TOKEN = "lab.metallb-system.speaker"
RBAC = "rbac.authorization.k8s.io"
PATHS = {"Namespace": "/api/v1/namespaces", "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
         "ClusterRole": f"/apis/{RBAC}/v1/clusterroles", "Role": f"/apis/{RBAC}/v1/namespaces/{{}}/roles",
         "ClusterRoleBinding": f"/apis/{RBAC}/v1/clusterrolebindings",
         "RoleBinding": f"/apis/{RBAC}/v1/namespaces/{{}}/rolebindings"}


def ask(endpoint, path, token=None, method="GET", body=None, **headers):
    """(code, answer) of a request with a token."""
    host, port = endpoint.address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request(method, path, body and json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.fixture()
def roles(endpoint):
    """The namespace, accounts and roles of our own manifests."""
    with open(os.path.join(ROOT, "config/deploy/tinlb.yaml"), encoding="utf-8") as file:
        for obj in yaml.safe_load_all(file):
            if obj["kind"] in PATHS:
                path = PATHS[obj["kind"]].format(obj["metadata"].get("namespace"))
                assert ask(endpoint, path, method="POST", body=obj)[0] == 201
    return endpoint


def test_an_account_may_do_what_its_roles_say_and_no_more(roles):
    assert ask(roles, "/api/v1/services", TOKEN)[0] == 200
    assert ask(roles, "/api/v1/namespaces/metallb-system/configmaps", TOKEN)[0] == 200
    code, said = ask(roles, "/api/v1/configmaps", TOKEN)
    assert code == 403 and said["reason"] == "Forbidden"
    assert said["message"] == (f'configmaps is forbidden: User "{ACCOUNT}" cannot list resource "configmaps" in API '
                               'group "" at the cluster scope')
    code, said = ask(roles, "/api/v1/namespaces/default/services/x/status", TOKEN, "PUT", {})
    assert code == 403
    assert said["message"] == (f'services "x" is forbidden: User "{ACCOUNT}" cannot update resource '
                               '"services/status" in API group "" in the namespace "default"')


def test_a_rule_taken_away_is_refused_from_then_on(roles):
    path = f"/apis/{RBAC}/v1/clusterroles/metallb-system:speaker"
    assert ask(roles, "/api/v1/nodes", TOKEN)[0] == 200
    role = ask(roles, path)[1]
    role["rules"] = [r for r in role["rules"] if "nodes" not in r["resources"]]
    assert ask(roles, path, method="PUT", body=role)[0] == 200
    assert ask(roles, "/api/v1/nodes", TOKEN)[0] == 403


def test_names_in_a_rule_bind_it_to_these_objects(roles):
    role = {"metadata": {"name": "one"}, "rules": [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get", "list"]}]}
    binding = {"metadata": {"name": "one"}, "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "one"},
               "subjects": [{"kind": "User", "name": "jane"}]}
    assert ask(roles, PATHS["Role"].format("default"), method="POST", body=role)[0] == 201
    assert ask(roles, PATHS["RoleBinding"].format("default"), method="POST", body=binding)[0] == 201
    secrets, jane = "/api/v1/namespaces/default/secrets", {"Impersonate-User": "jane"}
    assert ask(roles, secrets + "/mine", **jane)[0] == 404
    assert ask(roles, secrets + "/other", **jane)[0] == 403
    assert ask(roles, secrets + "?fieldSelector=metadata.name%3Dmine", **jane)[0] == 200
    assert ask(roles, secrets, **jane)[0] == 403
    assert ask(roles, "/api/v1/namespaces/kube-system/secrets/mine", **jane)[0] == 403


def test_a_token_that_nobody_gave_out_is_refused(roles):
    for token in ("nonsense", "lab.metallb-system.nobody", "lab.default"):
        code, said = ask(roles, "/api/v1/services", token)
        assert (code, said["reason"]) == (401, "Unauthorized")
    assert ask(roles, "/api/v1/services", TOKEN, **{"Impersonate-User": "jane"})[0] == 403


def test_can_i(kubectl, roles):
    def may(*words):
        return kubectl("auth", "can-i", f"--as={ACCOUNT}", *words)[1].strip()

    assert may("list", "services") == "yes" and may("watch", "endpointslices.discovery.k8s.io") == "yes"
    assert may("delete", "services") == "no" and may("list", "secrets") == "no"
    assert may("list", "configmaps", "-n", "metallb-system") == "yes"
    assert kubectl("auth", "can-i", "delete", "services")[1].strip() == "yes"
    code, _, err = kubectl("get", "secrets", f"--as={ACCOUNT}")
    assert code == 1 and "secrets is forbidden" in err
