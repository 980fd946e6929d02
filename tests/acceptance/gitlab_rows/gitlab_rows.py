"""Holds a GitLab, or the box that stands for one, to GitLab's own facts: the rows of rows/*.csv.

    python3 gitlab_rows.py ORIGIN [ID…]              each row in a fresh world of the box at ORIGIN
    python3 gitlab_rows.py ORIGIN --token=TOKEN      the same on a real GitLab, as its administrator
    python3 gitlab_rows.py --only-read               reads the tables and asks nobody

A row is a precondition, a request, a status and clauses on the answer. Each failing row is shown with what was expected and
what came. Every clause is also tried in a changed form on the same answer, which must fail: a comparison that cannot fail
would be none. The last line is `N rows passed, N failed, N lies, N changed expectations found, N missed`.
"""

import argparse
import datetime
import sys
from pathlib import Path

import facts
import table
import words
from api import Api, Refused, escaped
from facts import Unreadable
from world import OnlyInTheBox, World

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("origin", nargs="?")
    parser.add_argument("ids", nargs="*", help="only these rows")
    parser.add_argument("--token", help="an administrator's, where it is not the box that is asked")
    parser.add_argument("--tables", default=HERE, help="the folder with rows/ and lies.csv")
    parser.add_argument("--only-read", action="store_true")
    given = parser.parse_args()
    try:
        rows = table.rows(Path(given.tables) / "rows")
        lies = table.lies(Path(given.tables) / "lies.csv", rows)
    except (Unreadable, OSError, ValueError) as why:
        print(why)
        return 2
    if given.only_read:
        print(f"{len(rows)} rows, {len(lies)} lies")
        return 0
    if not given.origin:
        parser.error("whom shall the rows be asked?")
    if given.ids:
        rows = [row for row in rows if row.id in given.ids]
    return run(given, rows, lies)


def run(given, rows, lies):
    api, now = Api(given.origin, given.token), datetime.datetime.now(datetime.timezone.utc)
    if not given.token:
        box = api.ask("GET", "/-/sandbox").value()
        api.token, now = box["tokens"]["admin"], datetime.datetime.fromisoformat(box["now"].replace("Z", "+00:00"))
    passed = failed = found = missed = 0
    for number, row in enumerate(rows, 1):
        # A sandbox starts anew for each row; a real GitLab gets other names for each.
        if not given.token:
            api.do("POST", "/-/world/reset")
        world = World(api, now, not given.token, f"-{number}" if given.token else "")
        try:
            wrong, answer, clauses = held(row, api, world)
        except OnlyInTheBox as why:
            print(f"skipped {row.id}: {why}")
            continue
        if row.id in lies:
            if not wrong:
                failed += 1
                print(f"not ok {row.id}: this lie is none any more; take it off lies.csv")
            continue
        if wrong:
            failed += 1
            show(row, wrong, answer)
            continue
        passed += 1
        caught, uncaught = sabotaged(row, clauses, answer)
        found, missed = found + caught, missed + len(uncaught)
        for clause in uncaught:
            print(f"not ok {row.id}: {clause} holds as well as its opposite")
    print(f"{passed} rows passed, {failed} failed, {len(lies)} lies, {found} changed expectations found, {missed} missed")
    return 1 if failed or missed or not passed else 0


def held(row, api, world):
    """What is wrong with the answer to a row's request, the answer, and the clauses as they were compared."""
    try:
        token = world.prepare(row)
        names = world.names
        in_path = {**{name: escaped(str(value)) for name, value in names.items()}}
        if ("marked-for-deletion", None) in row.world:
            in_path["id"] = str(names["number"])
        path = words.NAME.sub(lambda one: in_path[one[1]], row.path)
        parameters = words.filled(row.parameters, names) if row.parameters is not None else None
    except (Refused, KeyError, ValueError) as why:
        return [f"it could not be prepared: {why!r}"], None, []
    answer = api.ask(row.method, path, parameters, token)
    clauses = [facts.Clause(words.filled(one.path, names), one.word, words.filled(one.wanted, names)) for one in row.facts]
    wrong = [] if answer.status == row.status else [f"status {row.status}, but {answer.status} came"]
    for clause in clauses:
        if not clause.holds(answer):
            there = clause.found(answer)
            there = "nothing" if there is facts.NOTHING else repr(there)[:300]
            wrong.append(f"{clause}, but there is {there}")
    return wrong, answer, clauses


def sabotaged(row, clauses, answer):
    """How many changed expectations fail, as they should, and which hold."""
    status = row.status % 500 + 100
    uncaught = [f"status {status}"] if answer.status == status else []
    uncaught += [clause for clause in clauses if clause.changed().holds(answer)]
    return 1 + len(clauses) - len(uncaught), uncaught


def show(row, wrong, answer):
    print(f"not ok {row.id}: {row.method} {row.path} as {row.who}[{'+'.join(row.scopes)}] in {row.plan}")
    print(f"    world: {' '.join(word if value is None else f'{word}={value}' for word, value in row.world)}")
    for line in wrong:
        print(f"    expected {line}" if answer else f"    {line}")
    if answer:
        print(f"    came: {answer.status} {answer.text[:400]}")
    print(f"    source: {row.source}")


if __name__ == "__main__":
    sys.exit(main())
