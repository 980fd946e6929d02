"""What two builds of podkeeper make of the links of a folder, where they differ.

    python3 tests/acceptance/peers/differences.py OLD NEW FOLDER [OPTION…]

OLD and NEW are binaries, FOLDER is any folder of documents (nobody's is committed here), and the options go to
`podkeeper check`, which is always asked with --offline. Each kind of difference is a pair of verdicts; of each, twenty
links are printed, chosen by their own text, so that the same two builds print the same ones.
"""

import collections
import hashlib
import sys

from observations import read_observations

SAMPLE = 20


def observe(binary, folder, options):
    """(document, line, column, address) → (verdict, reason)."""
    seen = read_observations(binary, folder, ["--offline", *options])
    return {(path, line, column, url): (verdict, reason) for path, line, column, url, verdict, reason in seen}


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    old, new = (observe(binary, sys.argv[3], sys.argv[4:]) for binary in sys.argv[1:3])
    kinds = collections.defaultdict(list)
    for key in old.keys() | new.keys():
        before, after = old.get(key, ("no link", "")), new.get(key, ("no link", ""))
        if before[0] != after[0]:
            kinds[(before[0], after[0])].append((key, before[1], after[1]))
    same = len(old.keys() & new.keys()) - sum(len(found) for (a, b), found in kinds.items() if "no link" not in (a, b))
    print(f"{len(old)} links before, {len(new)} now; {same} have the verdict they had")
    for (before, after), found in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
        print(f"\n{before} -> {after}: {len(found)}")
        found.sort(key=lambda one: hashlib.sha256(repr(one[0]).encode()).digest())
        for (path, line, column, url), why, now in found[:SAMPLE]:
            print(f"  {path}:{line}:{column}: {url}\n      before: {why or before}\n      now: {now or after}")


if __name__ == "__main__":
    main()
