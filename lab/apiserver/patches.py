"""patches - JSON patch, merge patch, strategic merge and server-side apply"""
# SPDX-License-Identifier: Apache-2.0
import copy

from .status import ApiError, bad_request

# Lists that strategic merge joins by a key; all others are replaced whole.
MERGE_KEYS = {
    "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "env": "name",
    "volumes": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath",
    "imagePullSecrets": "name", "secrets": "name", "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey", "ownerReferences": "uid", "conditions": "type",
    "addresses": "type", "podIPs": "ip", "hostIPs": "ip",
}
MERGED_VALUES = {"finalizers", "podCIDRs"}


def _merge_key(path, name):
    if name == "ports":
        return "port" if path[:1] == ["spec"] and "containers" not in path else "containerPort"
    if name == "addresses" and path[:1] != ["status"]:
        return None
    return MERGE_KEYS.get(name)


def merge_patch(target, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def strategic(target, patch, path=()):
    """Kubernetes' strategic merge; directives never reach the result."""
    path = list(path)
    if patch.get("$patch") == "replace":
        return {k: copy.deepcopy(v) for k, v in patch.items() if k != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    result = dict(target or {})
    if "$retainKeys" in patch:
        result = {k: v for k, v in result.items() if k in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.split("/", 1)[1]
            result[name] = [v for v in result.get(name) or [] if v not in value]
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            held = result.get(key)
            result[key] = strategic(held if isinstance(held, dict) else {}, value, path + [key])
        elif isinstance(value, list):
            result[key] = _merge_list(result.get(key), value, path, key, patch.get("$setElementOrder/" + key))
        else:
            result[key] = value
    for key, order in patch.items():
        if key.startswith("$setElementOrder/"):
            name = key.split("/", 1)[1]
            if isinstance(result.get(name), list):
                result[name] = _ordered(result[name], order, _merge_key(path, name))
    return result


def _merge_list(held, patch, path, name, _order):
    key = _merge_key(path, name)
    if name in MERGED_VALUES:
        return list(held or []) + [v for v in patch if v not in (held or [])]
    if key is None or not all(isinstance(i, dict) for i in patch):
        return copy.deepcopy(patch)
    if any(i.get("$patch") == "replace" for i in patch):
        return [copy.deepcopy(i) for i in patch if "$patch" not in i]
    result = list(held or [])
    for item in patch:
        at = next((i for i, h in enumerate(result) if h.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            if at is not None:
                del result[at]
        elif at is None:
            result.append(strategic({}, item, path + [name]))
        else:
            result[at] = strategic(result[at], item, path + [name])
    return result


def _ordered(items, order, key):
    wanted = [o.get(key) if isinstance(o, dict) else o for o in order]

    def rank(item):
        value = item.get(key) if isinstance(item, dict) else item
        return wanted.index(value) if value in wanted else len(wanted)

    return sorted(items, key=rank)


def _pointer(path):
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def json_patch(target, operations):
    """RFC 6902, the operations that kubectl sends: add, remove, replace, test, copy, move."""
    result = copy.deepcopy(target)
    for operation in operations:
        try:
            _one_operation(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ApiError(422, "Invalid",
                           f"the server rejected our request due to an error in our request: {operation}") from error
    return result


def _walk(document, parts):
    for part in parts:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def _one_operation(document, operation):
    parts = _pointer(operation["path"])
    parent, last = _walk(document, parts[:-1]), parts[-1]
    name = operation["op"]
    if name in ("copy", "move"):
        source = _pointer(operation["from"])
        value = copy.deepcopy(_walk(document, source))
        if name == "move":
            del _walk(document, source[:-1])[source[-1]]
    else:
        value = operation.get("value")
    if name == "test":
        if _walk(document, parts) != value:
            raise ValueError("test failed")
    elif isinstance(parent, list):
        if name == "remove":
            del parent[int(last)]
        elif name == "replace":
            parent[int(last)] = value
        else:
            parent.insert(len(parent) if last == "-" else int(last), value)
    elif name == "remove":
        del parent[last]
    elif name == "replace":
        parent[last]  # pylint: disable=pointless-statement
        parent[last] = value
    else:
        parent[last] = value


def _leaves_gone(before, now, target):
    """Remove from target what the manager had said before and says no more."""
    for key, value in before.items():
        if key not in now:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(now[key], dict) and isinstance(target.get(key), dict):
            _leaves_gone(value, now[key], target[key])


def apply(target, document, before, is_custom):
    """Server-side apply without detection of conflicts."""
    result = copy.deepcopy(target)
    if before:
        _leaves_gone(before, document, result)
    return merge_patch(result, document) if is_custom else strategic(result, document)


def apply_patch(content_type, target, document, is_custom):
    if content_type.startswith("application/json-patch+json"):
        if not isinstance(document, list):
            raise bad_request("a JSON patch is a list of operations")
        return json_patch(target, document)
    if not isinstance(document, dict):
        raise bad_request("a patch must be an object")
    if content_type.startswith("application/strategic-merge-patch+json"):
        if is_custom:
            raise ApiError(415, "UnsupportedMediaType",
                           "the body of the request was in an unknown format - accepted media types include: "
                           "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
        return strategic(target, document)
    return merge_patch(target, document)
