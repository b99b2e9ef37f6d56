# fuzz - replays the corpora and lets every fuzzer look for more for a while
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

from runner import build
from runner.outcome import ROOT, Outcome, run

FOLDER = "build-fuzz"
INSTRUMENTED = "-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
OPTIONS = ("-Dfuzz=true", "-Dtests=true", f"-Dc_args={INSTRUMENTED}",
           "-Dc_link_args=-fsanitize=address,undefined")


def names():
    return sorted(path.stem for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))


def fuzz_one(name, seconds):
    corpus = ROOT / "tests/fuzz/corpus" / name.removeprefix("fuzz_")
    program = ROOT / FOLDER / "tests/fuzz" / name
    seeds = sorted(corpus.iterdir()) if corpus.is_dir() else []
    if not seeds:
        print(f"{name}: no corpus in {corpus.relative_to(ROOT)}")
        return False
    with tempfile.TemporaryDirectory(prefix="tinlb-fuzz-") as found:
        replay = run([program, f"-artifact_prefix={found}/", *seeds], 60)
        ended = replay
        if replay.ok:
            ended = run([program, "-verbosity=0", f"-max_total_time={seconds}", "-timeout=10",
                         "-rss_limit_mb=1024", "-max_len=4096",
                         f"-artifact_prefix={ROOT / FOLDER}/{name}-", found, corpus], seconds + 60)
    if not ended.ok:
        print(f"--- {name}: code {ended.code}\n{ended.output}")
    return ended.ok


def prepare():
    """Build the fuzzers; without clang there are none."""
    targets = [f"tests/fuzz/{name}" for name in names()]
    return not shutil.which("clang") or build.up_to_date(FOLDER, OPTIONS, {"CC": "clang"}, targets)


def run_suite(total_seconds):
    if not shutil.which("clang"):
        print("no clang: fuzzers are not built")
        return Outcome(skipped=len(names()))
    seconds = max(1, total_seconds // len(names()))  # whole ones; libFuzzer ends in the second after
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        passed = sum(pool.map(lambda name: fuzz_one(name, seconds), names()))
    finally:
        pool.shutdown(cancel_futures=True)
    return Outcome(passed=passed, failed=len(names()) - passed)
