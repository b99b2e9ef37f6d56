"""patches - JSON patch, merge patch, strategic merge and server-side apply"""
# SPDX-License-Identifier: Apache-2.0
import copy

from .status import ApiError, bad_request, unsupported_media

# Lists that strategic merge joins by keys; all others are replaced whole.
MERGE_KEYS = {
    "containers": ("name",), "initContainers": ("name",), "ephemeralContainers": ("name",), "env": ("name",),
    "volumes": ("name",), "volumeMounts": ("mountPath",), "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",), "secrets": ("name",), "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",), "ownerReferences": ("uid",), "conditions": ("type",),
    "podIPs": ("ip",), "hostIPs": ("ip",),
}
MERGED_VALUES = {"finalizers", "podCIDRs"}


def _merge_keys(path, name, by_protocol=False):
    """The fields that identify an item of a list; None: the list is replaced whole.

    Server-side apply tells ports of equal number apart by protocol; strategic merge does not.
    """
    protocol = ("protocol",) if by_protocol else ()
    if name == "ports":
        if path and path[-1] in ("containers", "initContainers"):
            return ("containerPort", *protocol)
        return ("port", *protocol) if path == ["spec"] else None
    if name == "addresses":
        return ("type",) if path == ["status"] else None
    if name == "conditions" and path != ["status"]:
        return None
    return MERGE_KEYS.get(name)


def _identity(item, keys):
    return tuple(item.get(k, "TCP" if k == "protocol" else None) for k in keys)


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


def strategic(target, patch, path=(), by_protocol=False):
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
            result[key] = strategic(held if isinstance(held, dict) else {}, value, path + [key], by_protocol)
        elif isinstance(value, list):
            result[key] = _merge_list(result.get(key), value, path + [key], by_protocol)
        else:
            result[key] = value
    for key, order in patch.items():
        name = key.removeprefix("$setElementOrder/")
        if name != key and isinstance(result.get(name), list):
            result[name] = _ordered(result[name], order, (_merge_keys(path, name) or (None,))[0])
    return result


def _merge_list(held, patch, path, by_protocol):
    """Merge a list at a path, the last part of which is its name."""
    held, name = list(held or []), path[-1]
    if name in MERGED_VALUES:
        return held + [v for v in patch if v not in held]
    keys = _merge_keys(path[:-1], name, by_protocol)
    if keys is None or not all(isinstance(i, dict) for i in patch):
        return copy.deepcopy(patch)
    if any(i.get("$patch") == "replace" for i in patch):
        return [copy.deepcopy(i) for i in patch if "$patch" not in i]
    for item in patch:
        wanted = _identity(item, keys)
        at = next((i for i, h in enumerate(held) if _identity(h, keys) == wanted), None)
        if item.get("$patch") == "delete":
            held = [h for h in held if _identity(h, keys) != wanted]
        elif at is None:
            held.append(strategic({}, item, path, by_protocol))
        else:
            held[at] = strategic(held[at], item, path, by_protocol)
    return held


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
    if not parts:
        raise ValueError("an operation on the whole object")
    parent, last = _walk(document, parts[:-1]), parts[-1]
    name = operation["op"]
    if name in ("copy", "move"):
        source = _pointer(operation["from"])
        value = copy.deepcopy(_walk(document, source))
        if name == "move":
            origin = _walk(document, source[:-1])
            del origin[int(source[-1]) if isinstance(origin, list) else source[-1]]
            parent = _walk(document, parts[:-1])
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
            at = len(parent) if last == "-" else int(last)
            if not 0 <= at <= len(parent):
                raise IndexError(last)
            parent.insert(at, value)
    elif name == "remove":
        del parent[last]
    elif name == "replace":
        parent[last]  # pylint: disable=pointless-statement
        parent[last] = value
    else:
        parent[last] = value


def _leaves_gone(before, now, target, path=()):
    """Remove from target, a copy, what the manager had said before and says no more."""
    for key, value in before.items():
        held = target.get(key)
        if key not in now:
            if isinstance(value, dict) and isinstance(held, dict):
                _leaves_gone(value, {}, held, [*path, key])
                if not held:
                    del target[key]
            elif isinstance(value, list) and isinstance(held, list):
                target[key] = _items_gone(value, [], held, [*path, key])
                if not target[key]:
                    del target[key]
            else:
                target.pop(key, None)
        elif isinstance(value, dict) and isinstance(now[key], dict) and isinstance(held, dict):
            _leaves_gone(value, now[key], held, [*path, key])
        elif isinstance(value, list) and isinstance(now[key], list) and isinstance(held, list):
            target[key] = _items_gone(value, now[key], held, [*path, key])


def _items_gone(before, now, held, path):
    if path[-1] in MERGED_VALUES:
        return [v for v in held if v not in before or v in now]
    keys = _merge_keys(path[:-1], path[-1], by_protocol=True)
    if keys is None:
        return held if now else []
    said = {_identity(item, keys): item for item in now}
    had = {_identity(item, keys): item for item in before}
    kept = []
    for item in held:
        identity = _identity(item, keys)
        if identity in had and identity in said:
            _leaves_gone(had[identity], said[identity], item, path)
        if identity in said or identity not in had:
            kept.append(item)
    return kept


def apply(target, document, before, is_custom):
    """Server-side apply without detection of conflicts."""
    result = copy.deepcopy(target)
    if before:
        _leaves_gone(before, document, result)
    return merge_patch(result, document) if is_custom else strategic(result, document, by_protocol=True)


def apply_patch(content_type, target, document, is_custom):
    if content_type.startswith("application/json-patch+json"):
        if not isinstance(document, list):
            raise bad_request("a JSON patch is a list of operations")
        return json_patch(target, document)
    if not isinstance(document, dict):
        raise bad_request("a patch must be an object")
    if content_type.startswith("application/strategic-merge-patch+json"):
        if is_custom:
            raise unsupported_media(
                "the body of the request was in an unknown format - accepted media types include: "
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
        return strategic(target, document)
    if content_type.startswith("application/merge-patch+json"):
        return merge_patch(target, document)
    raise unsupported_media(f"the body of the request was in an unknown format: {content_type}")
