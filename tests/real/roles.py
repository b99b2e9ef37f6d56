"""roles - the rules that our manifests give to each daemon, one by one, and what the audit log saw of them"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import copy
import json
import os

import yaml

from conftest import ROOT

NAMESPACE = "metallb-system"
KINDS = {"ClusterRole": "clusterroles", "Role": f"namespaces/{NAMESPACE}/roles"}
API = "/apis/rbac.authorization.k8s.io/v1/"


class Rule:
    """One verb on one resource, for one daemon."""

    def __init__(self, kind, role, account, group, resource, verb):
        self.kind, self.role, self.account = kind, role, account
        self.group, self.resource, self.verb = group, resource, verb

    def __str__(self):
        return f"{self.account}-{self.verb}-{self.resource.replace('/', '.')}"

    def refusal(self):
        """What the API server says to whom this rule is missing."""
        return f'cannot {self.verb} resource "{self.resource}" in API group "{self.group}"'

    def taken_from(self, role):
        """The role without this rule."""
        left = []
        for entry in role["rules"]:
            if self.group in entry["apiGroups"] and self.resource in entry["resources"] and self.verb in entry["verbs"]:
                others = [r for r in entry["resources"] if r != self.resource]
                verbs = [v for v in entry["verbs"] if v != self.verb]
                left += [{**entry, "resources": others}] if others else []
                left += [{**entry, "resources": [self.resource], "verbs": verbs}] if verbs else []
            else:
                left.append(entry)
        return {**copy.deepcopy(role), "rules": left}


def path(kind, name):
    return f"{API}{KINDS[kind]}/{name}"


@contextlib.contextmanager
def without(client, rule):
    """The role lacks the rule for a while."""
    where = path(rule.kind, rule.role)
    whole = client.request("GET", where)
    client.request("PUT", where, rule.taken_from(whole))
    try:
        yield
    finally:
        held = client.request("GET", where)
        client.request("PUT", where, {**held, "rules": whole["rules"]})


def rules(documents):
    """Every rule of the roles that are bound to our accounts."""
    roles = {(d["kind"], d["metadata"]["name"]): d for d in documents if d["kind"] in KINDS}
    found = []
    for binding in (d for d in documents if d["kind"].endswith("RoleBinding")):
        role = roles[(binding["roleRef"]["kind"], binding["roleRef"]["name"])]
        for account in (s["name"] for s in binding["subjects"]):
            found += [Rule(role["kind"], role["metadata"]["name"], account, group, resource, verb)
                      for entry in role["rules"] for group in entry["apiGroups"]
                      for resource in entry["resources"] for verb in entry["verbs"]]
    return found


def documents():
    """The manifests of the base, as they are written."""
    with open(os.path.join(ROOT, "config/deploy/tinlb.yaml"), encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def audited(audit_log, account):
    """An account's requests; the last line of the log may be on its way."""
    user = f"system:serviceaccount:{NAMESPACE}:{account}"
    with open(audit_log, encoding="utf-8") as file:
        entries = (json.loads(line) for line in file if line.endswith("\n"))
        yield from (entry for entry in entries if entry["user"]["username"] == user)


def seen(audit_log, account):
    """{(group, resource, verb): set of status codes} of an account's requests."""
    found = {}
    for entry in audited(audit_log, account):
        where = entry.get("objectRef")
        if where:
            resource = "/".join(filter(None, (where["resource"], where.get("subresource"))))
            key = (where.get("apiGroup", ""), resource, entry["verb"])
            found.setdefault(key, set()).add(entry.get("responseStatus", {}).get("code", 200))
    return found
