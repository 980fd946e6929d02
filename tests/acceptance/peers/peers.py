"""podkeeper beside lychee: the same documents, and where the two agree.

    python3 peers.py --podkeeper PODKEEPER --lychee LYCHEE --hugo HUGO --work FOLDER

Three corpora, each with an answer that does not come from either program:

- `plain`: files of a repository, the answer by construction (`plain_rows.py`);
- `web`: pages of a server on loopback, the answer by construction (`web_rows.py`);
- `hugo`: the invented site in tests/data, the answer from Hugo's own build (`hugo_site.py`).

A row is one link. It is printed when one of the programs does not have the answer; podkeeper must have all of them, so
each row where it has not is a failure. What lychee makes of a row decides nothing: it is the second opinion, and where
it is right and podkeeper is not, the failure says so.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

import hugo_rows
import plain_rows
import web_rows
from observations import read_observations

# What a verdict of podkeeper's means to a reader of the document.
PODKEEPER = {
    "alive": "fine",
    "moved": "fine",
    "dead": "broken",
    "fragment_dead": "broken",
}


def run_podkeeper(binary, folder, arguments):
    """Each link of a folder: (path below it, address) → what podkeeper makes of it."""
    seen = read_observations(binary, folder, arguments)
    return {(path, url): (PODKEEPER.get(verdict, "open"), verdict, reason) for path, _, _, url, verdict, reason in seen}


def run_lychee(binary, folder, arguments):
    """The same of lychee, whose addresses of files are absolute: each is brought back to how rows name it."""
    command = [binary, "--no-progress", "--format", "json", "--include-fragments", "--mode", "plain", "-vv", *arguments, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    found = {}
    for key, meaning in [
        ("success_map", "fine"),
        ("excluded_map", "open"),
        ("error_map", "broken"),
        ("timeout_map", "broken"),
    ]:
        for source, links in report.get(key, {}).items():
            for link in links:
                path = os.path.relpath(os.path.join(folder, source), folder)
                found[(path, link["url"])] = meaning
    return found


def lychee_address(folder, row):
    """How lychee calls a link: files by their whole address."""
    if "://" in row.link or row.link.startswith("mailto:"):
        return row.link
    whole, _, place = row.link.partition("#")
    to, mark, query = whole.partition("?")
    to = urllib.parse.unquote(to)
    base = folder if to.startswith("/") else (folder / row.path).parent
    path = os.path.normpath(base / to.lstrip("/")) if to else folder / row.path
    place = urllib.parse.quote(urllib.parse.unquote(place))
    return pathlib.Path(path).as_uri() + mark + query + (f"#{place}" if place else "")


def by_row(folder, rows, found):
    """What lychee makes of each row."""
    return {row: found.get((row.path, lychee_address(folder, row)), "unseen") for row in rows}


def compare(name, rows, podkeeper, lychee):
    """Prints the rows on which podkeeper errs, then the counts by kind; how many rows it has right, and how many not."""
    table, errors = collections.Counter(), 0
    for row in rows:
        ours = podkeeper.get((row.path, row.link), ("unseen", "", ""))
        theirs = lychee[row]
        right = ours[0] == row.answer and (not row.verdict or ours[1] == row.verdict)
        right = right or row.may_be_open and ours[0] == "open"
        table[(row.kind, ours[0], theirs, row.answer)] += 1
        if not right:
            errors += 1
            print(f"  WRONG {row.path}: {row.link}: {ours[1] or ours[0]} ({ours[2]}), should be {row.verdict or row.answer}; lychee: {theirs}")
    print(f"\n{name}: {len(rows)} links")
    print(f"  {'kind':44} {'answer':7} {'podkeeper':10} {'lychee':8} links")
    for (kind, ours, theirs, answer), count in sorted(table.items()):
        mark = " " if ours == theirs else "≠"
        print(f"{mark} {kind:44} {answer:7} {ours:10} {theirs:8} {count:5}")
    for who, column in (("podkeeper", 1), ("lychee", 2)):
        agrees = sum(count for key, count in table.items() if key[column] == key[3])
        false = sum(count for key, count in table.items() if key[column] == "broken" and key[3] != "broken")
        print(f"  {who} has {agrees} of {len(rows)} answers, and calls {false} broken that are not")
    return len(rows) - errors, errors


def main():
    parser = argparse.ArgumentParser()
    for name in ("podkeeper", "lychee", "hugo", "work"):
        parser.add_argument(f"--{name}", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    passed = failed = 0

    folder = options.work / "plain"
    rows = plain_rows.write(folder)
    ours = run_podkeeper(options.podkeeper, folder, ["--offline"])
    theirs = run_lychee(options.lychee, folder, ["--offline", "--root-dir", str(folder)])
    counts = compare("plain", rows, ours, by_row(folder, rows, theirs))
    passed, failed = passed + counts[0], failed + counts[1]

    with web_rows.Server() as server:
        folder = options.work / "web"
        rows = web_rows.write(folder, server.origin)
        loopback = ["--allow-address", "127.0.0.0/8", "--limits", "none"]
        ours = run_podkeeper(options.podkeeper, folder, loopback)
        theirs = run_lychee(options.lychee, folder, ["--host-request-interval", "0ms", "--timeout", "5", "--max-retries", "0"])
        counts = compare("web", rows, ours, by_row(folder, rows, theirs))
    passed, failed = passed + counts[0], failed + counts[1]

    counts = hugo_rows.compare(options, run_podkeeper, run_lychee, compare)
    passed, failed = passed + counts[0], failed + counts[1]
    print(f"\n{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
