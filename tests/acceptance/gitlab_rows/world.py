"""Brings a fresh GitLab to what a row says is there: by GitLab's own API as far as it has one, else by the box's verbs."""

import datetime

import words
from api import Refused, escaped

GROUP = "rows"
TOMORROW = datetime.timedelta(days=1)


class World:
    def __init__(self, api, now, box, serial=""):
        self.api, self.now, self.box = api, now, box
        self.group_path = GROUP + serial
        self.serial = serial
        self.people, self.tokens = {}, {}
        self.names = {"today": now.date().isoformat(), "now": now.isoformat(), "iid": 1, "second": 2}

    def prepare(self, row):
        """Everything that the row's words say, then the token of whoever asks."""
        self.verb("fault", {"tier": row.plan.lower(), "moved": "null"})
        visibility, rest = row.world[0][0], row.world[1:]
        group = self.api.do("POST", "/groups", {"name": self.group_path, "path": self.group_path, "visibility": "public"})
        self.names.update({"group": self.group_path, "group-number": group["id"]})
        path = f"{self.group_path}/desk"
        self.names.update({"id": path, "path": path, "number": 987_654_321})
        self.visibility = visibility
        if visibility != "absent":
            project = {"name": "Desk", "path": "desk", "namespace_id": group["id"], "visibility": visibility}
            self.names["number"] = self.api.do("POST", "/projects", project)["id"]
            self.person("owner")
            if row.who in words.ROLES:
                self.person(row.who)
            for word, value in rest:
                getattr(self, word.replace("-", "_"))(*([value] if value is not None else []))
        for name in row.names():
            # Somebody of whom only the request or the facts tell.
            if name.removesuffix("-name") in (*words.ROLES, "stranger"):
                self.person(name.removesuffix("-name"))
        return self.token(row.who, row.scopes)

    # Who there is.

    def person(self, who):
        """Somebody's number; they are made, and get their role, when they are first named."""
        if who in self.people:
            return self.people[who]
        if who == "admin":
            user = self.api.do("GET", "/user")
        elif who == "bot":
            return self.bot()["user_id"]
        else:
            name = f"{who}{self.serial}-of-rows"
            user = {"name": who.title(), "username": name, "email": f"{name}@example.com", "skip_confirmation": True,
                    "force_random_password": True}
            user = self.api.do("POST", "/users", user)
            if who in words.ROLES and self.visibility != "absent":
                member = {"user_id": user["id"], "access_level": words.ROLES[who]}
                self.api.do("POST", f"{self.project}/members", member)
        self.people[who] = user["id"]
        self.names.update({who: user["id"], f"{who}-name": user["username"]})
        return user["id"]

    def token(self, who, scopes=("api",)):
        """What somebody signs in with; None for nobody."""
        if who == "anonymous":
            return None
        if who == "unknown":
            return "glpat-nobody-has-this-token"
        if who == "admin" and scopes == ("api",):
            self.acting("admin")
            return self.api.token
        if who == "bot":
            self.acting("bot")
            return self.bot(scopes)["token"]
        if (who, scopes) not in self.tokens:
            person = "owner" if who == "expired" else who
            self.acting(person)
            name = f"rows-{who}-{'-'.join(scopes)}"
            asked = {"name": name, "scopes": list(scopes), "expires_at": (self.now.date() + 30 * TOMORROW).isoformat()}
            made = self.api.do("POST", f"/users/{self.person(person)}/personal_access_tokens", asked)
            if who == "expired":
                # GitLab makes no token that is over already.
                self.verb("token", {"name": name, "expires_at": (self.now.date() - TOMORROW).isoformat()})
            self.tokens[who, scopes] = made["token"]
        return self.tokens[who, scopes]

    def acting(self, who):
        self.names.update({"user": self.person(who)})
        self.names["username"] = self.names[f"{who}-name"]

    def bot(self, scopes=("api",)):
        """A project access token, which brings its own bot user."""
        if "bot" not in self.tokens:
            asked = {"name": "rows-bot", "scopes": list(scopes), "access_level": 20,
                     "expires_at": (self.now.date() + 30 * TOMORROW).isoformat()}
            made = self.api.do("POST", f"{self.project}/access_tokens", asked)
            user = self.api.do("GET", f"/users/{made['user_id']}")
            self.tokens["bot"] = made
            self.people["bot"] = made["user_id"]
            self.names.update({"bot": made["user_id"], "bot-name": user["username"]})
        return self.tokens["bot"]

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

    def template(self, name):
        self.file(f".gitlab/issue_templates/{name}.md", f"# {name}\n")

    def wiki(self, slug):
        self.api.do("POST", f"{self.project}/wikis", {"title": slug, "content": "A page."})

    def milestone(self):
        self.names["milestone"] = self.api.do("POST", f"{self.project}/milestones", {"title": "First"})["id"]

    def epic(self):
        self.names["epic"] = self.api.do("POST", f"/groups/{self.names['group-number']}/epics", {"title": "All of it"})["iid"]

    # Its issues.

    def issue(self, who="owner", title="The first issue", **more):
        self.person(who)
        return self.api.do("POST", f"{self.project}/issues", {"title": title, **more}, self.token_for(who))["iid"]

    issue_by = issue

    def second_issue(self):
        self.names["second"] = self.issue(title="The second issue")

    def second_confidential(self):
        self.edit(2, confidential=True)

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
        self.edit(1, confidential=True)

    def locked(self):
        self.edit(1, discussion_locked=True)

    def labelled(self, name):
        self.edit(1, add_labels=[name])

    def second_labelled(self, name):
        self.edit(2, add_labels=[name])

    def assigned_to(self, who):
        self.edit(1, assignee_ids=[self.person(who)])

    def linked(self):
        self.api.do("POST", f"{self.project}/issues/1/links", {"target_project_id": self.names["number"], "target_issue_iid": 2})
        self.names["link"] = self.api.do("GET", f"{self.project}/issues/1/links")[0]["issue_link_id"]

    def note(self, who="owner", **more):
        asked = {"body": "A note.", **more}
        self.names["note"] = self.api.do("POST", f"{self.project}/issues/1/notes", asked, self.token_for(who))["id"]

    note_by = note

    def internal_note(self):
        self.note(internal=True)

    # What becomes of it.

    def issues_off(self):
        self.api.do("PUT", self.project, {"issues_access_level": "disabled"})

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
        self.names["path"] = f"{self.group_path}/bench"

    def archived(self):
        self.api.do("POST", f"{self.project}/archive")

    def marked_for_deletion(self):
        self.api.do("DELETE", self.project)
        self.names["path"] = self.api.do("GET", self.project)["path_with_namespace"]

    def limit(self, what):
        faults = {"issues_create": ("bare_limit", "POST", "/issues"), "reads": ("checked_limit", "GET", "/api/v4/")}
        if what not in faults:
            raise Refused(f"no such limit: {what}")
        api, method, path = faults[what]
        self.verb("fault", {"api": api, "method": method, "path": path, "retry_after": 60})

    def spam(self, verdict):
        self.verb("fault", {"api": {"disallow": "spam_discarded", "captcha": "spam"}[verdict], "path": "/issues"})

    # Beside GitLab's API.

    def token_for(self, who):
        before = {key: self.names.get(key) for key in ("user", "username")}
        token = self.token(who)
        self.names.update(before)
        return token

    def verb(self, name, fields):
        if not self.box:
            raise Refused(f"only the box has /-/world/{name}")
        self.api.do("POST", f"/-/world/{name}", fields)
