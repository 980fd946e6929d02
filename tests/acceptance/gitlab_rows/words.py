"""The words of the column `world`: which there are, which take a value, and what they give names to."""

import re

from facts import Unreadable

VISIBILITY = ("public", "internal", "private", "absent")
FEATURES = ("issues", "repository", "wiki", "merge-requests")
ROLES = {"guest": 10, "planner": 15, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}

# In the order in which they are prepared, however a row has them. True: with `=VALUE`, as often as is wanted;
# None: with or without.
WORDS = {
    "in-group": True,
    "role-in-group": False,
    "user": True,
    "blocked-user": True,
    "label": True,
    "group-label": True,
    "file": True,
    "files": True,
    "empty-repository": False,
    "branch": True,
    "template": True,
    "mr-template": True,
    "merge-request": False,
    "release": True,
    "wiki": True,
    "milestone": False,
    "closed-milestone": False,
    "group-milestone": False,
    "epic": False,
    "issue": False,
    "issue-by": True,
    "second-issue": False,
    "second-issue-confidential": False,
    "third-issue": False,
    "other-public": False,
    "other-private": False,
    "other-guest": False,
    "titled": True,
    "described": True,
    "labelled": True,
    "second-labelled": True,
    "unlabelled": True,
    "deleted-label": True,
    "assigned": True,
    "linked": False,
    "note": None,
    "note-by": True,
    "internal-note": False,
    "closed": False,
    "confidential": False,
    "locked": False,
    "archived-label": True,
    "archived-group-label": True,
    "issues": True,
    **{f"{feature}-{level}": False for feature in FEATURES for level in ("private", "disabled")},
    "group-archived": False,
    "bot-removed": False,
    "blocked": False,
    "renamed": False,
    "archived": False,
    "marked-for-deletion": False,
    "limit": True,
    "spam": True,
}

# Words that mean the same as others, and those that begin with others.
ALSO = {f"{word}-{who}": (word, who) for word in ("issue-by", "note-by") for who in (*ROLES, "stranger", "admin")}
BEFORE = {"archived-label": "label", "archived-group-label": "group-label", "closed-milestone": "milestone",
          "blocked-user": "user"}

OF_AN_ISSUE = {"closed", "confidential", "locked", "labelled", "unlabelled", "assigned", "linked", "note", "note-by", "internal-note",
               "titled", "described"}

NAMES = {
    "id", "ID", "old", "iid", "number", "group", "group-number", "user", "username", "label", "label-name", "milestone",
    "note", "link", "epic", "second", "other", "someone", "now", "today", "pad",
    *(name for who in (*ROLES, "stranger", "admin", "bot") for name in (who, f"{who}-name")),
}

NAME = re.compile(r"(?<![:\w]):(ID|[a-z]+(?:-[a-z]+)*)")


def parse(text):
    """`(word, value)` for each word, the project's visibility first; `in-group=…` is one of its group, too."""
    parts = text.split()
    first, _, visibility = (parts or [""])[0].partition("=")
    found = [(visibility if first == "in-group" else first, None)]
    if found[0][0] not in VISIBILITY or (visibility and first != "in-group"):
        raise Unreadable(f"the world begins with one of {', '.join(VISIBILITY)}, not with {text!r}")
    for part in parts[0 if first == "in-group" else 1:]:
        word, has_value, value = part.partition("=")
        if word in ALSO and not has_value:
            found.append(ALSO[word])
        elif word not in WORDS or WORDS[word] not in (None, bool(has_value and value)):
            raise Unreadable(f"no such word: {part!r}")
        else:
            value = value.replace("+", " ") if has_value else None
            if word in BEFORE and (BEFORE[word], value) not in found:
                found.append((BEFORE[word], value))
            found.append((word, value))
    if found[0][0] == "absent" and len(found) > 1:
        raise Unreadable("nothing is in a project that is absent")
    there = {word for word, _ in found}
    if there & OF_AN_ISSUE and not there & {"issue", "issue-by", "epic"}:
        raise Unreadable(f"there is no issue: {text!r}")
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
