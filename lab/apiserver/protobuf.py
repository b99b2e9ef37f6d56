"""protobuf - request bodies of newer kubectls as objects

A generic decoder and the field numbers of the kinds that `kubectl create` sends.
What is empty on the wire is absent in the object, as the encoder cannot tell.
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import datetime

from .status import unsupported_media

MAGIC = b"k8s\x00"


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data):
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
        elif wire == 2:
            size, at = _varint(data, at)
            value = data[at:at + size]
            at += size
        elif wire == 1:
            value, at = data[at:at + 8], at + 8
        elif wire == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise unsupported_media("protobuf groups are not supported")
        yield number, value


def _signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(raw):
    return raw.decode() or None


def _number(raw):
    return _signed(raw) or None


def _boolean(raw):
    return bool(raw) or None


def _bytes(raw):
    return base64.b64encode(raw).decode()


def _time(raw):
    seconds = dict(_fields(raw)).get(1, 0)
    if not seconds:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_time(raw):
    parts = dict(_fields(raw))
    if not parts.get(1):
        return None
    moment = datetime.datetime.fromtimestamp(parts[1], datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ".%06dZ" % (parts.get(2, 0) // 1000)


def _int_or_string(raw):
    parts = dict(_fields(raw))
    if parts.get(1):
        return parts.get(3, b"").decode() or None
    return _signed(parts.get(2, 0)) or None


def _quantity(raw):
    return dict(_fields(raw)).get(1, b"").decode() or None


def _map(value_of):
    return ("map", value_of)


def _list(value_of):
    return ("list", value_of)


def _message(name):
    return lambda raw: decode_message(name, raw) or None


MESSAGES = {
    "ObjectMeta": {1: ("name", _text), 2: ("generateName", _text), 3: ("namespace", _text),
                   5: ("uid", _text), 6: ("resourceVersion", _text), 7: ("generation", _number),
                   8: ("creationTimestamp", _time), 9: ("deletionTimestamp", _time),
                   10: ("deletionGracePeriodSeconds", _number), 11: ("labels", _map(_text)),
                   12: ("annotations", _map(_text)), 13: ("ownerReferences", _list(_message("OwnerReference"))),
                   14: ("finalizers", _list(_text))},
    "OwnerReference": {1: ("kind", _text), 3: ("name", _text), 4: ("uid", _text), 5: ("apiVersion", _text),
                       6: ("controller", _boolean), 7: ("blockOwnerDeletion", _boolean)},
    "Namespace": {1: ("metadata", _message("ObjectMeta")), 2: ("spec", _message("NamespaceSpec"))},
    "NamespaceSpec": {1: ("finalizers", _list(_text))},
    "ConfigMap": {1: ("metadata", _message("ObjectMeta")), 2: ("data", _map(_text)),
                  3: ("binaryData", _map(_bytes)), 4: ("immutable", _boolean)},
    "Secret": {1: ("metadata", _message("ObjectMeta")), 2: ("data", _map(_bytes)), 3: ("type", _text),
               4: ("stringData", _map(_text)), 5: ("immutable", _boolean)},
    "ServiceAccount": {1: ("metadata", _message("ObjectMeta"))},
    "Service": {1: ("metadata", _message("ObjectMeta")), 2: ("spec", _message("ServiceSpec"))},
    "ServiceSpec": {1: ("ports", _list(_message("ServicePort"))), 2: ("selector", _map(_text)),
                    3: ("clusterIP", _text), 4: ("type", _text), 5: ("externalIPs", _list(_text)),
                    7: ("sessionAffinity", _text), 8: ("loadBalancerIP", _text),
                    9: ("loadBalancerSourceRanges", _list(_text)), 10: ("externalName", _text),
                    11: ("externalTrafficPolicy", _text), 12: ("healthCheckNodePort", _number),
                    13: ("publishNotReadyAddresses", _boolean), 17: ("ipFamilyPolicy", _text),
                    18: ("clusterIPs", _list(_text)), 19: ("ipFamilies", _list(_text)),
                    20: ("allocateLoadBalancerNodePorts", lambda raw: bool(raw)),
                    21: ("loadBalancerClass", _text), 22: ("internalTrafficPolicy", _text)},
    "ServicePort": {1: ("name", _text), 2: ("protocol", _text), 3: ("port", _number),
                    4: ("targetPort", _int_or_string), 5: ("nodePort", _number), 6: ("appProtocol", _text)},
    "Deployment": {1: ("metadata", _message("ObjectMeta")), 2: ("spec", _message("DeploymentSpec"))},
    "DeploymentSpec": {1: ("replicas", lambda raw: _signed(raw)), 2: ("selector", _message("LabelSelector")),
                       3: ("template", _message("PodTemplateSpec")), 5: ("minReadySeconds", _number),
                       6: ("revisionHistoryLimit", _number), 7: ("paused", _boolean),
                       9: ("progressDeadlineSeconds", _number)},
    "LabelSelector": {1: ("matchLabels", _map(_text)), 2: ("matchExpressions", _list(_message("Requirement")))},
    "Requirement": {1: ("key", _text), 2: ("operator", _text), 3: ("values", _list(_text))},
    "PodTemplateSpec": {1: ("metadata", _message("ObjectMeta")), 2: ("spec", _message("PodSpec"))},
    "PodSpec": {2: ("containers", _list(_message("Container"))), 3: ("restartPolicy", _text),
                4: ("terminationGracePeriodSeconds", _number), 7: ("nodeSelector", _map(_text)),
                8: ("serviceAccountName", _text), 10: ("nodeName", _text), 11: ("hostNetwork", _boolean)},
    "Container": {1: ("name", _text), 2: ("image", _text), 3: ("command", _list(_text)), 4: ("args", _list(_text)),
                  5: ("workingDir", _text), 6: ("ports", _list(_message("ContainerPort"))),
                  7: ("env", _list(_message("EnvVar"))), 8: ("resources", _message("Resources")),
                  14: ("imagePullPolicy", _text)},
    "ContainerPort": {1: ("name", _text), 2: ("hostPort", _number), 3: ("containerPort", _number),
                      4: ("protocol", _text), 5: ("hostIP", _text)},
    "EnvVar": {1: ("name", _text), 2: ("value", _text)},
    "Resources": {1: ("limits", _map(_quantity)), 2: ("requests", _map(_quantity))},
    "Lease": {1: ("metadata", _message("ObjectMeta")), 2: ("spec", _message("LeaseSpec"))},
    "LeaseSpec": {1: ("holderIdentity", _text), 2: ("leaseDurationSeconds", _number),
                  3: ("acquireTime", _micro_time), 4: ("renewTime", _micro_time), 5: ("leaseTransitions", _number)},
    "Event": {1: ("metadata", _message("ObjectMeta")), 2: ("involvedObject", _message("ObjectReference")),
              3: ("reason", _text), 4: ("message", _text), 5: ("source", _message("EventSource")),
              6: ("firstTimestamp", _time), 7: ("lastTimestamp", _time), 8: ("count", _number), 9: ("type", _text),
              10: ("eventTime", _micro_time), 12: ("action", _text), 14: ("reportingComponent", _text),
              15: ("reportingInstance", _text)},
    "EventSource": {1: ("component", _text), 2: ("host", _text)},
    "ObjectReference": {1: ("kind", _text), 2: ("namespace", _text), 3: ("name", _text), 4: ("uid", _text),
                        5: ("apiVersion", _text), 6: ("resourceVersion", _text), 7: ("fieldPath", _text)},
    "DeleteOptions": {1: ("gracePeriodSeconds", lambda raw: _signed(raw)), 4: ("propagationPolicy", _text),
                      5: ("dryRun", _list(_text))},
    "SelfSubjectAccessReview": {1: ("metadata", _message("ObjectMeta")), 2: ("spec", _message("AccessReviewSpec"))},
    "AccessReviewSpec": {1: ("resourceAttributes", _message("ResourceAttributes"))},
    "ResourceAttributes": {1: ("namespace", _text), 2: ("verb", _text), 3: ("group", _text), 4: ("version", _text),
                           5: ("resource", _text), 6: ("subresource", _text), 7: ("name", _text)},
    "SelfSubjectRulesReview": {1: ("metadata", _message("ObjectMeta"))},
    "SelfSubjectReview": {1: ("metadata", _message("ObjectMeta"))},
    "RoleBinding": {1: ("metadata", _message("ObjectMeta")), 2: ("subjects", _list(_message("Subject"))),
                    3: ("roleRef", _message("RoleRef"))},
    "ClusterRoleBinding": {1: ("metadata", _message("ObjectMeta")), 2: ("subjects", _list(_message("Subject"))),
                           3: ("roleRef", _message("RoleRef"))},
    "Subject": {1: ("kind", _text), 2: ("apiGroup", _text), 3: ("name", _text), 4: ("namespace", _text)},
    "RoleRef": {1: ("apiGroup", _text), 2: ("kind", _text), 3: ("name", _text)},
    "Role": {1: ("metadata", _message("ObjectMeta")), 2: ("rules", _list(_message("PolicyRule")))},
    "ClusterRole": {1: ("metadata", _message("ObjectMeta")), 2: ("rules", _list(_message("PolicyRule")))},
    "PolicyRule": {1: ("verbs", _list(_text)), 2: ("apiGroups", _list(lambda raw: raw.decode())),
                   3: ("resources", _list(_text)), 4: ("resourceNames", _list(_text)),
                   5: ("nonResourceURLs", _list(_text))},
}


def decode_message(name, data):
    layout, result = MESSAGES[name], {}
    for number, raw in _fields(data):
        if number not in layout:
            continue
        key, value_of = layout[number]
        if isinstance(value_of, tuple) and value_of[0] == "map":
            entry = dict(_fields(raw))
            result.setdefault(key, {})[entry.get(1, b"").decode()] = value_of[1](entry.get(2, b"")) or ""
        elif isinstance(value_of, tuple):
            result.setdefault(key, []).append(value_of[1](raw))
        else:
            value = value_of(raw)
            if value is not None:
                result[key] = value
    return result


def decode(body):
    """The object in a Kubernetes protobuf envelope."""
    if not body.startswith(MAGIC):
        raise unsupported_media("a protobuf body must begin with the Kubernetes magic")
    envelope = dict(_fields(body[4:]))
    meta = dict(_fields(envelope.get(1, b"")))
    api_version, kind = meta.get(1, b"").decode(), meta.get(2, b"").decode()
    if kind not in MESSAGES:
        raise unsupported_media(f"protobuf bodies of kind {kind} are not supported here: send JSON")
    result = decode_message(kind, envelope.get(2, b""))
    result["apiVersion"], result["kind"] = api_version, kind
    return result
