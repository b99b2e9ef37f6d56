"""names - which names and labels an object may have"""
# SPDX-License-Identifier: Apache-2.0
import random
import re

from .status import invalid

LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
RULES = {  # pattern, longest, what the refusal says
    "subdomain": (rf"{LABEL}(\.{LABEL})*", 253,
                  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                  "and must start and end with an alphanumeric character (e.g. 'example.com')"),
    "label": (LABEL, 63,
              "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
              "and end with an alphanumeric character (e.g. 'my-name', or '123-abc')"),
    "service": (r"[a-z]([-a-z0-9]*[a-z0-9])?", 63,
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                "alphabetic character, and end with an alphanumeric character (e.g. 'my-name', or 'abc-123')"),
    "path": (r"(?!\.\.?$)[^/%]+", 253, "may not be '.' or '..' and may not contain '/' or '%'"),
}
OF_KIND = {"Service": "service", "Namespace": "label", "Role": "path", "RoleBinding": "path",
           "ClusterRole": "path", "ClusterRoleBinding": "path"}
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
LABEL_KEY = re.compile(rf"({LABEL}(\.{LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def generated(prefix):
    return prefix + "".join(random.choices(LETTERS, k=5))


def is_subdomain(text):
    pattern, longest, _ = RULES["subdomain"]
    return len(text) <= longest and re.fullmatch(pattern, text) is not None


def check(kind, meta):
    """Raises 422 for a name or a label that a real server refuses."""
    name = meta["name"]
    pattern, longest, message = RULES[OF_KIND.get(kind.kind, "subdomain")]
    if not re.fullmatch(pattern, name):
        raise invalid(kind, name, "metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {message}')
    if len(name) > longest:
        raise invalid(kind, name, "metadata.name", "FieldValueInvalid",
                      f'Invalid value: "{name}": must be no more than {longest} characters')
    for key, value in (meta.get("labels") or {}).items():
        if not LABEL_KEY.fullmatch(key) or len(key.rpartition("/")[2]) > 63:
            raise invalid(kind, name, "metadata.labels", "FieldValueInvalid",
                          f'Invalid value: "{key}": name part must consist of alphanumeric characters, \'-\', \'_\' '
                          "or '.', and must start and end with an alphanumeric character")
        if not LABEL_VALUE.fullmatch(value) or len(value) > 63:
            raise invalid(kind, name, "metadata.labels", "FieldValueInvalid",
                          f'Invalid value: "{value}": a valid label must be an empty string or at most 63 '
                          "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                          "character")
