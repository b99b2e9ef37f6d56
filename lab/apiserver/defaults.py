"""defaults - what the API server fills in and refuses, for all built-in kinds but Service"""
# SPDX-License-Identifier: Apache-2.0
import base64
import ipaddress
import json
import re

from . import names, selectors
from .status import bad_request, invalid


KEY = re.compile(r"[-._a-zA-Z0-9]+")


def _is_ip(version):
    def check(text):
        try:
            return ipaddress.ip_address(text).version == version
        except ValueError:
            return False

    return check


FAMILIES = {"IPv4": _is_ip(4), "IPv6": _is_ip(6), "FQDN": names.is_subdomain}
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
ROLLING = {"Deployment": {"maxUnavailable": "25%", "maxSurge": "25%"},
           "DaemonSet": {"maxUnavailable": 1, "maxSurge": 0}}


def _set(target, **values):
    for key, value in values.items():
        target.setdefault(key, value)


def _container(container):
    image = container.get("image", "")
    latest = ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest")
    _set(container, imagePullPolicy="Always" if latest else "IfNotPresent", resources={},
         terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    if container["resources"].get("limits"):
        requests = container["resources"].setdefault("requests", {})
        _set(requests, **container["resources"]["limits"])
    for port in container.get("ports") or []:
        _set(port, protocol="TCP")
    for probe in (container[name] for name in PROBES if container.get(name)):
        _set(probe, **PROBE)
        if probe.get("httpGet"):
            _set(probe["httpGet"], path="/", scheme="HTTP")


def _pod_spec(spec):
    _set(spec, restartPolicy="Always", dnsPolicy="ClusterFirst", schedulerName="default-scheduler",
         terminationGracePeriodSeconds=30, securityContext={})
    if spec.get("serviceAccountName"):
        _set(spec, serviceAccount=spec["serviceAccountName"])
    for container in (spec.get("initContainers") or []) + (spec.get("containers") or []):
        _container(container)


def _strategy(kind, spec):
    strategy = spec.setdefault("strategy" if kind.kind == "Deployment" else "updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate" and kind.kind in ROLLING:
        _set(strategy.setdefault("rollingUpdate", {}), **ROLLING[kind.kind])
    _set(spec, revisionHistoryLimit=10)
    if kind.kind == "Deployment":
        _set(spec, progressDeadlineSeconds=600)


def _workload(kind, obj, old):
    spec, name = obj.setdefault("spec", {}), obj["metadata"]["name"]
    template = spec.setdefault("template", {})
    _set(template, metadata={})
    _pod_spec(template.setdefault("spec", {}))
    if kind.kind != "DaemonSet" and spec.get("replicas") is None:
        spec["replicas"] = 1
    if not spec.get("selector"):
        raise invalid(kind, name, "spec.selector", "FieldValueRequired", "Required value")
    if old and old["spec"].get("selector") != spec["selector"]:
        raise invalid(kind, name, "spec.selector", "FieldValueInvalid",
                      f"Invalid value: {json.dumps(spec['selector'])}: field is immutable")
    labels = template["metadata"].get("labels") or {}
    if not selectors.matches_labels(spec["selector"], labels):
        raise invalid(kind, name, "spec.template.metadata.labels", "FieldValueInvalid",
                      f"Invalid value: {json.dumps(labels)}: `selector` does not match template `labels`")
    if kind.kind != "ReplicaSet":
        _strategy(kind, spec)
    _set(obj, status={})


def _pod(_kind, obj, _old):
    spec = obj.setdefault("spec", {})
    _set(spec, serviceAccountName="default", enableServiceLinks=True)
    _pod_spec(spec)
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def _namespace(_kind, obj, _old):
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj.setdefault("status", {}).setdefault("phase", "Active")


def _immutable(kind, obj, old, *fields):
    if not (old or {}).get("immutable"):
        return
    for field in (f for f in (*fields, "immutable") if obj.get(f) != old.get(f)):
        raise invalid(kind, obj["metadata"]["name"], field, "FieldValueForbidden",
                      "Forbidden: field is immutable when `immutable` is set")


def _check_keys(kind, obj, *fields):
    for field in fields:
        for key in obj.get(field) or ():
            if not KEY.fullmatch(key) or key in (".", "..") or len(key) > 253:
                raise invalid(kind, obj["metadata"]["name"], f"{field}[{key}]", "FieldValueInvalid",
                              f'Invalid value: "{key}": a valid config key must consist of alphanumeric characters, '
                              "'-', '_' or '.'")


def _secret(kind, obj, old):
    _set(obj, type="Opaque")
    for key, value in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
    for key, value in (obj.get("data") or {}).items():
        try:
            base64.b64decode(value, validate=True)
        except ValueError:
            raise bad_request(f'Secret in version "v1" cannot be handled as a Secret: illegal base64 data in '
                              f"data.{key}") from None
    _check_keys(kind, obj, "data")
    if old and obj["type"] != old.get("type"):
        raise invalid(kind, obj["metadata"]["name"], "type", "FieldValueInvalid",
                      f'Invalid value: "{obj["type"]}": field is immutable')
    _immutable(kind, obj, old, "data")


def _config_map(kind, obj, old):
    _check_keys(kind, obj, "data", "binaryData")
    _immutable(kind, obj, old, "data", "binaryData")


def _slice(kind, obj, _old):
    name, family = obj["metadata"]["name"], obj.get("addressType")
    if not family:
        raise invalid(kind, name, "addressType", "FieldValueRequired", "Required value")
    if family not in FAMILIES:
        raise invalid(kind, name, "addressType", "FieldValueNotSupported", f'Unsupported value: "{family}"')
    for port in obj.get("ports") or []:
        port.setdefault("protocol", "TCP")
    for index, point in enumerate(obj.get("endpoints") or []):
        if not point.get("addresses"):
            raise invalid(kind, name, f"endpoints[{index}].addresses", "FieldValueRequired", "Required value")
        for address in point["addresses"]:
            if not FAMILIES[family](address):
                raise invalid(kind, name, f"endpoints[{index}].addresses", "FieldValueInvalid",
                              f'Invalid value: "{address}": must be of type {family}')


def _event(kind, obj, _old):
    meta, about = obj["metadata"], obj.get("involvedObject") or {}
    if about.get("namespace", "") not in (meta["namespace"], "") or (not about.get("namespace")
                                                                    and meta["namespace"] != "default"):
        raise invalid(kind, meta["name"], "involvedObject.namespace", "FieldValueInvalid",
                      f'Invalid value: "{about.get("namespace", "")}": does not match event.namespace')


def _lease(kind, obj, _old):
    spec = obj.get("spec") or {}
    for key, least in (("leaseDurationSeconds", 1), ("leaseTransitions", 0)):
        if spec.get(key) is not None and spec[key] < least:
            raise invalid(kind, obj["metadata"]["name"], f"spec.{key}", "FieldValueInvalid",
                          f"Invalid value: {spec[key]}: must be greater than {least - 1}")


BY_KIND = {"Deployment": _workload, "DaemonSet": _workload, "ReplicaSet": _workload,
           "Pod": _pod, "Namespace": _namespace, "Secret": _secret, "ConfigMap": _config_map,
           "EndpointSlice": _slice, "Event": _event, "Lease": _lease, "StatefulSet": _workload}


def fill(kind, obj, old):
    """Default and validate in place."""
    function = BY_KIND.get(kind.kind)
    if function:
        function(kind, obj, old)
