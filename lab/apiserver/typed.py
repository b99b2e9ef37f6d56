"""typed - is an object made of the fields and types that its kind has

Wrong types are refused as a Go decoder does; unknown fields are returned, as it
depends on the request whether they are a mistake.
"""
# SPDX-License-Identifier: Apache-2.0
import re

from . import messages
from .status import bad_request

MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


CHECKS = {
    "s": lambda v: isinstance(v, str),
    "i": _is_integer,
    "b": lambda v: isinstance(v, bool),
    "B": lambda v: isinstance(v, str),
    "t": lambda v: isinstance(v, str) and TIME.fullmatch(v),
    "u": lambda v: isinstance(v, str) and MICRO_TIME.fullmatch(v),
    "x": lambda v: _is_integer(v) or isinstance(v, str),
    "q": lambda v: isinstance(v, (str, float)) or _is_integer(v),
    "a": lambda v: True,
}
WORDS = {"s": "string", "i": "int32", "b": "bool", "B": "base64 string", "t": "time", "x": "int or string",
         "u": "time with six digits of a second", "q": "quantity"}


def _json_word(value):
    if isinstance(value, bool):
        return "bool"
    return {str: "string", int: "number", float: "number", list: "array", dict: "object"}.get(type(value), "null")


class _Check:
    def __init__(self, kind):
        self.kind = kind
        self.unknown = []

    def _refuse(self, path, value, wanted):
        raise bad_request(f'{self.kind.kind} in version "{self.kind.version}" cannot be handled as a '
                          f"{self.kind.kind}: json: cannot unmarshal {_json_word(value)} into Go struct field "
                          f"{path} of type {wanted}")

    def _one(self, path, value, kind):
        if kind not in CHECKS:
            self.message(path, value, kind)
        elif not CHECKS[kind](value):
            self._refuse(path, value, WORDS[kind])

    def _field(self, path, value, field):
        if field.shape == "[]":
            if not isinstance(value, list):
                self._refuse(path, value, f"[]{WORDS.get(field.type, field.type)}")
            for index, item in enumerate(value):
                self._one(f"{path}[{index}]", item, field.type)
        elif field.shape == "{}":
            if not isinstance(value, dict):
                self._refuse(path, value, f"map[string]{WORDS.get(field.type, field.type)}")
            for key, item in value.items():
                if item is None:
                    value[key] = ""
                else:
                    self._one(path, item, field.type)
        else:
            self._one(path, value, field.type)

    def message(self, path, value, name):
        """Check a message; what is null goes, as it does in Go."""
        if not isinstance(value, dict):
            self._refuse(path or self.kind.kind, value, name)
        fields = messages.BY_NAME[name]
        for key in list(value):
            where = f"{path}.{key}" if path else key
            if value[key] is None:
                del value[key]
            elif key in fields:
                self._field(where, value[key], fields[key])
            elif path or key not in ("kind", "apiVersion"):
                self.unknown.append(where)


def check(kind, obj):
    """Unknown fields of obj, which loses its nulls; raises 400 for a wrong type."""
    name = messages.of(kind.api_version, kind.kind)
    found = _Check(kind)
    if name:
        found.message("", obj, name)
    elif obj.get("metadata") is not None:
        found.message("metadata", obj["metadata"], "ObjectMeta")
    return found.unknown
