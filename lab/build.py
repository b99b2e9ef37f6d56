"""build - installs what is missing and builds what is stale"""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD_PACKAGES = os.path.join(ROOT, "tests/packages.txt")
LAB_PACKAGES = os.path.join(ROOT, "lab/packages.txt")


def read_packages(path):
    """(package, command or None) of a list."""
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, _, reason = line.partition("#")
            if name.strip():
                word = reason.split()[0] if reason.split() else ""
                found.append((name.strip(), word[4:] if word.startswith("cmd:") else None))
    return found


def _has_command(command):
    return shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def _is_installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package], capture_output=True, text=True, check=False)
    return "install ok installed" in done.stdout


def missing_packages(paths):
    missing = []
    for path in paths:
        for package, command in read_packages(path):
            if not (_has_command(command) if command else _is_installed(package)) and package not in missing:
                missing.append(package)
    return missing


def install(paths):
    """Install what is missing when root; otherwise say it and end with 2."""
    missing = missing_packages(paths)
    if not missing:
        return
    line = "apt-get install -y --no-install-recommends " + " ".join(missing)
    if os.geteuid() != 0:
        print(f"Missing Debian packages; as root run:\n  {line}", file=sys.stderr)
        sys.exit(2)
    print(f"Installing {len(missing)} Debian packages: {' '.join(missing)}", flush=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=True, stdin=subprocess.DEVNULL)
    # Services of these packages must not start: the lab runs the programs itself.
    policy = "/usr/sbin/policy-rc.d"
    ours = not os.path.exists(policy)
    if ours:
        with open(policy, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
    try:
        subprocess.run(line.split() + ["-qq"], env=environment, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
    finally:
        if ours:
            os.unlink(policy)


PROGRAMS = ("controller/tinlb-controller", "speaker/announcer/tinlb-speaker", "speaker/agent/tinlb-agent")


def build(directory=None, options=(), targets=PROGRAMS):
    """Build into build/ (or another directory); returns the directory. No targets: everything."""
    directory = directory or os.path.join(ROOT, "build")
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        subprocess.run(["meson", "setup", directory, ROOT, *options], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", directory, *targets], check=True, stdout=subprocess.DEVNULL)
    return directory
