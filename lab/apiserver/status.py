"""status - refusals as Kubernetes words them"""
# SPDX-License-Identifier: Apache-2.0


REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
           409: "Conflict", 410: "Expired", 415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests",
           500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


class ApiError(Exception):
    """An answer other than success: a Status object and its HTTP code."""

    def __init__(self, code, reason, message, details=None, headers=None):
        super().__init__(message)
        self.code = code
        self.headers = headers or {}
        self.body = {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        }
        if details:
            self.body["details"] = details


def plural_of(kind):
    return kind.plural + ("." + kind.group if kind.group else "")


def not_found(kind, name):
    return ApiError(404, "NotFound", f'{plural_of(kind)} "{name}" not found',
                    {"name": name, "group": kind.group, "kind": kind.plural})


def already_exists(kind, name):
    return ApiError(409, "AlreadyExists", f'{plural_of(kind)} "{name}" already exists',
                    {"name": name, "group": kind.group, "kind": kind.plural})


def conflict(kind, name):
    return ApiError(409, "Conflict",
                    f'Operation cannot be fulfilled on {plural_of(kind)} "{name}": the object has been '
                    "modified; please apply your changes to the latest version and try again",
                    {"name": name, "group": kind.group, "kind": kind.plural})


def unmet_precondition(kind, name, word, wanted, held):
    return ApiError(409, "Conflict",
                    f'Operation cannot be fulfilled on {plural_of(kind)} "{name}": Precondition failed: {word} in '
                    f"precondition: {wanted}, {word} in object meta: {held}",
                    {"name": name, "group": kind.group, "kind": kind.plural})


def invalid(kind, name, field, reason, message):
    full = kind.kind + ("." + kind.group if kind.group else "")
    return ApiError(422, "Invalid", f'{full} "{name}" is invalid: {field}: {message}',
                    {"name": name, "group": kind.group, "kind": kind.kind,
                     "causes": [{"reason": reason, "message": message, "field": field}]})


def bad_request(message):
    return ApiError(400, "BadRequest", message)


def unknown_path():
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def expired(message="The resourceVersion for the provided watch is too old."):
    return ApiError(410, "Expired", message)


def method_not_allowed():
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def unsupported_media(message):
    return ApiError(415, "UnsupportedMediaType", message)


def success(details=None):
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if details:
        body["details"] = details
    return body
