"""scenario - what a scenario file may hold, and which of its scenarios are run"""
# SPDX-License-Identifier: Apache-2.0
import json
import re

# What the product can do. A scenario that needs more is skipped.
SUPPORTED = {
    "controller": {
        "configmap", "events", "metrics", "restart", "ipv6", "ipv6-pools", "shared-ip", "dualstack", "lbclass",
        "lbips-annotation", "pool-note", "crd", "namespace-pools", "namespaces-selector", "svc-selector",
        "pool-priority", "pool-status", "configstate",
    },
    "speaker": {
        "configmap", "events", "metrics", "restart", "ipv6-pools", "shared-ip", "dualstack", "lbclass", "election-ip",
        "memberlist", "endpointslices", "exclude-lb", "exclude-l2", "node-conditions", "arp", "slow",
        "crd", "node-selector", "pool-selector", "adv-svc-selector", "adv-interfaces", "preferred-nodes", "l2status",
    },
    "vector": {"election-ip", "ipv6"},  # a speaker's that asks the election alone
}
FOLLOWED = {"HEAD", "both"}

COMMON_OPS = {
    "apply_config": {"config"}, "delete_config": set(), "apply": {"object"},
    "patch": {"kind", "namespace", "name", "merge"}, "delete": {"kind", "namespace", "name"},
    "set_status": {"kind", "namespace", "name", "status"},
    "expect_config": {"valid", "loaded", "stale", "reason", "error_mentions_any", "component"},
    "expect_event": {"service", "type", "reason", "message_contains", "absent"},
    "expect_metric": {"component", "node", "name", "labels", "value", "ge", "absent"},
    "expect_status": {"kind", "namespace", "name", "status", "condition", "labels", "owner_kind", "summary_contains"},
    "wait_ms": {"ms"},
}
CONTROLLER_OPS = {
    "start": {"component"}, "stop": {"component"}, "restart": {"component"},
    "expect": {"service", "ip", "ips", "ordered", "ip_in", "not_ip", "count", "annotations", "stable_ms"},
    "expect_all": {"services", "ip_set", "ip_in", "distinct", "same", "must_include"},
    "expect_unchanged": {"service"}, "api_fault": {"verb", "path", "codes"},
    "admit": {"operation", "object", "allowed", "message_contains"},
    "expect_http": {"component", "port", "path", "reachable"},
}
BURST = {"node", "iface", "ip", "rounds", "interval_ms", "tolerance_ms", "within_ms", "per_round", "fields", "since",
         "min_rounds"}
SPEAKER_OPS = {
    "nodes": {"nodes"}, "node_update": {"name", "labels", "conditions", "unschedulable"},
    "memberlist": {"disabled", "alive"}, "endpoints": {"service", "slices", "delete"},
    "expect_announcer": {"service", "ip", "node", "interfaces", "reasons"},
    "expect_service_node": {"service", "node"},
    "expect_l2status": {"service", "node", "count", "interfaces", "labels", "namespace", "owner_kind", "status"},
    "arp_probe": {"node", "iface", "target_ip", "eth_dst", "arp_op", "sender_ip", "sender_mac", "expect", "reply",
                  "drop_reason"},
    "ndp_probe": {"node", "iface", "type", "target_ip", "source_ll_option", "ip_dst", "expect", "reply",
                  "drop_reason"},
    "expect_garp": BURST, "expect_unsolicited_na": BURST,
    "expect_no_garp": {"node", "iface", "ip", "during_ms", "lookback_ms"},
    "link": {"node", "iface", "action", "master"},
    "hash_order": {"key", "candidates", "order", "digests"}, "hash_owner": {"candidates", "owners"},
}
NEEDED = {  # of the fields above, those without which the operation says nothing
    "apply_config": {"config"}, "apply": {"object"}, "patch": {"kind", "name", "merge"}, "delete": {"kind", "name"},
    "set_status": {"kind", "name", "status"}, "expect_config": {"valid"}, "expect_event": {"service", "reason"},
    "expect_metric": {"name"}, "expect_status": {"kind", "name", "status"}, "wait_ms": {"ms"},
    "expect": {"service"}, "expect_all": {"services"}, "expect_unchanged": {"service"},
    "api_fault": {"verb", "path", "codes"}, "admit": {"operation", "object", "allowed"},
    "expect_http": {"port", "reachable"},
    "nodes": {"nodes"}, "node_update": {"name"}, "endpoints": {"service"}, "expect_announcer": {"ip", "node"},
    "expect_service_node": {"service", "node"}, "expect_l2status": {"service", "node"},
    "arp_probe": {"node", "iface", "target_ip", "eth_dst", "arp_op", "sender_ip", "sender_mac", "expect"},
    "ndp_probe": {"node", "iface", "type", "target_ip", "source_ll_option", "ip_dst", "expect"},
    "expect_garp": {"node", "iface", "ip"}, "expect_unsolicited_na": {"node", "iface", "ip"},
    "expect_no_garp": {"node", "ip", "during_ms"}, "link": {"node", "iface", "action"},
    "hash_order": {"key", "candidates", "order"}, "hash_owner": {"candidates", "owners"},
}
VECTORS = {"hash_order", "hash_owner"}
COMMENTS = {"note", "notes", "comment", "title", "why"}
FIELDS = {"id": str, "title": str, "source": str, "version": str, "needs": list, "tags": list, "notes": str,
          "flags": dict, "files": dict, "peer_valid": bool, "steps": list}
REQUIRED = ("id", "version", "needs", "steps")
VERSIONS = ("v0.9.3", "HEAD", "both")


class BadFile(Exception):
    """A scenario file that is not of the format: file, place and remedy."""


def _check(path, number, scenario):
    place = f"{path}: scenario {number}"
    if not isinstance(scenario, dict):
        raise BadFile(f"{place} is not an object")
    name = scenario.get("id")
    place += f" ({name})" if isinstance(name, str) else ""
    for field in REQUIRED:
        if field not in scenario:
            raise BadFile(f"{place} has no \"{field}\"")
    for field, kind in FIELDS.items():
        if scenario.get(field) is not None and not isinstance(scenario[field], kind):
            raise BadFile(f"{place}: \"{field}\" must be a {kind.__name__}")
    if scenario["version"] not in VERSIONS:
        raise BadFile(f"{place}: version \"{scenario['version']}\" is none of {', '.join(VERSIONS)}")
    for at, step in enumerate(scenario["steps"], 1):
        if not isinstance(step, dict) or not isinstance(step.get("op"), str):
            raise BadFile(f"{place}: step {at} has no \"op\"")


def load(paths):
    """All scenarios of the files, each with `world`: "controller" or "speaker"."""
    scenarios, seen = [], {}
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                data = json.load(file)
        except OSError as error:
            raise BadFile(f"{path}: {error.strerror}") from None
        except ValueError as error:
            raise BadFile(f"{path}: this is not JSON: {error}") from None
        found = data.get("scenarios") if isinstance(data, dict) else data
        if not isinstance(found, list):
            raise BadFile(f"{path}: a list of scenarios is expected")
        for number, scenario in enumerate(found, 1):
            _check(path, number, scenario)
            if scenario["id"] in seen:
                raise BadFile(f"{path}: scenario {number}: the id {scenario['id']} is that of another one in "
                              f"{seen[scenario['id']]}")
            seen[scenario["id"]] = path
        world = _world_of_file(found)
        scenarios += [dict(s, world=_world_of(s) or world) for s in found]
    return scenarios


def _world_of(scenario):
    for step in scenario["steps"]:
        if step["op"] in SPEAKER_OPS:
            return "speaker"
        if step["op"] in CONTROLLER_OPS:
            return "controller"
    return None


def _world_of_file(scenarios):
    """Of scenarios that say nothing about it themselves: what most others in the file are."""
    worlds = [_world_of(s) for s in scenarios]
    return "speaker" if worlds.count("speaker") > worlds.count("controller") else "controller"


def read_differences(path):
    with open(path, encoding="utf-8") as file:
        return dict(re.findall(r"^\| `([\w-]+)` \| (.+?) \|$", file.read(), re.M))


def reason_to_skip(scenario, differences, refused):
    """differences, refused: {id: reason}; what we do otherwise, and what a real API server does not store."""
    if scenario["version"] not in FOLLOWED:
        return "version " + scenario["version"]
    if scenario["id"] in differences:
        return "difference: " + differences[scenario["id"]]
    if scenario["id"] in refused:
        return "a real API server: " + refused[scenario["id"]]
    only_vectors = all(step["op"] in VECTORS for step in scenario["steps"])
    supported = SUPPORTED["vector" if scenario["world"] == "speaker" and only_vectors else scenario["world"]]
    missing = sorted(set(scenario["needs"]) - supported)
    if missing:
        return "needs " + ", ".join(missing)
    return None


def fault_of(step):
    """What is wrong with the form of a step, or None."""
    op = step["op"]
    fields = {**COMMON_OPS, **CONTROLLER_OPS, **SPEAKER_OPS}.get(op)
    if fields is None:
        return "there is no such operation in the format"
    unknown = step.keys() - fields - COMMENTS - {"op"}
    if unknown:
        return f"there is no field {', '.join(sorted(unknown))} in this operation"
    missing = NEEDED.get(op, set()) - step.keys()
    if missing:
        return f"the field {', '.join(sorted(missing))} is missing"
    return None


def is_slow(scenario):
    """Does it wait more than it works?"""
    return "slow" in scenario["needs"] or sum(s["op"] == "memberlist" for s in scenario["steps"]) > 2


def limit_s(scenario):
    """After this time the scenario hangs: all waiting that its steps allow, and room for a loaded machine."""
    waits = sum(step.get(field) or 0 for step in scenario["steps"] for field in
                ("ms", "within_ms", "during_ms", "lookback_ms", "stable_ms"))
    return 60 + 25 * len(scenario["steps"]) + 2 * waits / 1000
