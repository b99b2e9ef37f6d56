"""bodies - what a request carries, decoded and held against the fields of its kind"""
# SPDX-License-Identifier: Apache-2.0
import json

from . import crd, protobuf, typed
from .status import bad_request, unsupported_media


def decode(request, kind=None):
    """The object of a request; kind: the only one that fits."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip()
    if content_type == "application/vnd.kubernetes.protobuf":
        obj = protobuf.decode(request.body)
    elif content_type in ("application/json", ""):
        obj = parse(request.body)
    else:
        raise unsupported_media(f"the body of the request was in an unknown format: {content_type}")
    if not isinstance(obj, dict):
        raise bad_request("the body must be an object")
    if kind and obj.get("kind") not in (None, kind.kind):
        raise bad_request(f"an object of kind {obj.get('kind')} was sent where {kind.kind} is wanted")
    if kind and obj.get("apiVersion") not in (None, kind.api_version):
        raise bad_request(f"the API version in the data ({obj['apiVersion']}) does not match the expected API "
                          f"version ({kind.api_version})")
    if not isinstance(obj.get("metadata") or {}, dict):
        raise bad_request("metadata must be an object")
    return obj


def parse(body):
    try:
        return json.loads(body)
    except ValueError as error:
        raise bad_request(f"the body is not valid JSON: {error}") from None


def check(request, kind, obj):
    """Refuse wrong types, and unknown fields where the request wants that. Returns headers of the answer."""
    unknown = typed.check(kind, obj)
    if kind.custom:
        unknown += crd.unknown_fields(kind, obj)
    wanted = request.query.get("fieldValidation", "Ignore")
    if unknown and wanted == "Strict":
        raise bad_request("strict decoding error: " + ", ".join(f'unknown field "{path}"' for path in unknown))
    if unknown and wanted == "Warn":
        return {"Warning": ", ".join(f'299 - "unknown field \\"{path}\\""' for path in unknown)}
    return {}
