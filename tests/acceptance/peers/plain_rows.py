"""Documents of an invented repository, with the answer for each of their links by construction."""

import shutil
import subprocess

from rows import Row

# Files that links lead to.
FILES = {
    "README.md": "# Harbour desk\n\n## Opening hours\n\n## 2026\n\n## Opening hours\n",
    "docs/guide.md": "# Guide\n\n## Set it up\n\n<a name=\"by-hand\"></a>\n\nBy hand.\n\nText[^note].\n\n[^note]: Here.\n",
    "docs/a b.md": "# A name with a blank\n",
    "docs/über.md": "# Über uns\n\n## Größe\n",
    "docs/sub/deep.md": "# Deep\n",
    "docs/sub/README.md": "# Sub\n",
    "docs/picture.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
    "docs/notes.markdown": "# Notes\n\n## One\n",
    "src/main.rs": "fn main() {\n    run();\n}\n",
    "built/out.md": "# Built\n",
    ".gitignore": "built/\nlocal.md\n",
    "local.md": "# Local\n",
    "node_modules/pkg/README.md": "[gone](gone.md)\n",
}

# kind, link text as Markdown, the address, the answer, podkeeper's verdict.
LINKS = [
    ("file beside it", "[x](guide.md)", "guide.md", "fine", ""),
    ("file beside it", "[x](./guide.md)", "./guide.md", "fine", ""),
    ("file above", "[x](../README.md)", "../README.md", "fine", ""),
    ("folder", "[x](sub)", "sub", "fine", ""),
    ("folder", "[x](sub/)", "sub/", "fine", ""),
    ("file that is not there", "[x](gone.md)", "gone.md", "broken", "dead"),
    ("file that is not there", "[x](sub/gone.md)", "sub/gone.md", "broken", "dead"),
    ("file that is not there", "![x](gone.svg)", "gone.svg", "broken", "dead"),
    ("picture", "![x](picture.svg)", "picture.svg", "fine", ""),
    ("letter case", "[x](Guide.md)", "Guide.md", "broken", "dead"),
    ("blank in a name", "[x](<a b.md>)", "a b.md", "fine", ""),
    ("percent-encoded", "[x](a%20b.md)", "a%20b.md", "fine", ""),
    ("percent-encoded", "[x](%C3%BCber.md)", "%C3%BCber.md", "fine", ""),
    ("letters beyond ASCII", "[x](über.md)", "über.md", "fine", ""),
    ("place in the document", "[x](#here)", "#here", "fine", ""),
    ("place in the document", "[x](#nowhere)", "#nowhere", "broken", "fragment_dead"),
    ("place in another", "[x](guide.md#set-it-up)", "guide.md#set-it-up", "fine", ""),
    ("place in another", "[x](guide.md#set-it-upp)", "guide.md#set-it-upp", "broken", "fragment_dead"),
    ("place by an id in HTML", "[x](guide.md#by-hand)", "guide.md#by-hand", "fine", ""),
    ("place of a repeated heading", "[x](../README.md#opening-hours-1)", "../README.md#opening-hours-1", "fine", ""),
    ("place of a repeated heading", "[x](../README.md#opening-hours-2)", "../README.md#opening-hours-2", "broken", ""),
    ("place of a heading of digits", "[x](../README.md#anchor-2026)", "../README.md#anchor-2026", "fine", ""),
    ("place in a footnote", "[x](guide.md#fn-note)", "guide.md#fn-note", "fine", ""),
    ("place beyond ASCII", "[x](über.md#größe)", "über.md#größe", "fine", ""),
    ("place in .markdown", "[x](notes.markdown#one)", "notes.markdown#one", "fine", ""),
    ("place in .markdown", "[x](notes.markdown#two)", "notes.markdown#two", "broken", "fragment_dead"),
    ("lines of a file", "[x](../src/main.rs#L2)", "../src/main.rs#L2", "fine", ""),
    ("lines of a file", "[x](../src/main.rs#L200)", "../src/main.rs#L200", "broken", "fragment_dead"),
    ("from the root of the repository", "[x](/docs/guide.md)", "/docs/guide.md", "fine", ""),
    ("falls back to the root", "[x](src/main.rs)", "src/main.rs", "fine", ""),
    ("what git ignores", "[x](../local.md)", "../local.md", "broken", ""),
    ("what git ignores", "[x](../built/out.md)", "../built/out.md", "broken", ""),
    ("query", "[x](guide.md?plain=1)", "guide.md?plain=1", "fine", ""),
    ("reference style", "[x][ref-gone]\n\n[ref-gone]: away.md", "away.md", "broken", "dead"),
    ("HTML", "<a href=\"gone.html\">x</a>", "gone.html", "broken", "dead"),
    ("HTML", "<img src=\"picture.svg\" alt=\"\">", "picture.svg", "fine", ""),
    ("HTML srcset", "<img srcset=\"gone-1.png 1x\" alt=\"\">", "gone-1.png", "broken", "dead"),
    ("HTML poster", "<video poster=\"gone-2.png\"></video>", "gone-2.png", "broken", "dead"),
    ("in code", "`[x](code.md)`", "code.md", "unseen", ""),
    ("in a fence", "```\n[x](fence.md)\n```", "fence.md", "unseen", ""),
    ("in math", "$`[x](math.md)`$", "math.md", "unseen", ""),
    ("in a comment", "<!-- [x](comment.md) -->", "comment.md", "unseen", ""),
    ("escaped", "\\[x](escaped.md)", "escaped.md", "unseen", ""),
    ("mail", "[x](mailto:team@harbour.org)", "mailto:team@harbour.org", "fine", ""),
    ("mail", "[x](mailto:team.harbour.org)", "mailto:team.harbour.org", "broken", "dead"),
    ("reference of GitLab", "[x](#123)", "#123", "open", "skipped"),
    ("reference of GitLab", "[x](!12)", "!12", "open", "skipped"),
    ("reference of GitLab", "[x](group/project#4)", "group/project#4", "open", "skipped"),
    ("placeholder", "[x](%{path}/y)", "%{path}/y", "open", "skipped"),
    ("placeholder", "[x]({{site}}/y)", "{{site}}/y", "open", "skipped"),
    ("out of the repository", "[x](../../outside.md)", "../../outside.md", "open", "skipped"),
    ("example host", "https://www.example.com/x", "https://www.example.com/x", "open", "skipped"),
]


def write(folder):
    """Writes the corpus, a document for each link, and gives its rows."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    rows = []
    for number, (kind, written, address, answer, verdict) in enumerate(LINKS):
        path = f"docs/row-{number:02}.md"
        (folder / path).write_text(f"# Here\n\nBefore it. {written}\n", encoding="utf-8")
        if written.startswith(("<", "```", "[x][")):
            (folder / path).write_text(f"# Here\n\n{written}\n", encoding="utf-8")
        rows.append(Row(kind, path, address, answer, verdict))
    # A document that nobody wrote for readers.
    rows.append(Row("in node_modules", "node_modules/pkg/README.md", "gone.md", "unseen"))
    # Front matter in each form that GitLab or Hugo knows.
    fences = {"yaml": ("---", "---"), "dots": ("---", "..."), "toml": ("+++", "+++"), "json": (";;;", ";;;")}
    for name, (begin, end) in fences.items():
        path = f"docs/front-{name}.md"
        text = f'{begin}\nsee: "[x](front-gone.md)"\n{end}\n\n# T\n\n[y](guide.md)\n'
        (folder / path).write_text(text, encoding="utf-8")
        rows += [
            Row("in front matter", path, "front-gone.md", "unseen"),
            Row("behind front matter", path, "guide.md", "fine"),
        ]
    return rows
