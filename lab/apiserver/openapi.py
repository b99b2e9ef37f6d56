"""openapi - the least of an OpenAPI document that keeps kubectl content

An empty version 2 document passes every validation. Older kubectls look into it
for one thing, whether a kind's PATCH takes dryRun, so it says that of all kinds.
Version 3 is there for custom resources only, for `kubectl explain`.
"""
# SPDX-License-Identifier: Apache-2.0
from .http import Response
from .status import unknown_path

V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def _size(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def _field(number, value):
    """A protobuf field of text or bytes."""
    data = value.encode() if isinstance(value, str) else value
    return _size(number << 3 | 2) + _size(len(data)) + data


def _patch_operation(kind):
    parameter = _field(1, _field(2, _field(3, _field(2, "query") + _field(4, "dryRun") + _field(6, "string"))))
    yaml = f'group: "{kind.group}"\nkind: {kind.kind}\nversion: {kind.version}\n'
    extension = _field(1, "x-kubernetes-group-version-kind") + _field(2, _field(2, yaml))
    return _field(8, parameter) + _field(13, extension)


def _prefix(kind):
    root = f"/apis/{kind.group}" if kind.group else "/api"
    return f"{root}/{kind.version}" + ("/namespaces/{namespace}" if kind.namespaced else "")


def version_2(registry):
    paths = b"".join(_field(2, _field(1, f"{_prefix(kind)}/{kind.plural}/{{name}}")
                            + _field(2, _field(8, _patch_operation(kind)))) for kind in registry.by_path.values())
    return _field(1, "2.0") + _field(8, paths)


def _version_3(kinds):
    """The document of one group and version."""
    paths, schemas = {}, {}
    for kind in kinds:
        tag = {"group": kind.group, "kind": kind.kind, "version": kind.version}
        paths[f"{_prefix(kind)}/{kind.plural}/{{name}}"] = {"get": {"x-kubernetes-group-version-kind": tag}}
        schemas[f"{kind.group}.{kind.version}.{kind.kind}"] = dict(
            kind.schema, **{"x-kubernetes-group-version-kind": [tag]})
    return {"openapi": "3.0.0", "info": {"title": "lab", "version": "v1"}, "paths": paths,
            "components": {"schemas": schemas}}


def answer(registry, path):
    if path == "/openapi/v2":
        return Response(200, version_2(registry), V2_TYPE)
    custom = [k for k in registry.by_path.values() if k.custom]
    if path == "/openapi/v3" and custom:
        return Response(200, {"paths": {f"apis/{k.api_version}": {"serverRelativeURL": f"/openapi/v3/apis/{k.api_version}"}
                                        for k in custom}})
    chosen = [k for k in custom if path == f"/openapi/v3/apis/{k.api_version}"]
    if not chosen:
        raise unknown_path()
    return Response(200, _version_3(chosen))
