"""test_try - the first command of the README: as root and as somebody else, and however it ends"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import glob
import json
import os
import signal
import subprocess

import pytest

from conftest import ROOT
from lab import leftovers, poll
from lab.tutorial import Walk

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
AS_USER = """set -e
mount -t tmpfs lab /mnt
cp -a /etc /mnt/etc
mount --bind /mnt/etc /etc
echo reader:x:$1:$1::/tmp:/bin/sh >>/etc/passwd; echo reader:x:$1: >>/etc/group
: >/etc/subuid; if [ $2 != 0 ]; then echo reader:$2:65536 >/etc/subuid; fi; cp /etc/subuid /etc/subgid
uid=$1; shift 2
exec setpriv --reuid=$uid --regid=$uid --init-groups lab/try "$@"
"""


class Try:
    """lab/try, in a process group of its own as a shell would start it."""

    def __init__(self, directory, *command):
        self.path = os.path.join(directory, "said")
        with open(self.path, "wb") as said:
            self.process = subprocess.Popen(command or ["lab/try"], cwd=ROOT, stdin=subprocess.PIPE, stdout=said,
                                            stderr=said, start_new_session=True,
                                            env={"PATH": PATH, "HOME": directory, "PYTHONDONTWRITEBYTECODE": "1"})

    def said(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def wait_for(self, words):
        poll.until(lambda: words in self.said() or self.process.poll() is not None, 200, words)
        assert words in self.said(), self.said()

    def states(self):
        """What labs of this process have written down of themselves."""
        found = []
        for path in glob.glob(leftovers.STATE_DIR + "/*.json"):
            try:
                with open(path, encoding="utf-8") as file:
                    found.append(json.load(file))
            except (OSError, ValueError):
                pass  # of a lab that begins or ends just now
        return [s for s in found if s["pid"] == self.process.pid]


@pytest.fixture()
def start(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("a lab of root's, and other users, need root here")
    started = []

    def run(*command):
        started.append(Try(str(tmp_path), *command))
        return started[-1]

    yield run
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
        each.process.wait()


@pytest.fixture()
def start_as_user(start):
    """start_as_user(words, subordinates) -> (Try, user number, first of its further users)"""
    for command, why in ((("ls", ROOT), "other users cannot read the sources here"),
                         (("unshare", "--user", "true"), "other users may not make user namespaces here")):
        if subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", *command], capture_output=True,
                          check=False).returncode != 0:
            pytest.skip(why)
    uid = 700000 + os.getpid()
    first = 0x10000000 + os.getpid() % 4096 * 65536

    def run(*words, subordinates):
        first_of_it = first if subordinates else 0
        return start("unshare", "--mount", "sh", "-c", AS_USER, "sh", str(uid), str(first_of_it), *words), uid, first

    return run


def processes_of(uid, first):
    found = []
    for path in glob.glob("/proc/[0-9]*"):
        try:
            owner = os.stat(path).st_uid
        except OSError:
            continue
        if owner == uid or first <= owner < first + 65536:
            found.append(path)
    return found


def files_of(uid):
    found = []
    for path in glob.glob("/tmp/*"):
        with contextlib.suppress(FileNotFoundError):  # of a test beside this one, which has just ended
            if os.lstat(path).st_uid == uid:
                found.append(path)
    return found


def is_left(state):
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return state["prefix"] in listed or os.path.exists(state["directory"])


def test_an_interrupt_leaves_nothing(start):
    lab = start()
    lab.wait_for("== 2.")
    state = lab.states()[0]
    assert is_left(state)
    os.killpg(lab.process.pid, signal.SIGINT)
    assert lab.process.wait(60) == 130
    assert "everything is taken down" in lab.said()
    assert not is_left(state) and not lab.states()


def test_what_it_leaves_when_killed_is_cleaned_up_by_the_next_start(start):
    lab = start()
    lab.wait_for("== 2.")
    state = lab.states()[0]
    assert is_left(state)
    lab.process.kill()  # a lab of a test beside this one may be the next
    lab.process.wait()
    following = start()
    following.wait_for("== 1.")
    poll.until(lambda: not is_left(state) and not lab.states(), 15, "nothing is left")


SHELL = b"""kubectl get svc minio-svc-lb
echo "in $PWD with $KUBECONFIG"
curl -s http://172.17.255.1:9000/
tcpdump --version
arping -f -c 5 -I eth0 172.17.255.3
ip netns exec $LAB-lan ip -br link show p-node2
"""


def test_the_walk_of_an_ordinary_user_and_the_shell_after_it(start_as_user):
    lab, uid, first = start_as_user("--shell", subordinates=True)
    lab.process.stdin.write(SHELL)
    lab.process.stdin.close()
    assert lab.process.wait(300) == 0, lab.said()
    walked, _, shell = lab.said().partition("checks held")
    assert "As an ordinary user" in walked and "FAILED" not in walked
    assert "1 step skipped" in shell and "IPVS" in walked
    for words in ("172.17.255.1", f"in {ROOT} with /run/tinlb-lab-", "minio-", "libpcap", "reply from 172.17.255.3", "p-node2@"):
        assert words in shell, shell
    poll.until(lambda: not processes_of(uid, first), 15, "all its processes are gone")


def test_what_does_not_hold_is_counted_and_named():
    shown = []
    walk = Walk(None, show=shown.append)
    walk.check("the earth is round", lambda: True)
    walk.check("the earth is flat", lambda: False, seconds=0.1)
    walk.check("nobody answers", lambda: {}["there"], seconds=0.1)
    assert (walk.n_checks, len(walk.failures)) == (3, 2)
    assert "the earth is flat" in walk.failures[0] and "'there'" in walk.failures[1]
    assert [line.split(":")[0].strip() for line in shown] == ["ok", "FAILED", "FAILED"]


def test_without_further_users_and_killed_it_leaves_nothing_at_all(start_as_user):
    lab, uid, first = start_as_user(subordinates=False)
    lab.wait_for("== 5.")
    assert "all pods run as one user here" in lab.said() and "FAILED" not in lab.said()
    assert processes_of(uid, first)
    lab.process.kill()
    lab.process.wait()
    poll.until(lambda: not processes_of(uid, first), 15, "all its processes are gone")
    assert not files_of(uid)
