"""Who there is in a row's world, and what they sign in with."""

import datetime

import words

DAY = datetime.timedelta(days=1)


class People:
    """The part of a world that makes accounts and tokens when they are first named."""

    def person(self, who):
        """Somebody's number; they are made, and get their role, when they are first named."""
        if who in self.people:
            return self.people[who]
        if who == "admin":
            user = self.api.do("GET", "/user")
        elif who == "bot":
            return self.bot()["user_id"]
        else:
            user = self.account(f"{who}{self.serial}-of-rows")
            if who in words.ROLES and self.visibility != "absent":
                home = f"/groups/{self.names['group-number']}" if who == self.group_member else self.project
                self.api.do("POST", f"{home}/members", {"user_id": user["id"], "access_level": words.ROLES[who]})
        self.people[who] = user["id"]
        self.names.update({who: user["id"], f"{who}-name": user["username"]})
        return user["id"]

    def account(self, username):
        return self.api.do("POST", "/users", {
            "name": username.title(), "username": username, "email": f"{username}@example.com", "skip_confirmation": True,
            "force_random_password": True,
        })

    def user(self, username):
        # The sandbox has people of its own.
        there = self.api.do("GET", "/users", {"username": username})
        self.names["someone"] = (there[0] if there else self.account(username))["id"]

    def blocked_user(self, _username):
        self.api.do("POST", f"/users/{self.names['someone']}/block")

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
            asked = {"name": name, "scopes": list(scopes), "expires_at": (self.now.date() + 30 * DAY).isoformat()}
            made = self.api.do("POST", f"/users/{self.person(person)}/personal_access_tokens", asked)
            if who == "expired":
                # GitLab makes no token that is over already.
                self.verb("token", {"name": name, "expires_at": (self.now.date() - DAY).isoformat()})
            self.tokens[who, scopes] = made["token"]
        return self.tokens[who, scopes]

    def acting(self, who):
        self.names.update({"user": self.person(who)})
        self.names["username"] = self.names[f"{who}-name"]

    def bot(self, scopes=("api",)):
        """A project access token, which brings its own bot user."""
        if "bot" not in self.tokens:
            asked = {"name": "rows-bot", "scopes": list(scopes), "access_level": 20,
                     "expires_at": (self.now.date() + 30 * DAY).isoformat()}
            made = self.api.do("POST", f"{self.project}/access_tokens", asked)
            user = self.api.do("GET", f"/users/{made['user_id']}")
            self.tokens["bot"] = made
            self.people["bot"] = made["user_id"]
            self.names.update({"bot": made["user_id"], "bot-name": user["username"]})
        return self.tokens["bot"]

    def token_for(self, who):
        before = {key: self.names.get(key) for key in ("user", "username")}
        token = self.token(who)
        self.names.update(before)
        return token
