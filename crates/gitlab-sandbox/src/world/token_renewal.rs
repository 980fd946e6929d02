//! A token that is made anew instead of being rotated: another bot comes with it (GitLab docs, "Project access tokens",
//! bot users for projects).

use super::{AccessToken, World, sha256_hex};

impl World {
    /// The token of this name is made anew: it has another value and belongs to a new bot, who has the roles that the
    /// old account had. The old account is blocked; as a `ghost` it is gone, with its other tokens, and what it wrote
    /// is the ghost user's. Returns the new value; `None` without such a token.
    pub fn renew_token(&mut self, name: &str, ghost: bool) -> Option<String> {
        let old = self.tokens.get(name)?.clone();
        let bot = self.add_bot_with_roles_of(name, old.user);
        let id = self.next_id();
        let value = format!("glpat-sandbox-{name}-{id}-no-secret");
        let token = AccessToken { id, value: value.clone(), user: bot, revoked: false, created_at: self.now, ..old };
        let old = old.user;
        self.tokens.insert(name.to_owned(), token);
        if ghost {
            self.replace_with_ghost(old);
        } else {
            self.set_user_state(old, "blocked");
        }
        Some(value)
    }

    /// A bot without a role, named as that of a project access token
    /// (`app/services/resource_access_tokens/create_service.rb`).
    pub fn add_bot(&mut self, project: u64, token: &str) -> u64 {
        let tail = sha256_hex(format!("bot {}", self.next_id()));
        let bot = self.add_user(&format!("project_{project}_bot_{}", &tail[..8]), token);
        let now = self.now;
        if let Some(user) = self.users.get_mut(&bot) {
            (user.bot, user.created_at) = (true, now);
        }
        bot
    }

    /// A bot with the roles of another account.
    fn add_bot_with_roles_of(&mut self, token: &str, like: u64) -> u64 {
        let home = self.projects.values().find(|project| project.members.contains_key(&like));
        let project = home.or_else(|| self.projects.values().next()).map_or(0, |project| project.id);
        let bot = self.add_bot(project, token);
        let of_groups = self.groups.values_mut().map(|group| &mut group.members);
        let of_projects = self.projects.values_mut().map(|project| &mut project.members);
        for members in of_groups.chain(of_projects) {
            if let Some(role) = members.get(&like).copied() {
                members.insert(bot, role);
            }
        }
        bot
    }
}
