"""test_manifests - what kubectl and a real API server say of config/deploy"""
# SPDX-License-Identifier: Apache-2.0
import glob
import os

import pytest

from conftest import ROOT
from lab import poll

DEPLOY = os.path.join(ROOT, "config/deploy")
OVERLAYS = {"base": "metallb-system", "overlays/metallb": "metallb-system", "overlays/own-namespace": "tinlb-system"}
OPERATOR_KINDS = {"PodMonitor": "podmonitors", "PrometheusRule": "prometheusrules"}


def apply(lab, *arguments):
    return lab.kubectl("apply", "--validate=strict", *arguments).splitlines()


def wait_ready(lab, namespace):
    def ready():
        controller = lab.client.get("deployments", namespace, "controller").get("status") or {}
        speakers = lab.client.get("daemonsets", namespace, "speaker").get("status") or {}
        return controller.get("readyReplicas") == 1 and speakers.get("numberReady") == len(lab.network.nodes)

    poll.until(ready, 30, f"controller and speakers in {namespace} are ready")


def namespaces(lab):
    return {n["metadata"]["name"] for n in lab.client.list("namespaces")}


def delete(lab, namespace, *arguments):
    lab.kubectl("delete", "--wait=false", *arguments)
    poll.until(lambda: namespace not in namespaces(lab), 60, f"{namespace} is gone with all that it held")


@pytest.mark.parametrize("folder", OVERLAYS)
def test_each_folder_installs_runs_and_is_unchanged_a_second_time(bare, folder):
    namespace = OVERLAYS[folder]
    first = apply(bare, "-k", os.path.join(DEPLOY, folder))
    assert first and all(line.endswith(" created") for line in first), first
    if folder == "base":  # elsewhere the controller makes it
        bare.kubectl("create", "secret", "generic", "-n", namespace, "memberlist", "--from-literal=secretkey=a key")
    wait_ready(bare, namespace)
    again = apply(bare, "-k", os.path.join(DEPLOY, folder))
    assert len(again) == len(first) and all(line.endswith(" unchanged") for line in again), again
    delete(bare, namespace, "-k", os.path.join(DEPLOY, folder))


def test_the_one_file_is_all_of_the_base(bare):
    with open(os.path.join(DEPLOY, "tinlb.yaml"), encoding="utf-8") as file:
        held = "".join(line for line in file if not line.startswith("#"))
    assert held == bare.kubectl("kustomize", os.path.join(DEPLOY, "base"))


def test_the_one_file_is_applied_twice_without_a_change(bare):
    path = os.path.join(DEPLOY, "tinlb.yaml")
    assert all(line.endswith(" created") for line in apply(bare, "-f", path))
    assert all(line.endswith(" unchanged") for line in apply(bare, "-f", path))
    delete(bare, "metallb-system", "-f", path)


def test_nothing_of_ours_is_a_webhook(bare):
    for folder in OVERLAYS:
        assert "webhook" not in bare.kubectl("kustomize", os.path.join(DEPLOY, folder)).lower().replace(
            "webhook-mode", "")


@pytest.fixture(scope="module")
def definitions(bare):
    bare.kubectl("apply", "-f", os.path.join(DEPLOY, "crds"))
    bare.kubectl("wait", "--for=condition=established", "--timeout=60s", "crd", "--all")


@pytest.mark.parametrize("path", sorted(glob.glob(os.path.join(DEPLOY, "samples/*.yaml"))), ids=os.path.basename)
def test_each_sample_is_valid(bare, definitions, path):
    for name in {"metallb-system", "ingress-nginx"} - namespaces(bare):
        bare.client.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    assert "(server dry run)" in "\n".join(apply(bare, "--dry-run=server", "-f", path))


def _definition(kind, plural):
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.monitoring.coreos.com"},
            "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
                     "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": kind + "List"},
                     "versions": [{"name": "v1", "served": True, "storage": True,
                                   "schema": {"openAPIV3Schema": schema}}]}}


def test_the_component_for_the_operator_goes_with_every_folder(bare, tmp_path):
    for kind, plural in OPERATOR_KINDS.items():
        bare.client.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                            _definition(kind, plural))
        bare.kubectl("wait", "--for=condition=established", f"crd/{plural}.monitoring.coreos.com", "--timeout=20s")
    (tmp_path / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        f"resources: [{os.path.relpath(DEPLOY, tmp_path)}/overlays/own-namespace]\n"
        f"components: [{os.path.relpath(DEPLOY, tmp_path)}/components/monitoring]\nnamespace: tinlb-system\n")
    said = "\n".join(apply(bare, "-k", str(tmp_path)))
    for kind in OPERATOR_KINDS:
        assert f"{kind.lower()}.monitoring.coreos.com/tinlb created" in said
    wanted = bare.kubectl("-n", "tinlb-system", "get", "podmonitor", "tinlb", "-o", "jsonpath={.metadata.namespace}")
    assert wanted == "tinlb-system"
    delete(bare, "tinlb-system", "-k", str(tmp_path))
