"""views - the same stored object under another API version

Events are stored in their core form and seen in events.k8s.io too; the versions
of a custom resource differ in their apiVersion alone.
"""
# SPDX-License-Identifier: Apache-2.0
import json

EVENT_FIELDS = {"involvedObject": "regarding", "message": "note", "source": "deprecatedSource",
                "firstTimestamp": "deprecatedFirstTimestamp", "lastTimestamp": "deprecatedLastTimestamp",
                "count": "deprecatedCount", "reportingComponent": "reportingController"}
CORE_FIELDS = {new: old for old, new in EVENT_FIELDS.items()}


def shown(kind, obj):
    """A stored object as kind shows it."""
    if obj["apiVersion"] == kind.api_version:
        return obj
    names = EVENT_FIELDS if kind.view else {}
    return dict({names.get(key, key): value for key, value in obj.items()}, apiVersion=kind.api_version)


def shown_bytes(kind, entry):
    if entry.obj["apiVersion"] == kind.api_version:
        return entry.bytes
    return json.dumps(shown(kind, entry.obj), separators=(",", ":")).encode()


def stored(kind, obj):
    """An object that came in as kind, as it is stored."""
    if not kind.view:
        return obj
    return dict({CORE_FIELDS.get(key, key): value for key, value in obj.items()}, apiVersion="v1")
