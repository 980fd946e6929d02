"""The invented Hugo sites: what Hugo's own build says of each link, and what is made of it.

podkeeper reads the sources with `--site hugo`; lychee, which knows no Hugo, reads the pages that Hugo built.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.parse

import hugo_site
from rows import Row

MEANING = {"alive": "fine", "moved": "fine", "dead": "broken", "fragment_dead": "broken"}


def sites(hugo, work):
    """Each site with its folder, its rows, and how lychee calls each link, once Hugo has built it below `work`."""
    oracle = json.loads(hugo_site.ORACLE.read_text(encoding="utf-8"))
    for name, known in oracle.items():
        public = work / name
        shutil.rmtree(public, ignore_errors=True)
        command = [hugo, "--source", hugo_site.SITES / name, "--destination", public]
        command += ["--cacheDir", work / "cache", "--noBuildLock", "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        addresses = {page["source"]: page["address"] for page in known["pages"]}
        rows, calls = [], {}
        for link in known["links"]:
            answer = MEANING[link["truth"]]
            row = Row(f"{name}: {link['truth']}", link["page"], link["written"], answer, "", answer == "fine")
            rows.append(row)
            calls[row] = lychee_call(public, addresses[link["page"]], link["built"])
        yield name, hugo_site.SITES / name, public, rows, calls


def lychee_call(public, address, href):
    """The built page below `public`, and the address of the link on it as lychee gives it."""
    page = address.lstrip("/") + ("index.html" if address.endswith("/") else "")
    url = urllib.parse.urlsplit(urllib.parse.urljoin("https://site.invalid" + address, href))
    path = urllib.parse.unquote(url.path)
    return page, normal(f"file://{public}{path}#{url.fragment}")


def normal(address):
    """An address of a file in one of the ways to write it."""
    url = urllib.parse.urlsplit(address)
    path = os.path.normpath(urllib.parse.unquote(url.path)).removesuffix("/index.html")
    return path + "#" + urllib.parse.unquote(url.fragment)


def compare(options, run_podkeeper, run_lychee, print_table):
    """Compares all of them; how many rows podkeeper has right, and how many not."""
    # Is the oracle still what Hugo builds?
    command = [sys.executable, hugo_site.__file__, str(options.hugo)]
    passed, failed = (1, 0) if subprocess.run(command, check=False).returncode == 0 else (0, 1)
    work = options.work / "hugo"
    for name, folder, public, rows, calls in sites(options.hugo, work):
        ours = run_podkeeper(options.podkeeper, folder, ["--offline", "--site", "hugo"])
        arguments = ["--offline", "--root-dir", str(public), "--index-files", "index.html"]
        theirs = {(page, normal(url)): found for (page, url), found in run_lychee(options.lychee, public, arguments).items()}
        # Redirects of the server are no files, so lychee cannot know them.
        lychee = {row: theirs.get(calls[row], "unseen") for row in rows}
        counts = print_table(f"hugo, {name}", rows, ours, lychee)
        passed, failed = passed + counts[0], failed + counts[1]
    return passed, failed
