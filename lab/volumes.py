"""volumes - the directories that a pod mounts: Secrets, ConfigMaps, fields, the service account, empty ones

Files of Secrets and ConfigMaps follow their objects: a change shows all at once,
as the links of a directory lead to one that is replaced whole.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import shutil

from .values import Wanting

ACCOUNT_DIR = "/run/secrets/kubernetes.io/serviceaccount"
MODE = 0o644


def publish(directory, files):
    """Make a directory show these files, {path: (content, mode)}."""
    os.makedirs(directory, exist_ok=True)
    link = os.path.join(directory, "..data")
    old = os.readlink(link) if os.path.islink(link) else None
    new = f"..{int(old.lstrip('.')) + 1 if old else 1}"
    os.makedirs(os.path.join(directory, new))
    for path, (content, mode) in files.items():
        target = os.path.join(directory, new, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)
        os.chmod(target, mode)
    os.symlink(new, link + ".new")
    os.rename(link + ".new", link)
    names = {path.split("/")[0] for path in files}
    for name in [n for n in os.listdir(directory) if not n.startswith("..") and n not in names]:
        os.unlink(os.path.join(directory, name))
    for name in names:
        with contextlib.suppress(FileExistsError):
            os.symlink(f"..data/{name}", os.path.join(directory, name))
    if old:
        shutil.rmtree(os.path.join(directory, old))


def chosen(data, source, mode):
    """The files that a source makes of its keys."""
    if not source.get("items"):
        return {key: (content, mode) for key, content in data.items()}
    files = {}
    for item in source["items"]:
        if item["key"] in data:
            files[item["path"]] = (data[item["key"]], item.get("mode", mode))
        elif not source.get("optional"):
            raise Wanting(f"references non-existent key: {item['key']}")
    return files


class Volumes:
    """The volumes of one pod."""

    def __init__(self, directory, pod, values, account):
        """account(): the content of the service account's files, by name; raises Wanting."""
        self.directory, self.pod, self.values = directory, pod, values
        self.account = account
        self.written = {}

    def _files(self, kind, source, mode):
        mode = source.get("defaultMode", mode)
        optional = source.get("optional", False)
        if kind == "secret":
            return chosen(self.values.data("secrets", source.get("secretName") or source.get("name"), optional),
                          source, mode)
        if kind == "configMap":
            return chosen(self.values.data("configmaps", source["name"], optional), source, mode)
        if kind == "downwardAPI":
            return {item["path"]: (self.values.field(item["fieldRef"]["fieldPath"]).encode(), item.get("mode", mode))
                    for item in source["items"]}
        if kind == "serviceAccountToken":
            return {source["path"]: (self.account()["token"], MODE)}
        if kind == "projected":
            files = {}
            for part in source["sources"]:
                for inner, content in part.items():
                    files.update(self._files(inner, content, mode))
            return files
        raise Wanting(f"the lab has no volumes of the kind {kind}")

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self):
        """Bring all files up to date; Wanting when something is not there."""
        self._publish("..account", {name: (content, MODE) for name, content in self.account().items()})
        os.makedirs(self.path("..run"), exist_ok=True)
        for volume in self.pod["spec"].get("volumes") or []:
            kind = next(key for key in volume if key != "name")
            try:
                if kind == "emptyDir":
                    os.makedirs(self.path(volume["name"]), mode=0o777, exist_ok=True)
                    os.chmod(self.path(volume["name"]), 0o777)
                elif kind != "hostPath":
                    self._publish(volume["name"], self._files(kind, volume[kind], MODE))
            except Wanting as wanting:
                raise Wanting(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {wanting}',
                              "ContainerCreating") from wanting

    def _publish(self, name, files):
        if self.written.get(name) != files:
            publish(self.path(name), files)
            self.written[name] = files

    def mounts(self, spec):
        """What a container mounts: a private /run, its account, and its volumes."""
        found = [{"source": self.path("..run"), "target": "/run"}]
        wanted = spec.get("volumeMounts") or []
        automatic = self.pod["spec"].get("automountServiceAccountToken", True)
        if automatic and not any(os.path.realpath(m["mountPath"]) == ACCOUNT_DIR for m in wanted):
            found.append({"source": self.path("..account"), "target": ACCOUNT_DIR, "readOnly": True})
        volumes = {v["name"]: v for v in self.pod["spec"].get("volumes") or []}
        for mount in wanted:
            volume = volumes.get(mount["name"])
            if volume is None:
                raise Wanting(f"volume {mount['name']} not found")
            source = volume["hostPath"]["path"] if "hostPath" in volume else self.path(mount["name"])
            writable = "hostPath" in volume or "emptyDir" in volume
            found.append({"source": os.path.join(source, mount["subPath"]) if mount.get("subPath") else source,
                          "target": mount["mountPath"], "readOnly": mount.get("readOnly", False) or not writable})
        return found
