# selftest - every gate finds its bad snippet and nothing in the good one
# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import tempfile
from pathlib import Path

from lint.tree import Tree
from runner.outcome import Outcome

HEAD = "/* {} - a snippet */\n/* SPDX-License-Identifier: Apache-2.0 */\n"
LONG = "int f(void)\n{\n" + "\t;\n" * 80 + "}\n"
SHORT = "int f(void)\n{\n\treturn 0;\n}\n"
MANY = "".join(f"int f{i}(void)\n{{\n" + "\t;\n" * 20 + "}\n\n" for i in range(6))
CORE = "common/core/a.c"

TABLE_C = 'table_reason_word(\n = {\n[TABLE_OK] = "ok",\n[TABLE_A] = "a",\n};\n'
REMEDY = 'of_speaker[] = {\n\t{ "a",\n\t  "why "\n\t  "it is",\n\t  "%s" },\n};\n'
REASONS = {"docs/reasons.md": "## Speaker\n| `a` | why `it` is | do [that](x.md) |\n## Controller\n",
           "speaker/table/core/table.c": TABLE_C, "cli/core/remedies.c": REMEDY % "do that"}
FINDING = '\t[DOCTOR_A] = { "a", DOCTOR_NOTE,\n'

# Gate: files of a tree it must find something in, files of one where it must not.
SNIPPETS = {
    "function-length": ({CORE: LONG}, {CORE: SHORT}),
    "folder-lengths": ({CORE: MANY}, {CORE: SHORT * 6}),
    "file-length": ({"common/core/a.h": "\n" * 151}, {CORE: "\n" * 151}),
    "parameters": ({CORE: "int f(int a, int b, int c,\n      int d, int e, int f)\n{\n}\n"},
                   {CORE: "int f(int (*a)(int, int), int b, int c, int d, int e)\n{\n}\n"}),
    "conditions": ({"config/wire/a.c": "#if defined(X)\n#endif\n"},
                   {"config/wire/a.h": "#ifndef A_H\n#define A_H\n#endif\n",
                    "common/io/a.c": "#if 1\n#endif\n"}),
    "banned-calls": ({CORE: "x = atoi(s);\n"},
                     {CORE: "/* atoi(s) */\nsay(\"atoi(s)\");\nx = my_atoi(s);\n"}),
    "sleeps": ({"tests/a.py": "import time\ntime.sleep(1)\n"},
               {"tests/a.py": "x = 'time.sleep(1)'  # sleep(1)\n", "a.c": "asleep(1);\n",
                "lab/poll.py": "sleep(1)\n"}),
    "clocks": ({"common/io/log.c": "time(NULL);\n"},
               {"common/io/loop.c": "time(NULL);\n", CORE: "kube_time(x);\n"}),
    "machine-texts": ({"README.md": "see /" "work/main\n"},
                      {"README.md": "see lab/" "work/main\n"}),
    "include-arrows": ({"speaker/announcer/a.c": '#include "config/core/config.h"\n'},
                       {"speaker/agent/a.c": '#include "config/core/config.h"\n',
                        "config/wire/a.c": '#include "config/core/config.h"\n'}),
    "includes-from-root": ({CORE: '#include "a.h"\n', "common/core/a.h": ""},
                           {CORE: '#include "common/core/a.h"\n', "common/core/a.h": ""}),
    "findings": ({"cli/core/doctor.c": FINDING, "docs/doctor.md": "| `a` | note | meaning | |\n"},
                 {"cli/core/doctor.c": FINDING, "docs/doctor.md": "| `a` | note | meaning | remedy |\n"}),
    "licenses": ({CORE: "/* a - b */\n"}, {CORE: HEAD.format("a")}),
    "first-lines": ({CORE: "/* b - c */\n"},
                    {CORE: HEAD.format("a"), "a.py": "#!/usr/bin/env python3\n# a - b\n",
                     "b.h": "/*\n * b - c\n */\n"}),
    "built-files": ({"tests/unit/test_a.c": "", "tests/unit/meson.build": "x = ['test_b']\n"},
                    {"tests/unit/test_a.c": "", "tests/unit/meson.build": "x = ['a']\n",
                     CORE: "", "common/meson.build": "x = ['core/a.c']\n"}),
    "reasons": ({**REASONS, "cli/core/remedies.c": REMEDY % "do this"},
                {**REASONS, CORE: 'say("{reason=\\"%s\\"}", table_reason_word(r));\n'}),
    "metric-names": ({"controller/a.c": 'add(t, "tinlb_new_total");\n'},
                     {"controller/a.c": 'add(t, "tinlb_new_total");\nput("tinlb_new_total{x=1}");\n',
                      "docs/metrics.md": "| `tinlb_new_total` | counter |\n"}),
    "mutable-globals": ({CORE: "int state = 1;\n"},
                        {CORE: "int x;\nconst int *const table[] = { &x, 0 };\n".replace(
                            "int x", "extern int x"), "common/main.c": "int state;\n"}),
    "purity": ({CORE: "int puts(const char *);\nint f(void) { return puts(\"\"); }\n"},
               {CORE: "int memcmp();\nint f(void) { return memcmp(); }\n"}),
}
COMPILED = ("mutable-globals", "purity")

# One more bad snippet for what the table above holds only one kind of.
MORE_BAD = {
    "findings": ({"cli/core/doctor.c": FINDING, "docs/doctor.md": "| `a` | error | meaning | remedy |\n"},),
    "reasons": ({**REASONS, "docs/reasons.md": "## Speaker\n"}, {**REASONS, "cli/core/remedies.c": ""},
                {**REASONS, "speaker/table/core/table.c": TABLE_C.replace('"a"', '"b"')},
                {**REASONS, "cli/core/why_reasons.c": 'known[] = {\n{ "b", WHY_SCOPE_FINE },\n};\n'},
                {**REASONS, CORE: 'say("{reason=\\"%s\\"}", words[r]);\n'}),
    "sleeps": ({"tests/a.c": "usleep(5);\n"}, {"a.sh": "true; sleep 1\n"},
               {"a.py": "from time import sleep\n"}, {"x": "#!/bin/sh\nsleep 1\n"}),
    "include-arrows": ({CORE: '#include "common/io/log.h"\n'},
                       {"config/wire/a.c": '#include "controller/controller.h"\n'},
                       {"common/core/a.c": '#include "config/core/config.h"\n'},
                       {"speaker/announcer/io/a.c":
                        '#include "speaker/announcer/core/arp_msg.h"\n'}),
    "file-length": ({CORE: "\n" * 601},),
    "metric-names": ({"docs/metrics.md": "| `tinlb_old_total` | counter |\n"},),
    "mutable-globals": ({CORE: "static int n;\nint f(void) { return n++; }\n"},),
}


def compile_all(root):
    """As a build folder would look: objects, their archive and a list of commands."""
    build = root / "build"
    build.mkdir()
    commands = []
    for number, source in enumerate(sorted(root.rglob("*.c"))):
        output = f"{number}.o"
        subprocess.run(["cc", "-w", "-fPIC", "-c", "-o", build / output, source], check=True)
        commands.append({"directory": str(build), "file": str(source), "output": output})
    subprocess.run(["ar", "rcs", build / "liba_core.a", *build.glob("*.o")], check=True)
    (build / "compile_commands.json").write_text(json.dumps(commands))


def violations(gate, name, files):
    with tempfile.TemporaryDirectory(prefix="tinlb-lint-") as folder:
        root = Path(folder)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        if name in COMPILED:
            compile_all(root)
        return list(gate(Tree(root, root / "build")))


def passes(gate, name):
    if name not in SNIPPETS:
        print(f"selftest: {name} has no snippets")
        return False
    bad, good = SNIPPETS[name]
    for files in (bad, *MORE_BAD.get(name, ())):
        if not violations(gate, name, files):
            print(f"selftest: {name} did not see what is wrong with {files}")
            return False
    for violation in violations(gate, name, good):
        print(f"selftest: {name} is wrong about {violation}")
        return False
    return True


def run_all(gates):
    total = Outcome()
    for name, gate in gates.items():
        total += Outcome(passed=1) if passes(gate, name) else Outcome(failed=1)
    return total
