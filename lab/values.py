"""values - what a pod takes from Secrets, ConfigMaps and its own fields, and its environment made of that"""
# SPDX-License-Identifier: Apache-2.0
import base64
import re

KINDS = {"secrets": ("secret", "Secret"), "configmaps": ("configmap", "ConfigMap")}
KEYED = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]$")
REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")


class Wanting(Exception):
    """A container cannot start; `reason` as in its status."""

    def __init__(self, message, reason="CreateContainerConfigError"):
        super().__init__(message)
        self.reason = reason


def expand(text, environment):
    """$(NAME) becomes the variable's value where there is one, and $$ a dollar."""
    def value(match):
        if match.group(0) == "$$":
            return "$"
        return environment.get(match.group(1), match.group(0))

    return REFERENCE.sub(value, text)


def content(resource, obj):
    """The bytes of each key of a Secret or ConfigMap."""
    binary = obj.get("data" if resource == "secrets" else "binaryData") or {}
    plain = {} if resource == "secrets" else obj.get("data") or {}
    return {**{k: v.encode() for k, v in plain.items()}, **{k: base64.b64decode(v) for k, v in binary.items()}}


class Values:
    """All that one pod can take."""

    def __init__(self, cache, pod, ip, host_ip):
        self.cache, self.pod = cache, pod
        self.namespace = pod["metadata"]["namespace"]
        self.fields = {"spec.nodeName": pod["spec"]["nodeName"], "metadata.name": pod["metadata"]["name"],
                       "metadata.namespace": self.namespace, "metadata.uid": pod["metadata"]["uid"],
                       "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
                       "status.hostIP": host_ip, "status.hostIPs": host_ip, "status.podIP": ip, "status.podIPs": ip}

    def field(self, path):
        keyed = KEYED.match(path)
        if keyed:
            return (self.pod["metadata"].get(keyed.group(1)) or {}).get(keyed.group(2), "")
        if path not in self.fields:
            raise Wanting(f"unsupported fieldPath: {path}")
        return self.fields[path]

    def data(self, resource, name, optional=False):
        """The content of a Secret or ConfigMap; optional: {} when there is none."""
        obj = self.cache.find(resource, self.namespace, name)
        if obj is None and not optional:
            raise Wanting(f'{KINDS[resource][0]} "{name}" not found')
        return content(resource, obj) if obj else {}

    def _key(self, resource, reference):
        """The value of one key, or None when it is optional and not there."""
        optional, key = reference.get("optional", False), reference["key"]
        data = self.data(resource, reference["name"], optional)
        if key not in data and not optional:
            raise Wanting(f"couldn't find key {key} in {KINDS[resource][1]} {self.namespace}/{reference['name']}")
        return data[key].decode() if key in data else None

    def _variable(self, entry, environment):
        source = entry.get("valueFrom") or {}
        if "fieldRef" in source:
            return self.field(source["fieldRef"]["fieldPath"])
        if "secretKeyRef" in source:
            return self._key("secrets", source["secretKeyRef"])
        if "configMapKeyRef" in source:
            return self._key("configmaps", source["configMapKeyRef"])
        if source:
            raise Wanting(f"the lab has no value from {', '.join(source)}")
        return expand(entry.get("value", ""), environment)

    def environment(self, spec, given):
        """The environment of a container, on top of what is given."""
        result = dict(given)
        for source in spec.get("envFrom") or []:
            for word, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
                chosen = source.get(word)
                held = self.data(resource, chosen["name"], chosen.get("optional", False)) if chosen else {}
                result.update({source.get("prefix", "") + k: v.decode() for k, v in held.items()})
        for entry in spec.get("env") or []:
            value = self._variable(entry, result)
            if value is not None:
                result[entry["name"]] = value
        return result
