# SPDX-License-Identifier: Apache-2.0
"""Runs `bulla-bench --quick --json` and checks the form of what it prints, not the figures:
each line is one object with the six keys, every listed benchmark is there once, and a record
costs us no allocation. Speed is nothing that a test can assert on a shared machine."""
import json
import subprocess
import sys

KEYS = {"bench", "ours", "theirs", "ratio", "unit", "met"}
UNITS = {"us", "MB/s", "bytes", "allocations"}


def main():
    program = sys.argv[1]
    listed = subprocess.run([program, "--list"], check=True, capture_output=True, text=True)
    run = subprocess.run([program, "--quick", "--json"], capture_output=True, text=True)
    assert run.returncode == 0, f"exit {run.returncode}: {run.stderr}"

    results = {}
    for line in run.stdout.splitlines():
        result = json.loads(line)
        assert set(result) == KEYS, line
        assert result["unit"] in UNITS, line
        assert result["bench"] not in results, f"twice: {line}"
        if result["unit"] in ("us", "MB/s"):
            assert result["ours"] > 0, line
            assert (result["theirs"] is None) == (result["ratio"] is None), line
            assert result["theirs"] is None or result["theirs"] > 0, line
        results[result["bench"]] = result

    missing = set(listed.stdout.split()) ^ set(results)
    if "the heap can't be counted" in run.stderr:
        missing = {name for name in missing if not name.startswith(("heap_", "allocations_"))}
    else:
        assert results["allocations_record"]["ours"] == 0, results["allocations_record"]
    assert not missing, f"listed or printed, not both: {sorted(missing)}"
    print(f"{len(results)} results")


main()
