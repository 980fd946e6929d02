//! Verbs that set a world up. They speak the domain and check nobody's rights.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::{Label, Project, Token, User, Visibility, World};

impl World {
    /// Adds a person and returns their id.
    pub fn add_user(&mut self, username: &str, name: &str) -> u64 {
        let id = self.fresh_id();
        let user = User {
            id,
            username: username.to_owned(),
            name: name.to_owned(),
            state: "active".to_owned(),
            admin: false,
            bot: false,
        };
        self.users.insert(id, user);
        id
    }

    /// Makes an existing user a bot.
    pub fn make_bot(&mut self, user: u64) {
        if let Some(user) = self.users.get_mut(&user) {
            user.bot = true;
        }
    }

    /// Makes an existing user an administrator.
    pub fn make_admin(&mut self, user: u64) {
        if let Some(user) = self.users.get_mut(&user) {
            user.admin = true;
        }
    }

    /// Gives a user a token under a name and returns its value, which is made of the name and says that it is no secret.
    pub fn add_token(&mut self, name: &str, user: u64, scopes: &[&str], expires_at: Option<NaiveDate>) -> String {
        let id = self.fresh_id();
        let value = format!("glpat-sandbox-{name}-no-secret");
        let token = Token {
            id,
            value: value.clone(),
            user,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            revoked: false,
            expires_at,
            created_at: self.days_ago(90),
        };
        self.tokens.insert(name.to_owned(), token);
        value
    }

    /// Adds an empty project, or returns the id of the one that is at this path already.
    pub fn add_project(&mut self, path: &str, visibility: Visibility) -> u64 {
        if let Some(project) = self.project_at(path) {
            return project.id;
        }
        let id = self.fresh_id();
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let project = Project {
            id,
            path: path.to_owned(),
            name,
            default_branch: "main".to_owned(),
            visibility,
            archived: false,
            issues_enabled: true,
            formerly: Vec::new(),
            created_at: self.days_ago(400),
            labels: BTreeMap::new(),
            issues: BTreeMap::new(),
            files: BTreeMap::new(),
            members: BTreeMap::new(),
            last_iid: 0,
        };
        self.projects.insert(id, project);
        id
    }

    /// Gives a user a role in a project.
    pub fn add_member(&mut self, project: u64, user: u64, level: u8) {
        if let Some(project) = self.projects.get_mut(&project) {
            project.members.insert(user, level);
        }
    }

    /// Adds a label to a project, or returns the id of the one that has this name already.
    pub fn add_label(&mut self, project: u64, name: &str, color: &str, description: &str) -> u64 {
        let labels = self.projects.get(&project).map(|project| &project.labels);
        if let Some(label) = labels.and_then(|labels| labels.values().find(|label| label.name == name)) {
            return label.id;
        }
        let label = self.new_label(name, color, description);
        let id = label.id;
        if let Some(project) = self.projects.get_mut(&project) {
            project.labels.insert(id, label);
        }
        id
    }

    /// Adds a label to a group; every project below it has the label too.
    pub fn add_group_label(&mut self, group: &str, name: &str, color: &str, description: &str) -> u64 {
        let label = self.new_label(name, color, description);
        let id = label.id;
        self.group_labels.entry(group.to_owned()).or_default().insert(id, label);
        id
    }

    /// Writes a file on a branch, which is made if it is not there.
    pub fn add_file(&mut self, project: u64, branch: &str, path: &str, text: &str) {
        if let Some(project) = self.projects.get_mut(&project) {
            project.files.entry(branch.to_owned()).or_default().insert(path.to_owned(), text.to_owned());
        }
    }

    /// Does something at another time, then sets the clock back.
    pub fn at<T>(&mut self, time: DateTime<Utc>, change: impl FnOnce(&mut World) -> T) -> T {
        let now = std::mem::replace(&mut self.now, time);
        let result = change(self);
        self.now = now;
        result
    }

    /// Makes a host exist, and a page on it answer 200 (`path` begins with `/` and needs no trailing slash).
    pub fn add_page(&mut self, host: &str, path: &str, title: &str) {
        self.web.hosts.insert(host.to_owned());
        self.web.pages.insert(format!("{host}{}", path.trim_end_matches('/')), title.to_owned());
    }

    fn new_label(&mut self, name: &str, color: &str, description: &str) -> Label {
        Label {
            id: self.fresh_id(),
            name: name.to_owned(),
            color: color.to_owned(),
            description: Some(description.to_owned()).filter(|text| !text.is_empty()),
            priority: None,
            subscribers: BTreeSet::new(),
        }
    }
}
