"""access - who asks, and whether the roles in the store allow it

A request without a token comes from the lab itself, which may do everything and
may speak for others (Impersonate-User, as `kubectl --as` does). The token of a
service account is lab.NAMESPACE.NAME, and good for as long as the account is there.
"""
# SPDX-License-Identifier: Apache-2.0
from .status import ApiError

GROUP = "rbac.authorization.k8s.io"
ACCOUNT = "system:serviceaccount:"
MASTERS, AUTHENTICATED = "system:masters", "system:authenticated"


class User:
    def __init__(self, name, groups=()):
        self.name = name
        self.groups = {*groups, AUTHENTICATED}

    @property
    def is_master(self):
        return MASTERS in self.groups

    @property
    def info(self):
        return {"username": self.name, "groups": sorted(self.groups)}


LAB = User("system:lab", [MASTERS])


class Action:
    """What a request wants to do, as a role speaks of it."""

    def __init__(self, verb, group, resource, namespace="", name=""):
        self.verb, self.group, self.resource, self.namespace, self.name = verb, group, resource, namespace, name

    @classmethod
    def of(cls, target, verb, query):
        resource = target.kind.plural + ("/" + target.subresource if target.subresource else "")
        name = target.name or ""
        chosen = query.get("fieldSelector", "")
        if verb in ("list", "watch") and chosen.startswith("metadata.name=") and "," not in chosen:
            name = chosen.removeprefix("metadata.name=").removeprefix("=")
        return cls(verb, target.shown.group, resource, target.namespace, name)

    def forbidden(self, user):
        plural = self.resource.split("/")[0]
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        named = f' "{self.name}"' if self.name else ""
        return ApiError(403, "Forbidden",
                        f'{plural}{named} is forbidden: User "{user.name}" cannot {self.verb} resource '
                        f'"{self.resource}" in API group "{self.group}" {where}',
                        {"kind": plural, "group": self.group, **({"name": self.name} if self.name else {})})


def _account(namespace, name):
    return User(f"{ACCOUNT}{namespace}:{name}", ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"])


def _listed(rule, key, *values):
    held = rule.get(key) or []
    return "*" in held or any(value in held for value in values)


def _permits(rule, action):
    part = action.resource.partition("/")[2]
    names = rule.get("resourceNames")
    return (_listed(rule, "verbs", action.verb) and _listed(rule, "apiGroups", action.group)
            and _listed(rule, "resources", action.resource, *([f"*/{part}"] if part else []))
            and (not names or action.name in names))


class Access:
    def __init__(self, store, registry):
        self.store, self.registry = store, registry

    def _objects(self, plural, namespace=None):
        return [e.obj for e in self.store.list(self.registry.find(GROUP, "v1", plural), namespace)]

    # ---- who ----

    def user(self, headers):
        kind, _, token = headers.get("authorization", "").partition(" ")
        user = LAB
        if kind.lower() == "bearer":
            user = self._of_token(token.strip())
        other = headers.get("impersonate-user")
        if not other:
            return user
        if not user.is_master:
            raise Action("impersonate", "", "users", name=other).forbidden(user)
        if other.startswith(ACCOUNT) and other.count(":") == 3:
            return _account(*other.split(":")[2:])
        return User(other, [headers["impersonate-group"]] if "impersonate-group" in headers else ())

    def _of_token(self, token):
        parts = token.split(".", 2)
        accounts = self.registry.find("", "v1", "serviceaccounts")
        if len(parts) != 3 or parts[0] != "lab" or not self.store.find(accounts, *parts[1:]):
            raise ApiError(401, "Unauthorized", "Unauthorized")
        return _account(*parts[1:])

    # ---- what they may ----

    def _is_subject(self, subject, user):
        kind, name = subject.get("kind"), subject.get("name")
        if kind == "Group":
            return name in user.groups
        if kind == "ServiceAccount":
            return user.name == f"{ACCOUNT}{subject.get('namespace')}:{name}"
        return kind == "User" and name == user.name

    def rules(self, user, namespace):
        """The rules of all roles that are bound to a user, for the cluster or in a namespace."""
        bindings = [("", b) for b in self._objects("clusterrolebindings")]
        if namespace:
            bindings += [(namespace, b) for b in self._objects("rolebindings", namespace)]
        for where, binding in bindings:
            if not any(self._is_subject(s, user) for s in binding.get("subjects") or []):
                continue
            role = binding["roleRef"]
            kind = self.registry.find(GROUP, "v1", "roles" if role["kind"] == "Role" else "clusterroles")
            found = self.store.find(kind, where if kind.namespaced else "", role["name"])
            yield from (found.obj.get("rules") or []) if found else ()

    def allows(self, user, action):
        return user.is_master or any(_permits(rule, action) for rule in self.rules(user, action.namespace))
