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


def _installed():
    """The names of all installed packages; None where there is no dpkg."""
    if not shutil.which("dpkg-query"):
        return None
    listed = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${Status}\n"], capture_output=True, text=True,
                            check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line.endswith("install ok installed")}


def missing_packages(paths):
    installed, missing = _installed(), []
    if installed is None:
        return []  # not Debian: the build and the lab will say what they do not find
    for path in paths:
        missing += [package for package, command in read_packages(path)
                    if package not in installed and not (command and _has_command(command))]
    return sorted(set(missing))


def _apt_get(*words):
    """Run apt-get quietly; what it said when it fails."""
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", *words]
    done = subprocess.run(command, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"), check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\napt-get {words[0]} failed with code {done.returncode}")


def install(paths):
    """Install what is missing when root; otherwise say it and end with 2."""
    missing = missing_packages(paths)
    if not missing:
        return
    if os.geteuid() != 0:
        print("Missing Debian packages; as root run:\n"
              f"  apt-get install -y --no-install-recommends {' '.join(missing)}", file=sys.stderr)
        sys.exit(2)
    print(f"Installing {len(missing)} Debian packages: {' '.join(missing)}", flush=True)
    _apt_get("update")
    # Services of these packages must not start: the lab runs the programs itself.
    policy = "/usr/sbin/policy-rc.d"
    ours = not os.path.exists(policy)
    if ours:
        with open(policy, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
    try:
        _apt_get("install", "-y", "--no-install-recommends", *missing)
    finally:
        if ours:
            os.unlink(policy)


PROGRAMS = ("controller/tinlb-controller", "speaker/announcer/tinlb-speaker", "speaker/agent/tinlb-agent",
            "cli/tinlb")


def _run(command):
    """Progress where somebody watches; all that was said where it fails."""
    watched = sys.stdout.isatty()
    done = subprocess.run(command, check=False, text=True, stdout=None if watched else subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{done.stdout or ''}\n{' '.join(command)} failed with code {done.returncode}")


def build(directory=None, options=(), targets=PROGRAMS):
    """Build into build/ (or another directory); returns the directory. No targets: everything."""
    directory = directory or os.path.join(ROOT, "build")
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        _run(["meson", "setup", directory, ROOT, *options])
    _run(["ninja", "-C", directory, *targets])
    return directory
