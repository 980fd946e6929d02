"""The words of the column `world`: which there are, which take a value, and what they give names to."""

import re

from facts import Unreadable

VISIBILITY = ("public", "internal", "private", "absent")
ROLES = {"guest": 10, "planner": 15, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}

# In the order in which they are prepared, however a row has them. True: with `=VALUE`, as often as is wanted.
WORDS = {
    "subgroup": False,
    "label": True,
    "group-label": True,
    "file": True,
    "template": True,
    "wiki": True,
    "milestone": False,
    "epic": False,
    "issue": False,
    "issue-by": True,
    "second-issue": False,
    "second-confidential": False,
    "third-issue": False,
    "closed": False,
    "confidential": False,
    "locked": False,
    "labelled": True,
    "second-labelled": True,
    "assigned-to": True,
    "linked": False,
    "note": False,
    "note-by": True,
    "internal-note": False,
    "archived-label": True,
    "issues": True,
    "issues-off": False,
    "group-archived": False,
    "bot-removed": False,
    "blocked": False,
    "renamed": False,
    "archived": False,
    "marked-for-deletion": False,
    "limit": True,
    "spam": True,
    "captcha": False,
}

# Words that mean the same as others.
ALSO = {f"{word}-{who}": (word, who) for word in ("issue-by", "note-by", "assigned-to") for who in (*ROLES, "stranger", "admin")}

NAMES = {
    "id", "path", "iid", "number", "group", "group-number", "user", "username", "label", "label-name", "milestone", "note",
    "link", "label-event", "epic", "second", "token", "today", "now",
    *(name for who in (*ROLES, "stranger", "admin", "bot") for name in (who, f"{who}-name")),
}

NAME = re.compile(r"(?<![:\w]):([a-z]+(?:-[a-z]+)*)")


def parse(text):
    """`(word, value)` for each word, the project's first."""
    found = []
    for at, part in enumerate(text.split()):
        word, has_value, value = part.partition("=")
        if at == 0:
            if word not in VISIBILITY or has_value:
                raise Unreadable(f"the world begins with one of {', '.join(VISIBILITY)}, not with {part!r}")
            found.append((word, None))
            continue
        if word in ALSO and not has_value:
            found.append(ALSO[word])
        elif word not in WORDS or WORDS[word] != bool(has_value and value):
            raise Unreadable(f"no such word: {part!r}")
        else:
            value = value.replace("+", " ") if has_value else None
            # It is made first and archived when everything has what it is to have: nothing can be given an archived one.
            found += [("label", value), (word, value)] if word == "archived-label" else [(word, value)]
    if not found:
        raise Unreadable("no world")
    if found[0][0] == "absent" and len(found) > 1:
        raise Unreadable("nothing is in a project that is absent")
    order = list(WORDS)
    return found[:1] + sorted(found[1:], key=lambda one: order.index(one[0]))


def names_in(text):
    return [name for name in NAME.findall(text)]


def filled(value, names):
    """A JSON value with what the names stand for; a text that is nothing but a name becomes what it stands for."""
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if not isinstance(value, str):
        return value
    whole = NAME.fullmatch(value)
    if whole and whole[1] in names:
        return names[whole[1]]
    return NAME.sub(lambda one: str(names[one[1]]) if one[1] in names else one[0], value)
