"""What a row says of an answer: clauses such as `message.title.0 = "is too long"`, and whether they hold."""

import json
import re
from dataclasses import dataclass

HEAD = re.compile(r"(?P<path>[^\s=~]+)\s+(?P<word>=|~|has|lacks|absent|present)(?=\s|;|$)")
# What the driver made, by its name; in a fact it may stand without quotes.
NAME = re.compile(r":(?:ID|[a-z-]+)(?=\s|;|$)")
NOTHING = object()


class Unreadable(Exception):
    """What is written in a table cannot be read."""


@dataclass
class Answer:
    """What came: the status, the headers by their names in small letters, the body as text."""

    status: int
    headers: dict
    text: str

    def value(self):
        """The body as JSON, or NOTHING."""
        try:
            return json.loads(self.text)
        except ValueError:
            return NOTHING


@dataclass(frozen=True)
class Clause:
    path: str
    word: str
    wanted: object = None

    def __str__(self):
        if self.word in ("absent", "present"):
            return f"{self.path} {self.word}"
        return f"{self.path} {self.word} {json.dumps(self.wanted, ensure_ascii=False)}"

    def holds(self, answer):
        there = self.found(answer)
        if self.word in ("absent", "present"):
            return (there is NOTHING) == (self.word == "absent")
        if there is NOTHING:
            return False
        if self.word == "=":
            return same(there, self.wanted)
        if self.word == "~":
            texts = there if isinstance(there, list) else [there]
            return any(isinstance(text, str) and self.wanted in text for text in texts)
        if not isinstance(there, (list, dict)):
            return False
        return within(there, self.wanted) == (self.word == "has")

    def found(self, answer):
        """What the answer has at the path, or NOTHING."""
        if self.path.startswith("header."):
            return answer.headers.get(self.path.removeprefix("header.").lower(), NOTHING)
        value = answer.value()
        if self.path == "count":
            return len(value) if isinstance(value, list) else NOTHING
        if self.path == "body" and not (isinstance(value, dict) and "body" in value):
            # The whole of it; an answer with a field of this name, as a note is, means the field.
            return answer.text if isinstance(self.wanted, str) or value is NOTHING else value
        for step in self.path.split("."):
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                return NOTHING
        return value

    def changed(self):
        """A clause that cannot hold where this one does: the proof that a difference would be found."""
        if self.word == "=":
            return Clause(self.path, "=", other(self.wanted))
        if self.word == "~":
            return Clause(self.path, "~", self.wanted + "\u2603")
        opposite = {"has": "lacks", "lacks": "has", "absent": "present", "present": "absent"}
        return Clause(self.path, opposite[self.word], self.wanted)


def parse(text):
    """The clauses of a column; text in quotes may hold semicolons."""
    clauses, at = [], 0
    text = text.strip()
    while at < len(text):
        head = HEAD.match(text, at)
        if not head:
            raise Unreadable(f"no clause: {text[at:]!r}")
        path, word, at = head["path"], head["word"], head.end()
        wanted = None
        if word not in ("absent", "present"):
            while at < len(text) and text[at].isspace():
                at += 1
            name = NAME.match(text, at)
            try:
                wanted, at = (name[0], name.end()) if name else json.JSONDecoder().raw_decode(text, at)
            except ValueError:
                raise Unreadable(f"no JSON behind {word}: {text[at:]!r}") from None
        check(path, word, wanted)
        clauses.append(Clause(path, word, wanted))
        rest = text[at:].lstrip()
        if rest and not rest.startswith(";"):
            raise Unreadable(f"no semicolon: {rest!r}")
        at = len(text) - len(rest[1:].lstrip()) if rest else len(text)
    return clauses


def check(path, word, wanted):
    if word == "~" and not isinstance(wanted, str):
        raise Unreadable(f"~ takes a text: {path}")
    if path == "count" and (word != "=" or type(wanted) is not int):
        raise Unreadable("count takes = and a number")
    if path.startswith("header.") and (word not in ("=", "~", "absent", "present") or not isinstance(wanted, (str, type(None)))):
        raise Unreadable(f"a header is a text: {path}")
    if not all(path.split(".")):
        raise Unreadable(f"no path: {path!r}")


def same(one, two):
    """Equal as JSON, where true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)


def fits(there, wanted):
    """Equal, or an object with at least these fields."""
    if isinstance(there, dict) and isinstance(wanted, dict):
        return all(key in there and fits(there[key], value) for key, value in wanted.items())
    return same(there, wanted)


def within(there, wanted):
    """Whether a list has such an item, or an object such fields or a field of this name."""
    if isinstance(there, dict):
        return fits(there, wanted) if isinstance(wanted, dict) else wanted in there
    return any(fits(item, wanted) for item in there)


def other(value):
    """Something else of the same kind."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value + "\u2603"
    return value + ["\u2603"] if isinstance(value, list) else {**value, "\u2603": 1}
