# cage_names - writes a C table of the machine's system calls: cage_names.py OUTPUT COMPILER...
# SPDX-License-Identifier: Apache-2.0
import re
import subprocess
import sys

NUMBER = re.compile(r"^#define __NR_(\w+) (\d+)$", re.M)
NAME_BYTES = 32


def main():
    output, *compiler = sys.argv[1:]
    defined = subprocess.run([*compiler, "-E", "-dM", "-"], input="#include <sys/syscall.h>\n", text=True,
                             capture_output=True, check=True).stdout
    calls = sorted((int(number), name) for name, number in NUMBER.findall(defined))
    if not calls:
        sys.exit("the compiler knows no system calls")
    with open(output, "w", encoding="ascii") as file:
        file.write(f"#define CAGE_NAME_BYTES {NAME_BYTES}\nstatic const char cage_name[][CAGE_NAME_BYTES] = {{\n")
        file.writelines(f'\t[{number}] = "{name[:NAME_BYTES - 1]}",\n' for number, name in calls)
        file.write("};\n")


main()
