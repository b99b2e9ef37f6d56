"""crd - custom resources: their kinds, and whether objects fit the schema"""
# SPDX-License-Identifier: Apache-2.0
import re

from .kinds import Kind
from .status import invalid
from .store import clone, now

PLURAL = "customresourcedefinitions"
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
FREE = ("kind", "apiVersion", "metadata")


def _served(definition):
    return [v for v in definition["spec"].get("versions") or () if v.get("served", True)]


def kinds_of(definition):
    """The kinds of a CustomResourceDefinition, the storage version first."""
    spec = definition["spec"]
    names = spec["names"]
    found = []
    for version in sorted(_served(definition), key=lambda v: not v.get("storage")):
        subresources = version.get("subresources") or {}
        found.append(Kind(
            spec["group"], version["name"], names["plural"], names["kind"],
            namespaced=spec.get("scope") == "Namespaced", short=tuple(names.get("shortNames") or ()),
            status="status" in subresources, categories=tuple(names.get("categories") or ()),
            columns=tuple(version.get("additionalPrinterColumns") or ()),
            schema=(version.get("schema") or {}).get("openAPIV3Schema") or {}))
    return found


def register(registry, definition):
    """Serve what a stored definition says."""
    registry.remove(definition["spec"]["group"], definition["spec"]["names"]["plural"])
    for kind in kinds_of(definition):
        registry.add(kind)


def unregister(registry, definition):
    registry.remove(definition["spec"]["group"], definition["spec"]["names"]["plural"])


def _condition(kind, reason, message):
    return {"type": kind, "status": "True", "lastTransitionTime": now(), "reason": reason, "message": message}


def fill_definition(kind, obj, old):
    """Default and check a CustomResourceDefinition; it is established at once."""
    name, spec = obj["metadata"]["name"], obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    for key, value in (("group", spec.get("group")), ("names.plural", names.get("plural")),
                       ("names.kind", names.get("kind")), ("versions", spec.get("versions"))):
        if not value:
            raise invalid(kind, name, f"spec.{key}", "FieldValueRequired", "Required value")
    wanted = f'{names["plural"]}.{spec["group"]}'
    if name != wanted:
        raise invalid(kind, name, "metadata.name", "FieldValueInvalid",
                      f'Invalid value: "{name}": must be spec.names.plural+"."+spec.group')
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        raise invalid(kind, name, "spec.scope", "FieldValueRequired", "Required value")
    for index, version in enumerate(spec["versions"]):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            raise invalid(kind, name, f"spec.versions[{index}].schema.openAPIV3Schema", "FieldValueRequired",
                          "Required value: schemas are required")
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", names["kind"] + "List")
    spec.setdefault("conversion", {"strategy": "None"})
    if not old:
        storage = [v["name"] for v in spec["versions"] if v.get("storage")]
        obj["status"] = {"acceptedNames": clone(names), "storedVersions": storage, "conditions": [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            _condition("Established", "InitialNamesAccepted", "the initial names have been accepted")]}


# ---- objects against their schema ----

def _default(value, schema):
    """Fill in defaults; returns the value to store."""
    if isinstance(value, dict):
        for key, inner in (schema.get("properties") or {}).items():
            if key not in value and "default" in inner:
                value[key] = clone(inner["default"])
            if key in value:
                value[key] = _default(value[key], inner)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for key in value.keys() - (schema.get("properties") or {}).keys():
                value[key] = _default(value[key], extra)
    elif isinstance(value, list):
        return [_default(item, schema.get("items") or {}) for item in value]
    return value


def _prune(value, schema, path, is_root=False):
    """Take out, and yield the paths of, what the schema does not name."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _prune(item, schema.get("items") or {}, f"{path}[{index}]")
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return
    properties, extra = schema.get("properties") or {}, schema.get("additionalProperties")
    for key in list(value):
        where = f"{path}.{key}" if path else key
        if is_root and key in FREE:
            continue
        if key in properties:
            yield from _prune(value[key], properties[key], where)
        elif isinstance(extra, dict):
            yield from _prune(value[key], extra, where)
        elif not extra:
            del value[key]
            yield where


def unknown_fields(kind, obj):
    """Prune obj; the paths of what went."""
    return list(_prune(obj, kind.schema, "", is_root=True))


def _is(value, wanted):
    if wanted in ("integer", "number") and isinstance(value, bool):
        return False
    return isinstance(value, TYPES.get(wanted, object))


def _word(value):
    return next((name for name in ("boolean", "integer", "number", "string", "array", "object") if _is(value, name)),
                "null")


def _limits(value, schema):
    """What is wrong with a value of the right type: a message, or None."""
    if "enum" in schema and value not in schema["enum"]:
        words = ", ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in schema["enum"])
        return f"Unsupported value: {_quoted(value)}: supported values: {words}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return f"Invalid value: {_quoted(value)}: in body should match '{schema['pattern']}'"
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            return f"Invalid value: {_quoted(value)}: its length is outside of what the schema allows"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            return f"Invalid value: {value}: in body should be greater than or equal to {schema['minimum']}"
        if value > schema.get("maximum", value):
            return f"Invalid value: {value}: in body should be less than or equal to {schema['maximum']}"
    elif isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return f"Invalid value: {len(value)}: the number of items is outside of what the schema allows"
    return None


def _quoted(value):
    return f'"{value}"' if isinstance(value, str) else str(value)


def _faults(value, schema, path):
    """(path, message) for each thing that does not fit."""
    if value is None and schema.get("nullable"):
        return
    if schema.get("x-kubernetes-int-or-string"):
        if not (isinstance(value, str) or _is(value, "integer")):
            yield path, f'Invalid value: "{_word(value)}": {path} in body must be an integer or a string'
        return
    if "type" in schema and not _is(value, schema["type"]):
        yield path, f'Invalid value: "{_word(value)}": {path} in body must be of type {schema["type"]}: ' \
                    f'"{_word(value)}"'
        return
    message = _limits(value, schema)
    if message:
        yield path, message
    if isinstance(value, dict):
        properties, extra = schema.get("properties") or {}, schema.get("additionalProperties")
        for key in schema.get("required") or ():
            if key not in value:
                yield f"{path}.{key}" if path else key, "Required value"
        for key, item in value.items():
            inner = properties.get(key) or (extra if isinstance(extra, dict) else None)
            if inner:
                yield from _faults(item, inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, schema.get("items") or {}, f"{path}[{index}]")


def fill(kind, obj):
    """Default, prune and check a custom resource in place."""
    unknown_fields(kind, obj)
    _default(obj, kind.schema)
    body = {k: v for k, v in obj.items() if k not in FREE}
    found = list(_faults(body, {k: v for k, v in kind.schema.items() if k != "required"}, ""))
    found += [(key, "Required value") for key in kind.schema.get("required") or () if key not in obj]
    if not found:
        return
    error = invalid(kind, obj["metadata"]["name"], found[0][0], "FieldValueInvalid", found[0][1])
    details = error.body["details"]
    details["causes"] = [{"reason": "FieldValueInvalid", "message": m, "field": p} for p, m in found]
    if len(found) > 1:
        text = ", ".join(f"{p}: {m}" for p, m in found)
        error.body["message"] = f'{kind.kind}.{kind.group} "{obj["metadata"]["name"]}" is invalid: [{text}]'
    raise error
