"""test_api - what controllers ask of the endpoint"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import http.server
import json
import threading
import urllib.parse

import pytest

from lab import answers, kube
from lab.apiserver.server import InThread


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}, "data": data}


def watch(endpoint, query):
    host, port = endpoint.address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.request("GET", f"/api/v1/configmaps?watch=true&{query}")
    return connection.getresponse()


def test_right_and_wrong_are_answered_as_by_a_real_server():
    with InThread() as fresh:
        host, port = fresh.address.rsplit(":", 1)
        assert answers.wrong(kube.Client(host, int(port))) == {}


def test_lists_come_in_pages(endpoint):
    for number in range(7):
        endpoint.client.create("configmaps", config_map(f"c{number}"))
    names, token = [], ""
    for _ in range(3):
        page = endpoint.client.request("GET", f"/api/v1/configmaps?limit=3{token}")
        names += [o["metadata"]["name"] for o in page["items"]]
        token = "&continue=" + urllib.parse.quote(page["metadata"].get("continue", "")) \
            if page["metadata"].get("continue") else ""
    assert names == [f"c{n}" for n in range(7)] and not token


def test_an_old_resource_version_conflicts(endpoint):
    made = endpoint.client.create("configmaps", config_map("c", a="1"))
    endpoint.client.replace("configmaps", dict(made, data={"a": "2"}))
    with pytest.raises(kube.Refused) as refused:
        endpoint.client.replace("configmaps", dict(made, data={"a": "3"}))
    assert refused.value.code == 409


def test_an_equal_write_changes_no_version(endpoint):
    made = endpoint.client.create("configmaps", config_map("c", a="1"))
    again = endpoint.client.replace("configmaps", made)
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_watch_tells_changes_after_its_version(endpoint):
    made = endpoint.client.create("configmaps", config_map("c"))
    stream = watch(endpoint, f"resourceVersion={made['metadata']['resourceVersion']}")
    endpoint.client.create("configmaps", config_map("d"))
    endpoint.client.delete("configmaps", "default", "c")
    events = [json.loads(stream.readline()) for _ in range(2)]
    assert [(e["type"], e["object"]["metadata"]["name"]) for e in events] == [("ADDED", "d"), ("DELETED", "c")]
    assert int(events[1]["object"]["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])


def test_a_forgotten_version_is_an_error_event(endpoint):
    endpoint.client.create("configmaps", config_map("c"))
    endpoint.client.request("POST", "/lab/compact")
    event = json.loads(watch(endpoint, "resourceVersion=1").readline())
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_a_selector_turns_changes_into_coming_and_going(endpoint):
    made = endpoint.client.create("configmaps", config_map("c"))
    stream = watch(endpoint, f"labelSelector=x%3D1&resourceVersion={made['metadata']['resourceVersion']}")
    endpoint.client.merge("configmaps", "default", "c", {"metadata": {"labels": {"x": "1"}}})
    endpoint.client.merge("configmaps", "default", "c", {"metadata": {"labels": {"x": "2"}}})
    assert [json.loads(stream.readline())["type"] for _ in range(2)] == ["ADDED", "DELETED"]


def test_initial_events_end_with_a_bookmark(endpoint):
    endpoint.client.create("configmaps", config_map("c"))
    stream = watch(endpoint, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
    events = [json.loads(stream.readline()) for _ in range(2)]
    assert events[0]["type"] == "ADDED" and events[1]["type"] == "BOOKMARK"
    assert events[1]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true"


def test_bookmarks_come_to_those_who_asked(endpoint):
    made = endpoint.client.create("configmaps", config_map("c"))
    version = made["metadata"]["resourceVersion"]
    without = watch(endpoint, f"resourceVersion={version}")
    stream = watch(endpoint, f"resourceVersion={version}&allowWatchBookmarks=true")
    endpoint.client.create("secrets", {"metadata": {"namespace": "default", "name": "s"}})
    endpoint.client.request("POST", "/lab/bookmarks")
    event = json.loads(stream.readline())
    assert event["type"] == "BOOKMARK" and event["object"]["kind"] == "ConfigMap"
    assert int(event["object"]["metadata"]["resourceVersion"]) > int(version)
    endpoint.client.create("configmaps", config_map("d"))
    assert [json.loads(s.readline())["type"] for s in (stream, without)] == ["ADDED", "ADDED"]


def test_a_lease_has_one_maker_and_one_renewer(endpoint):
    lease = {"metadata": {"namespace": "default", "name": "l"}, "spec": {"holderIdentity": "a"}}
    made = endpoint.client.create("leases", lease)
    with pytest.raises(kube.Refused) as refused:
        endpoint.client.create("leases", lease)
    assert refused.value.code == 409
    endpoint.client.replace("leases", {**made, "spec": {"holderIdentity": "a", "leaseTransitions": 1}})
    with pytest.raises(kube.Refused) as refused:
        endpoint.client.replace("leases", {**made, "spec": {"holderIdentity": "b"}})
    assert refused.value.code == 409


@pytest.mark.parametrize("arguments, code", [((), 422), (("--no-validation",), None)], ids=["validating", "not"])
def test_what_a_real_server_refuses_is_stored_without_validation(new_endpoint, arguments, code):
    bad = {"metadata": {"namespace": "default", "name": "s"},
           "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], "loadBalancerIP": "nonsense",
                    "ipFamilyPolicy": "Nonsense"}}
    try:
        new_endpoint(*arguments).client.create("services", bad)
        refused = None
    except kube.Refused as error:
        refused = error.code
    assert refused == code


def test_a_service_status_keeps_annotations_and_gets_its_mode(endpoint):
    made = endpoint.client.create("services", {"metadata": {"namespace": "default", "name": "s"},
                                               "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}})
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}
    made["metadata"]["annotations"] = {"note": "p"}
    made["spec"]["ports"] = []
    done = endpoint.client.replace("services", made, "status")
    assert done["status"]["loadBalancer"]["ingress"] == [{"ip": "1.2.3.4", "ipMode": "VIP"}]
    assert done["metadata"]["annotations"] == {"note": "p"} and done["spec"]["ports"]


def test_faults_and_refusals_on_demand(endpoint):
    client = endpoint.client
    client.request("POST", "/lab/faults", {"verb": "GET", "path": "/configmaps", "codes": [500]})
    with pytest.raises(kube.Refused) as refused:
        client.list("configmaps")
    assert refused.value.code == 500
    client.list("configmaps")
    with pytest.raises(kube.Refused) as refused:
        client.request("POST", "/lab/faults", {"verb": "GET", "path": "/configmaps", "codes": []})
    assert refused.value.code == 400 and client.list("configmaps") == []
    client.request("POST", "/lab/deny", [{"verb": "list", "resource": "nodes"}])
    with pytest.raises(kube.Refused) as refused:
        client.list("nodes")
    assert refused.value.code == 403


def test_a_service_past_the_rules_is_stored_as_it_is(endpoint):
    odd = {"metadata": {"namespace": "default", "name": "s"}, "spec": {"type": "LoadBalancer", "clusterIPs": ["None"]}}
    with pytest.raises(kube.Refused):
        endpoint.client.create("services", odd)
    endpoint.client.request("POST", "/lab/services", odd)
    held = endpoint.client.get("services", "default", "s")
    assert held["spec"] == odd["spec"] and held["metadata"]["uid"]


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.path.encode()
        self.send_response(200 if self.path != "/none" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


def pod_on_loopback(endpoint, name, port):
    endpoint.client.create("pods", {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "default", "name": name},
        "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"name": "web", "containerPort": port}]}]}})
    endpoint.client.merge("pods", "default", name, {"status": {"podIP": "127.0.0.1"}}, "status")


def fetch(endpoint, path):
    host, port = endpoint.address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    answers = []
    for _ in range(2):  # the connection goes on
        connection.request("GET", "/api/v1/namespaces/default/pods/" + path)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()))
    connection.close()
    assert answers[0] == answers[1]
    return answers[0]


def test_pages_of_a_pod_come_through_the_proxy(endpoint):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        pod_on_loopback(endpoint, "p", server.server_port)
        assert fetch(endpoint, f"p:{server.server_port}/proxy/a/b") == (200, b"/a/b")
        assert fetch(endpoint, "p:web/proxy/") == (200, b"/")
        assert fetch(endpoint, "http:p:web/proxy/none") == (404, b"/none")
        assert fetch(endpoint, "q:80/proxy/a")[0] == 404 and fetch(endpoint, "p:other/proxy/a")[0] == 400
    finally:
        server.shutdown()
        server.server_close()
    code, body = fetch(endpoint, f"p:{server.server_port}/proxy/a")
    assert code == 503 and b"error trying to reach service" in body
