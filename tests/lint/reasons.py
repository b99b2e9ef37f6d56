# reasons - the words of reasons in code, docs, metrics and in tinlb's remedies are the same, texts too
# SPDX-License-Identifier: Apache-2.0
import re

from lint.tree import Violation

DOCS = "docs/reasons.md"
REMEDIES = "cli/core/remedies.c"
# Section of the page: file and array of the words; array of the remedies.
SOURCES = {"Speaker": ("speaker/table/core/table.c", "table_reason_word", "of_speaker"),
           "Controller": ("controller/core/reason.c", "word[REASON_N]", "of_controller")}
# Arrays by which tinlb judges reasons: a word that is none would silently judge nothing.
JUDGES = {"cli/core/why_reasons.c": ("known[] = {",), "cli/core/doctor_services.c": ("passing[] = {", "caused[] = {")}
NOT_SHOWN = {"ok"}  # what a speaker has instead of a reason
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) ?\|$", re.M)
WORD = re.compile(r'\[\w+\] = "(\w+)"')
ENTRY = re.compile(r"\{(.*?)\}", re.S)
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(,)')
LABEL = re.compile(r'counters_labels \w+ = \{ "reason",|\{reason=\\"%s')
SPOKEN_BY = re.compile(r"\b(?:table_reason_word|table_ring_trouble_word|reason_word)\(")


def plain(markdown):
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown).replace("`", "").strip()


def section(text, name):
    return text.partition(f"## {name}\n")[2].partition("\n## ")[0]


def block(text, start):
    """From `start` to the end of its array or function."""
    return text.partition(start)[2].partition("};")[0]


def entries(text):
    """word -> (meaning, advice), of `{ "word", "meaning", "advice" }`; strings side by side are one."""
    found = {}
    for entry in ENTRY.findall(text):
        fields = [""]
        for string, comma in TOKEN.findall(entry):
            if comma:
                fields.append("")
            else:
                fields[-1] += string.replace('\\"', '"')
        word, meaning, advice = (fields + ["", ""])[:3]
        found[word] = (meaning, advice)
    return found


def compare(name, documented, spoken, held):
    for word in sorted(documented.keys() | spoken | held.keys()):
        where = [place for place, words in ((DOCS, documented), ("the code", spoken), (REMEDIES, held))
                 if word not in words]
        if where:
            yield Violation(DOCS, f"{name}: {word} is missing in {' and '.join(where)}")
        elif documented[word] != held[word]:
            yield Violation(REMEDIES, f"{name}: {word} says something else than {DOCS}")
        elif not documented[word][1]:
            yield Violation(DOCS, f"{name}: {word} has no remedy")


def judged(text):
    documented = {word for word, _, _ in ROW.findall(text.get(DOCS, ""))}
    for path, arrays in JUDGES.items():
        for array in arrays:
            for word in re.findall(r'"(\w+)"', block(text.get(path, ""), array)):
                if word not in documented:
                    yield Violation(path, f"{array.split('[')[0]} has {word}, which is no reason of {DOCS}")


def reasons(tree):
    text = {file.path: file.text for file in tree.files}
    yield from judged(text)
    for name, (source, start, array) in SOURCES.items():
        documented = {word: (plain(meaning), plain(advice))
                      for word, meaning, advice in ROW.findall(section(text.get(DOCS, ""), name))}
        spoken = set(WORD.findall(block(text.get(source, ""), start))) - NOT_SHOWN
        held = entries(block(text.get(REMEDIES, ""), array + "[] = {"))
        yield from compare(name, documented, spoken, held)
    for file in tree.product:
        if LABEL.search(file.text) and not SPOKEN_BY.search(file.text):
            yield Violation(file.path, "a label `reason` whose values are no words of the closed lists")
