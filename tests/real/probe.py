"""probe - an address is asked for at a steady rate while a test goes on, and who answered each question is kept"""
# SPDX-License-Identifier: Apache-2.0
import itertools
import os
import subprocess
import tempfile

from lab.cluster import ROOT

PROBE = os.path.join(ROOT, "build/bench/arp_probe")
ASKER = "172.17.99.0"  # it asks from all of this /24, where nobody is: hosts believe what they hear of each other


class Watch:
    """Asks by ARP from the client, from here to stop(); after `seconds` it ends by itself."""

    def __init__(self, lab, ip, per_second, seconds):
        self.said = tempfile.TemporaryFile(mode="w+")
        self.answers = None  # for each question the MAC addresses that answered it
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab.spaces.full("client"), PROBE, "watch", "eth0", ASKER, str(per_second),
             str(seconds * 1000), ip], stdin=subprocess.DEVNULL, stdout=self.said)

    def stop(self):
        """The answers to each question."""
        self.process.terminate()
        if self.process.wait(30) != 0:
            raise RuntimeError(f"arp_probe ended with code {self.process.returncode}")
        self.said.seek(0)
        self.answers = [line.split()[1:] for line in self.said]
        return self.answers

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.said.close()

    def longest(self, n_answers):
        """The longest run of questions that had so many different answers (2: two or more)."""
        runs = itertools.groupby(min(2, len(set(macs))) for macs in self.answers)
        return max((len(list(run)) for n, run in runs if n == n_answers), default=0)
