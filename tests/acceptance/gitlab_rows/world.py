"""Brings a fresh GitLab to what a row says is there: by GitLab's own API as far as it has one, else by the box's verbs."""

import words
from api import Refused, escaped
from people import People

GROUP = "rows"


class OnlyInTheBox(Exception):
    """GitLab has no API for such a preparation."""


class World(People):
    def __init__(self, api, now, box, serial=""):
        self.api, self.now, self.box = api, now, box
        self.group_path = GROUP + serial
        self.serial = serial
        self.people, self.tokens = {}, {}
        self.names = {"today": now.date().isoformat(), "iid": 1, "second": 2, "pad": " " * 10_000}

    def prepare(self, row):
        """Everything that the row's words say, then the token of whoever asks."""
        if self.box:
            self.verb("fault", {"tier": row.plan.lower()})
        self.visibility, rest, said = row.world[0][0], row.world[1:], dict(row.world)
        # The project's group is as visible as can be, unless the row is about it.
        group = {"name": self.group_path, "path": self.group_path, "visibility": said.get("in-group", "public")}
        group = self.api.do("POST", "/groups", group)
        path = f"{self.group_path}/desk"
        self.names.update({"group": self.group_path, "group-number": group["id"], "number": 987_654_321})
        self.names.update({"id": path, "old": path, "now": path, "ID": path.upper()})
        if self.visibility != "absent":
            project = {"name": "Desk", "path": "desk", "namespace_id": group["id"], "visibility": self.visibility}
            self.names["number"] = self.api.do("POST", "/projects", project)["id"]
        self.group_member = row.who if "role-in-group" in said else None
        self.who = row.who
        for who in {"owner", row.who} & set(words.ROLES):
            self.person(who)
        # What an issue is born with leaves no system notes.
        born = {"confidential": "confidential", "locked": "discussion_locked"}
        self.born = {field: True for word, field in born.items() if word in said}
        in_repository = {"file", "files", "template", "mr-template", "merge-request", "release", "empty-repository"}
        if self.visibility != "absent" and not in_repository & set(said):
            self.file("README.md")
        for word, value in rest:
            getattr(self, word.replace("-", "_"))(*([value] if value is not None else []))
        for name in row.names():
            # Somebody of whom only the request or the facts tell.
            if name.removesuffix("-name") in (*words.ROLES, "stranger"):
                self.person(name.removesuffix("-name"))
        return self.token(row.who, row.scopes)

    def in_group(self, _visibility):
        """It was made so."""

    def role_in_group(self):
        """Whoever asks was made a member of the group."""

    # What the project has.

    @property
    def project(self):
        return f"/projects/{self.names['number']}"

    def label(self, name):
        made = self.api.do("POST", f"{self.project}/labels", {"name": name, "color": "#123456"})
        self.names.setdefault("label", made["id"])
        self.names.setdefault("label-name", name)

    def group_label(self, name):
        made = self.api.do("POST", f"/groups/{self.names['group-number']}/labels", {"name": name, "color": "#123456"})
        self.names.setdefault("label", made["id"])
        self.names.setdefault("label-name", name)

    def archived_label(self, name):
        self.api.do("PUT", f"{self.project}/labels/{escaped(name)}", {"archived": True})

    def file(self, path, text="A line.\n"):
        asked = {"branch": "main", "commit_message": f"Add {path}", "content": text}
        self.api.do("POST", f"{self.project}/repository/files/{escaped(path)}", asked)

    def files(self, count):
        for number in range(int(count)):
            self.file(f"many/{number + 1:03}.md")

    def empty_repository(self):
        """Without this and other files a project has a README."""

    def branch(self, name):
        self.api.do("POST", f"{self.project}/repository/branches", {"branch": name, "ref": "main"})

    def template(self, name):
        self.file(f".gitlab/issue_templates/{name}.md", f"# {name}\n")

    def mr_template(self, name):
        self.file(f".gitlab/merge_request_templates/{name}.md", f"# {name}\n")

    def merge_request(self):
        self.file("first.md")
        self.branch("topic")
        asked = {"source_branch": "topic", "target_branch": "main", "title": "A change"}
        self.api.do("POST", f"{self.project}/merge_requests", asked)

    def release(self, tag):
        self.file("first.md")
        self.api.do("POST", f"{self.project}/releases", {"tag_name": tag, "ref": "main"})

    def wiki(self, slug):
        self.api.do("POST", f"{self.project}/wikis", {"title": slug, "content": "A page."})

    def milestone(self):
        self.names["milestone"] = self.api.do("POST", f"{self.project}/milestones", {"title": "First"})["id"]

    def closed_milestone(self):
        self.api.do("PUT", f"{self.project}/milestones/{self.names['milestone']}", {"state_event": "close"})

    def group_milestone(self):
        made = self.api.do("POST", f"/groups/{self.names['group-number']}/milestones", {"title": "Of the group"})
        self.names["milestone"] = made["id"]

    def epic(self):
        self.names["epic"] = self.api.do("POST", f"/groups/{self.names['group-number']}/epics", {"title": "All of it"})["iid"]

    # Its issues.

    def archived_group_label(self, name):
        self.api.do("PUT", f"/groups/{self.names['group-number']}/labels/{escaped(name)}", {"archived": True})

    def issue(self, who="owner", title="The first issue", **more):
        self.person(who)
        more, self.born = {**self.born, **more}, {}
        made = self.api.do("POST", f"{self.project}/issues", {"title": title, **more}, self.token_for(who))
        late = {key: value for key, value in more.items() if (made.get(key) or False) != value}
        if late:
            # Whoever opened it may not set it.
            self.edit(made["iid"], **late)
        return made["iid"]

    issue_by = issue

    def second_issue(self):
        self.names["second"] = self.issue(title="The second issue")

    def second_issue_confidential(self):
        self.names["second"] = self.issue(title="The second issue", confidential=True)

    def other(self, visibility, *members):
        """Another project with an issue, of which the asking user is no member unless it says so."""
        project = {"name": "Other", "path": "other", "namespace_id": self.names["group-number"], "visibility": visibility}
        number = self.names["other"] = self.api.do("POST", "/projects", project)["id"]
        for who in members:
            self.api.do("POST", f"/projects/{number}/members", {"user_id": self.person(who), "access_level": 10})
        self.api.do("POST", f"/projects/{number}/issues", {"title": "The other issue"})

    def other_public(self):
        self.other("public")

    def other_private(self):
        self.other("private")

    def other_guest(self):
        self.other("private", self.who)

    def third_issue(self):
        self.issue(title="The third issue")

    def issues(self, count):
        """So many, numbered on; many of them at once, where only their number matters."""
        if int(count) > 100:
            return self.verb("issues", {"project": self.names["number"], "count": int(count)})
        for number in range(int(count)):
            self.issue(title=f"Issue {number + 1}")

    def edit(self, iid, **fields):
        self.api.do("PUT", f"{self.project}/issues/{iid}", fields)

    def closed(self):
        self.edit(1, state_event="close")

    def confidential(self):
        """An issue was born so."""
        if "epic" in self.names:
            epic = f"/groups/{self.names['group-number']}/epics/{self.names['epic']}"
            self.api.do("PUT", epic, {"confidential": True})

    def titled(self, title):
        self.edit(1, title=title)

    def described(self, description):
        self.edit(1, description=description)

    def locked(self):
        """It was born so."""

    def labelled(self, name):
        self.edit(1, add_labels=[name])

    def unlabelled(self, name):
        self.edit(1, remove_labels=[name])

    def deleted_label(self, name):
        self.api.do("DELETE", f"{self.project}/labels/{escaped(name)}")

    def second_labelled(self, name):
        self.edit(2, add_labels=[name])

    def assigned(self, who):
        self.edit(1, assignee_ids=[self.person(who)])

    def linked(self):
        self.api.do("POST", f"{self.project}/issues/1/links", {"target_project_id": self.names["number"], "target_issue_iid": 2})
        self.names["link"] = self.api.do("GET", f"{self.project}/issues/1/links")[0]["issue_link_id"]

    def note(self, body="A note.", who="owner", **more):
        asked = {"body": body, **more}
        self.names["note"] = self.api.do("POST", f"{self.project}/issues/1/notes", asked, self.token_for(who))["id"]

    def note_by(self, who):
        self.note(who=who)

    def internal_note(self):
        self.note(internal=True)

    # What becomes of it.

    def group_archived(self):
        self.api.do("POST", f"/groups/{self.names['group-number']}/archive")

    def bot_removed(self):
        """The bot opened an issue; then its token was over for so long that GitLab took the account away."""
        self.api.do("POST", f"{self.project}/issues", {"title": "By the bot"}, self.bot()["token"])
        self.verb("token", {"name": "rows-bot", "renew": True, "ghost": True})

    def blocked(self):
        self.api.do("POST", f"/users/{self.person('stranger')}/block")

    def renamed(self):
        self.api.do("PUT", self.project, {"path": "bench"})
        self.names["now"] = f"{self.group_path}/bench"

    def archived(self):
        self.api.do("POST", f"{self.project}/archive")

    def marked_for_deletion(self):
        self.api.do("DELETE", self.project)
        self.names["now"] = self.api.do("GET", self.project)["path_with_namespace"]

    def limit(self, what):
        faults = {"issues_create": ("bare_limit", "POST", "/issues"), "reads": ("checked_limit", "GET", "/api/v4/")}
        if what not in faults:
            raise Refused(f"no such limit: {what}")
        api, method, path = faults[what]
        self.verb("fault", {"api": api, "method": method, "path": path, "retry_after": 60})

    def spam(self, verdict):
        self.verb("fault", {"api": {"disallow": "spam_discarded", "captcha": "spam"}[verdict], "path": "/issues"})

    def __getattr__(self, name):
        """`issues-private` and its siblings."""
        feature, _, level = name.rpartition("_")
        if feature.replace("_", "-") not in words.FEATURES or level not in ("private", "disabled"):
            raise AttributeError(name)
        return lambda: self.api.do("PUT", self.project, {f"{feature}_access_level": level})

    # Beside GitLab's API.

    def verb(self, name, fields):
        if not self.box:
            raise OnlyInTheBox(f"only the box has /-/world/{name}")
        self.api.do("POST", f"/-/world/{name}", fields)
