"""The tables: each row read strictly, because a row that is misread proves nothing."""

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

import facts
import words
from facts import Unreadable

COLUMNS = ["id", "plan", "who", "world", "request", "status", "facts", "source"]
PEOPLE = ["anonymous", "stranger", "guest", "planner", "reporter", "developer", "maintainer", "owner", "admin", "unknown", "expired", "bot"]
SCOPES = ["api", "read_api", "read_user", "read_repository", "write_repository", "sudo", "self_rotate", "create_runner"]
WHO = re.compile(r"(?P<name>[a-z]+)(?:\[(?P<scopes>[a-z_+]+)\])?")
MOST_LIES = 10


@dataclass
class Row:
    id: str
    plan: str
    who: str
    scopes: tuple
    world: list
    method: str
    path: str
    parameters: dict
    status: int
    facts: list
    source: str

    def names(self):
        """What the request and the facts name."""
        texts = [self.path, json.dumps(self.parameters), *(str(clause) for clause in self.facts)]
        return [name for text in texts for name in words.names_in(text)]


def rows(folder):
    """All rows of all tables of a folder, in the order of the files' names."""
    found, wrong, seen = [], [], {}
    for file in sorted(Path(folder).glob("*.csv")):
        with open(file, newline="", encoding="utf-8") as lines:
            table = csv.reader(lines, strict=True)
            if next(table, None) != COLUMNS:
                wrong.append(f"{file.name}: the first line is not {','.join(COLUMNS)}")
                continue
            for cells in table:
                place = f"{file.name}:{table.line_num}"
                try:
                    one = row(cells)
                    if one.id in seen:
                        raise Unreadable(f"{one.id} is at {seen[one.id]} already")
                    seen[one.id] = place
                    found.append(one)
                except Unreadable as why:
                    wrong.append(f"{place}: {why}")
    if wrong or not found:
        raise Unreadable("\n".join(wrong or [f"no rows in {folder}"]))
    return found


def row(cells):
    if len(cells) != len(COLUMNS):
        raise Unreadable(f"{len(cells)} columns instead of {len(COLUMNS)}")
    line = dict(zip(COLUMNS, (cell.strip() for cell in cells)))
    if not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", line["id"]):
        raise Unreadable(f"no id: {line['id']!r}")
    if line["plan"] not in ("Free", "Premium"):
        raise Unreadable(f"{line['id']}: no plan: {line['plan']!r}")
    who = WHO.fullmatch(line["who"])
    scopes = tuple((who["scopes"] or "api").split("+")) if who else ()
    if not who or who["name"] not in PEOPLE or not set(scopes) <= set(SCOPES):
        raise Unreadable(f"{line['id']}: nobody: {line['who']!r}")
    if not re.fullmatch(r"[1-5][0-9][0-9]", line["status"]):
        raise Unreadable(f"{line['id']}: no status: {line['status']!r}")
    if not re.search(r"\w/\w|\w\.\w", line["source"]):
        raise Unreadable(f"{line['id']}: no source")
    try:
        world = words.parse(line["world"])
        method, path, parameters = request(line["request"])
        clauses = facts.parse(line["facts"])
    except Unreadable as why:
        raise Unreadable(f"{line['id']}: {why}") from None
    return Row(line["id"], line["plan"], who["name"], scopes, world, method, path, parameters, int(line["status"]), clauses, line["source"])


def request(text):
    """`METHOD PATH {JSON}`; the path is below /api/v4 unless it begins with /api/ or /-/."""
    method, _, rest = text.partition(" ")
    path, _, given = rest.strip().partition(" ")
    path = path if path.startswith("/") else "/" + path
    if method not in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH") or path == "/":
        raise Unreadable(f"no request: {text!r}")
    for name in words.names_in(path):
        if name not in words.NAMES:
            raise Unreadable(f"nothing is called :{name}")
    try:
        parameters = json.loads(given) if given.strip() else None
    except ValueError as why:
        raise Unreadable(f"no JSON: {why}: {given!r}") from None
    if parameters is not None and not isinstance(parameters, dict):
        raise Unreadable(f"no JSON object: {given!r}")
    return method, path, parameters


def lies(file, known):
    """The rows that the sandbox does not meet, each with its reason."""
    with open(file, newline="", encoding="utf-8") as lines:
        table = list(csv.reader(lines, strict=True))
    if not table or table[0] != ["id", "reason"]:
        raise Unreadable("lies.csv: the first line is not id,reason")
    found = dict(table[1:])
    ids = {one.id for one in known}
    if len(found) != len(table) - 1 or not set(found) <= ids or not all(len(why) > 20 for why in found.values()):
        raise Unreadable("lies.csv: each id once, one of a row, with a reason")
    if len(found) > MOST_LIES:
        raise Unreadable(f"lies.csv: {len(found)} lies, {MOST_LIES} at most")
    return found
