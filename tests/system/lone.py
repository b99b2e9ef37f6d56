"""lone - a daemon without a lab, for whose API nobody answers"""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess

from conftest import ROOT
from lab import poll

BUILD = os.environ.get("TINLB_BUILD", os.path.join(ROOT, "build"))
SPEAKER = os.path.join(BUILD, "speaker/announcer/tinlb-speaker")
CONTROLLER = os.path.join(BUILD, "controller/tinlb-controller")


class Lone:
    """`command` and the options that each needs; its log is a file."""

    def __init__(self, folder, command, **env):
        config = folder / "kubeconfig"
        config.write_text("current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
                          "clusters: [{name: k, cluster: {server: 'http://127.0.0.1:1'}}]\n")
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*command, f"--kubeconfig={config}", "--host=127.0.0.1"],
                                            stdout=log, stderr=log, env={"PATH": os.environ["PATH"], **env})

    def wait_log(self, words):
        poll.until(lambda: words in self.log.read_text(), 15, f"the log says: {words}")

    def stop(self):
        self.process.kill()
        self.process.wait()
