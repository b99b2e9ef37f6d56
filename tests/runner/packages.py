# packages - installs the Debian packages that are missing, or says which
# SPDX-License-Identifier: Apache-2.0
import os
import re
import shutil

from runner.outcome import ROOT, run

LISTS = ("tests/packages.txt", "lab/packages.txt")
INSTALL_S = 1200


def parse(text):
    """Lines `name # reason`; `cmd:NAME` in the reason: not needed when that command is there."""
    wanted = []
    for line in text.splitlines():
        name, _, reason = line.partition("#")
        command = re.search(r"\bcmd:(\S+)", reason)
        if name.strip():
            wanted.append((name.strip(), command.group(1) if command else None))
    return wanted


def missing():
    listed = run(["dpkg-query", "-W", "-f=${Package} ${Status}\n"], 60)
    if not listed.ok:
        return []  # not Debian: the build will say what it does not find
    installed = {line.split()[0] for line in listed.output.splitlines()
                 if line.endswith("install ok installed")}
    names = []
    for path in LISTS:
        if not (ROOT / path).exists():
            continue
        for name, command in parse((ROOT / path).read_text()):
            if name not in installed and not (command and shutil.which(command)):
                names.append(name)
    return sorted(set(names))


def ensure():
    """True when nothing is missing any more."""
    names = missing()
    if not names:
        return True
    if os.geteuid() != 0:
        print("missing Debian packages: " + " ".join(names))
        print("install them: sudo apt-get install --no-install-recommends " + " ".join(names))
        return False
    print(f"installing {len(names)} Debian packages: " + " ".join(names), flush=True)
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", *names]):
        ended = run([*apt, *step], INSTALL_S, env=env)
        if not ended.ok:
            print(ended.output)
            print(f"apt-get {step[0]} failed with code {ended.code}")
            return False
    return True
