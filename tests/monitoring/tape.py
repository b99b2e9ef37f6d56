# tape - scrapes of a lab's daemons, as input of promtool's tests of rules
# SPDX-License-Identifier: Apache-2.0
import os
import re

import yaml

from lab import poll

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "config/deploy/components/monitoring/alerts.yaml")
EVERY_S = 15     # so far apart two scrapes are when they are played back
LAB_S = 0.3      # and in the lab
LONG_TIMER = 'le="0.5"'
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


def rules():
    with open(RULES, encoding="utf-8") as file:
        return yaml.safe_load(file)["spec"]


def families():
    """Names of the metrics that the rules look at."""
    return set(re.findall(r"\b(?:tinlb|metallb)_\w+", " ".join(r["expr"] for g in rules()["groups"] for r in g["rules"])))


def number(text):
    return int(text) if text.isdigit() else float(text)


def packed(values):
    """promtool's notation: 1+0x3 is a 1 and three more; a series that is missing in a scrape is over, as in Prometheus."""
    values = ["stale" if v is None and i > 0 and values[i - 1] is not None else v for i, v in enumerate(values)]
    found, at = [], 0
    while at < len(values):
        end = at
        while end + 1 < len(values) and values[end + 1] == values[at]:
            end += 1
        n = end - at
        first = "_" if values[at] is None else str(values[at])
        found.append(first if n == 0 else f"_x{n + 1}" if values[at] is None else f"{first}+0x{n}")
        at = end + 1
    return " ".join(found)


class Tape:
    def __init__(self, lab):
        self.lab, self.wanted = lab, families()
        self.restart()

    def restart(self):
        self.n, self.series, self.expected = 0, {}, []

    def controllers(self):
        """Addresses of the controllers that answer."""
        found = [p["status"]["podIP"] for p in self.lab.pods(component="controller")
                 if (p.get("status") or {}).get("podIP") and not p["metadata"].get("deletionTimestamp")]
        return [ip for ip in sorted(found) if self.lab.page("client", ip, 7472, "/metrics")]

    def targets(self):
        for node, ip in self.lab.network.nodes.items():
            yield f"speaker-{node}", self.lab.page(node, ip, 7472, "/metrics")
        for i, ip in enumerate(self.controllers()):
            yield f"controller-controller{i + 1}", self.lab.page("client", ip, 7472, "/metrics")

    def labels(self, who, severity="warning"):
        """Of an alert about one daemon: a node's speaker, or controller1."""
        pod = f"speaker-{who}" if who in self.lab.network.nodes else f"controller-{who}"
        return {"namespace": "metallb-system", "pod": pod, "severity": severity}

    def _scrape(self):
        for pod, text in self.targets():
            for line in (text or "").splitlines():
                match = SAMPLE.match(line)
                if not match or match.group(1) not in self.wanted:
                    continue
                name, labels, value = match.groups()
                if name.endswith("_bucket") and LONG_TIMER not in labels:
                    continue
                known = f'namespace="metallb-system",pod="{pod}"' + (f",{labels}" if labels else "")
                values = self.series.setdefault(f"{name}{{{known}}}", [])
                values += [None] * (self.n - len(values)) + [number(value)]
        self.n += 1

    def roll(self, n_scrapes):
        for _ in range(n_scrapes):
            self._scrape()
            poll.pause(LAB_S)

    def expect(self, alerts):
        """What fires as of the last scrape; nothing else does."""
        self.expected.append({"at": f"{(self.n - 1) * EVERY_S}s", "alerts": alerts})

    def write(self, path, what):
        series = [{"series": name, "values": packed(values + [None] * (self.n - len(values)))}
                  for name, values in sorted(self.series.items())]
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"# {(what or os.path.basename(path)[:-5]).strip()} - recorded by tests/monitoring/record\n")
            yaml.safe_dump({"expected": self.expected, "series": series}, file, width=10000, sort_keys=False)


def record_not_loaded(lab):
    """Nobody has written a configuration yet."""
    tape = Tape(lab)
    poll.until(lambda: len(tape.controllers()) == 1 and all(text for _, text in tape.targets()), 30, "all daemons answer")
    tape.roll(8)
    tape.expect({"MetalLBConfigNotLoaded": [tape.labels(n) for n in lab.network.nodes] + [tape.labels("controller1")]})
    tape.write(os.path.join(ROOT, "tests/monitoring/series/not_loaded.yaml"), record_not_loaded.__doc__)
    print("not_loaded", flush=True)
