"""selectors - label and field selectors of a query"""
# SPDX-License-Identifier: Apache-2.0
import re

from .names import LABEL_KEY, LABEL_VALUE
from .status import bad_request

FIELDS = {
    "Pod": {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
            "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"},
    "Event": {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
              "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
              "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"},
    "Node": {"spec.unschedulable"},
    "Namespace": {"status.phase"},
    "Secret": {"type"},
    "Service": {"spec.clusterIP", "spec.type"},
    "ReplicaSet": {"status.replicas"},
}


REGARDING = {"regarding." + part: "involvedObject." + part
             for part in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")}


def _terms(text):
    """Split at commas that stand outside of parentheses."""
    return [t.strip() for t in re.split(r",(?![^(]*\))", text) if t.strip()]


def _check_term(term, key, values=()):
    if not LABEL_KEY.fullmatch(key) or not all(map(LABEL_VALUE.fullmatch, values)):
        raise bad_request(f"unable to parse requirement: {term!r}")


def _label_term(term):
    match = re.fullmatch(r"(\S+)\s+(in|notin)\s*\((.*)\)", term)
    if match:
        key, verb, values = match.groups()
        chosen = {v.strip() for v in values.split(",")}
        _check_term(term, key, chosen)
        if verb == "in":
            return lambda labels: labels.get(key) in chosen
        return lambda labels: labels.get(key) not in chosen
    for operator, equal in (("!=", False), ("==", True), ("=", True)):
        if operator in term:
            key, value = (part.strip() for part in term.split(operator, 1))
            _check_term(term, key, (value,))
            if equal:
                return lambda labels: labels.get(key) == value
            return lambda labels: labels.get(key) != value
    _check_term(term, term.lstrip("! "))
    if term.startswith("!"):
        return lambda labels: term[1:].strip() not in labels
    return lambda labels: term in labels


def label_selector(text):
    """A function of an object, or None for no selector."""
    if not text:
        return None
    tests = [_label_term(t) for t in _terms(text)]
    return lambda obj: all(test(obj["metadata"].get("labels") or {}) for test in tests)


def _field_value(obj, path):
    if path == "source" and obj.get("kind") == "Event":
        path = "source.component"
    value = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def field_selector(kind, text):
    if not text:
        return None
    allowed = FIELDS.get(kind.kind, set()) | {"metadata.name", "metadata.namespace"}
    if kind.view:
        allowed = allowed | REGARDING.keys()
    tests = []
    for term in _terms(text):
        operator = next((o for o in ("!=", "==", "=") if o in term), None)
        if operator is None:
            raise bad_request(f"invalid field selector {term!r}")
        path, value = (part.strip() for part in term.split(operator, 1))
        if path not in allowed:
            raise bad_request(f"field label not supported: {path}")
        tests.append((REGARDING.get(path, path), value, operator != "!="))
    return lambda obj: all((_field_value(obj, p) == v) == equal for p, v, equal in tests)


def both(kind, query):
    """The selector of a query as one function of an object, or None."""
    tests = [t for t in (label_selector(query.get("labelSelector")),
                         field_selector(kind, query.get("fieldSelector"))) if t]
    if not tests:
        return None
    return lambda obj: all(test(obj) for test in tests)


def matches_labels(selector, labels):
    """A LabelSelector object against labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for term in selector.get("matchExpressions") or []:
        key, operator, values = term["key"], term["operator"], term.get("values") or []
        held = {"In": labels.get(key) in values, "NotIn": labels.get(key) not in values,
                "Exists": key in labels, "DoesNotExist": key not in labels}[operator]
        if not held:
            return False
    return True
