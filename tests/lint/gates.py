# gates - runs every gate on the tree, then every self-test of a gate
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from lint import arrows, findings, listing, metrics, objects, reasons, selftest, sizes, words
from lint.tree import Tree
from runner.outcome import ROOT, Outcome

GATES = {
    "function-length": sizes.function_length,
    "folder-lengths": sizes.folder_lengths,
    "file-length": sizes.file_length,
    "parameters": sizes.parameters,
    "conditions": words.conditions,
    "banned-calls": words.banned_calls,
    "sleeps": words.sleeps,
    "clocks": words.clocks,
    "machine-texts": words.machine_texts,
    "include-arrows": arrows.include_arrows,
    "includes-from-root": arrows.includes_from_root,
    "findings": findings.findings,
    "licenses": listing.licenses,
    "first-lines": listing.first_lines,
    "built-files": listing.built_files,
    "reasons": reasons.reasons,
    "metric-names": metrics.metric_names,
    "mutable-globals": objects.mutable_globals,
    "purity": objects.purity,
}
EXCEPTIONS = Path(__file__).with_name("exceptions.txt")


def exceptions(text):
    """Lines `gate path reason`, as pairs of gate and path."""
    pairs = set()
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            gate, path, reason = line.split(maxsplit=2)
            if gate not in GATES or not reason:
                raise ValueError(f"exceptions.txt: {line}")
            pairs.add((gate, path))
    return pairs


OF_THE_MACHINE = ("machine-texts",)  # gates that find less where there is less to find


def check(gate, tree, excepted):
    """The gate's violations that have no exception; what was used is taken off `excepted`."""
    found = list(GATES[gate](tree))
    used = {(gate, path) for violation in found
            for path in (violation.path, violation.path.split(":")[0])}
    left = [violation for violation in found if not {
        (gate, violation.path), (gate, violation.path.split(":")[0])} & excepted]
    return left, used


def run_suite(build_dir):
    tree = Tree(ROOT, ROOT / build_dir)
    excepted = exceptions(EXCEPTIONS.read_text())
    unused = set(excepted)
    total = Outcome()
    for gate in GATES:
        left, used = check(gate, tree, excepted)
        unused -= used
        for violation in left:
            print(f"{gate}: {violation.path}: {violation.what}")
        total += Outcome(failed=1) if left else Outcome(passed=1)
    unused = {(gate, path) for gate, path in unused if gate not in OF_THE_MACHINE}
    for gate, path in sorted(unused):
        print(f"exceptions.txt: {gate} {path}: there is nothing to except any more")
    total += Outcome(failed=1) if unused else Outcome(passed=1)
    return total + selftest.run_all(GATES)
