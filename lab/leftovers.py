"""leftovers - what a killed lab left behind is ended when the next one starts"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import os
import shutil
import signal

from . import netns

STATE_DIR = "/run/tinlb-lab"


def _start_time(pid):
    """When a process started, to tell it from a later one with its number; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def _path(prefix):
    return os.path.join(STATE_DIR, prefix + ".json")


def register(prefix, directory):
    """The namespaces PREFIX-... and the directory belong to this process."""
    state = {"pid": os.getpid(), "started": _start_time(os.getpid()), "prefix": prefix, "directory": directory}
    while True:
        with contextlib.suppress(FileNotFoundError, FileExistsError):  # another lab, ending, has just removed the directory
            os.makedirs(STATE_DIR, exist_ok=True)
            with open(_path(prefix), "w", encoding="utf-8") as file:
                json.dump(state, file)
            return


def remove(prefix, directory):
    """End the processes in these namespaces, delete them and the directory."""
    end_namespaces(prefix)
    shutil.rmtree(directory, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_path(prefix))
    with contextlib.suppress(OSError):
        os.rmdir(STATE_DIR)


def end_namespaces(prefix):
    """End the processes in the namespaces PREFIX-... and delete these."""
    inodes = {}
    for name in os.listdir(netns.DIRECTORY) if os.path.isdir(netns.DIRECTORY) else ():
        if name.startswith(prefix + "-"):
            with contextlib.suppress(OSError):
                inodes[os.stat(os.path.join(netns.DIRECTORY, name)).st_ino] = name
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended
            if os.stat(f"/proc/{pid}/ns/net").st_ino in inodes:
                os.kill(int(pid), signal.SIGKILL)
    for name in inodes.values():
        netns.run("ip", "netns", "del", name, check=False)


def clean_up_dead():
    """End what labs whose process is gone have left."""
    if not os.path.isdir(STATE_DIR):
        return
    for file in os.listdir(STATE_DIR):
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(STATE_DIR, file), encoding="utf-8") as opened:
                state = json.load(opened)
            if _start_time(state["pid"]) != state["started"]:
                remove(state["prefix"], state["directory"])
