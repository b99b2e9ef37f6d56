"""protobuf - request bodies of newer kubectls as objects

A generic decoder over the fields in messages.py. What is empty on the wire is
absent in the object, as the encoder cannot tell.
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import datetime

from . import messages
from .status import bad_request, unsupported_media

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
        elif wire in (1, 2, 5):
            size, at = _varint(data, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            if at + size > len(data):
                raise IndexError("a field is longer than its message")
            value, at = data[at:at + size], at + size
        else:
            raise unsupported_media("protobuf groups are not supported")
        yield number, value


def _signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def _moment(raw, form):
    parts = dict(_fields(raw))
    if not parts.get(1):
        return None
    moment = datetime.datetime.fromtimestamp(_signed(parts[1]), datetime.timezone.utc)
    return form(moment.strftime("%Y-%m-%dT%H:%M:%S"), parts.get(2, 0))


def _int_or_string(raw):
    parts = dict(_fields(raw))
    if parts.get(1):
        return parts.get(3, b"").decode()
    return _signed(parts.get(2, 0))


SCALARS = {
    "s": lambda raw: raw.decode(),
    "i": _signed,
    "b": bool,
    "B": lambda raw: base64.b64encode(raw).decode(),
    "t": lambda raw: _moment(raw, lambda text, _nanos: text + "Z"),
    "u": lambda raw: _moment(raw, lambda text, nanos: f"{text}.{nanos // 1000:06d}Z"),
    "x": _int_or_string,
    "q": lambda raw: dict(_fields(raw)).get(1, b"").decode(),
}


def _value(kind, raw):
    return SCALARS[kind](raw) if kind in SCALARS else decode_message(kind, raw)


def decode_message(name, data):
    layout, result = messages.BY_NUMBER[name], {}
    for number, raw in _fields(data):
        field = layout.get(number)
        if field is None or field.type == "a":
            continue
        if field.shape == "{}":
            entry = dict(_fields(raw))
            result.setdefault(field.name, {})[entry.get(1, b"").decode()] = _value(field.type, entry.get(2, b""))
        elif field.shape == "[]":
            result.setdefault(field.name, []).append(_value(field.type, raw))
        else:
            value = _value(field.type, raw)
            if value or field.keep_zero:
                result[field.name] = value
    return result


def decode(body):
    """The object in a Kubernetes protobuf envelope."""
    if not body.startswith(MAGIC):
        raise unsupported_media("a protobuf body must begin with the Kubernetes magic")
    try:
        envelope = dict(_fields(body[len(MAGIC):]))
        meta = dict(_fields(envelope.get(1, b"")))
        api_version, kind = meta.get(1, b"").decode(), meta.get(2, b"").decode()
        name = messages.of(api_version, kind)
        if name is None:
            raise unsupported_media(f"protobuf bodies of kind {kind} are not supported here: send JSON")
        result = decode_message(name, envelope.get(2, b""))
    except (IndexError, UnicodeDecodeError, TypeError) as error:
        raise bad_request(f"the protobuf body is broken: {error}") from None
    result["apiVersion"], result["kind"] = api_version, kind
    return result
