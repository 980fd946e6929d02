//! Verbs that set a world up. They speak the domain and check nobody's rights.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    AccessToken, FileChange, GenericPackages, Label, MergeRequest, NewCommit, Project, Repository, ResourceStubs, User,
    Visibility, World,
};

impl World {
    /// Adds a person and returns their id.
    pub fn add_user(&mut self, username: &str, name: &str) -> u64 {
        let id = self.next_id();
        let user = User {
            id,
            username: username.to_owned(),
            name: name.to_owned(),
            state: "active".to_owned(),
            admin: false,
            bot: false,
            email: format!("{username}@example.com"),
            created_at: self.days_ago(400),
            avatar: None,
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

    /// Gives a user a token under a name and returns its value, which is made of the name and says that it is no
    /// secret.
    pub fn add_token(&mut self, name: &str, user: u64, scopes: &[&str], expires_at: Option<NaiveDate>) -> String {
        let id = self.next_id();
        let value = format!("glpat-sandbox-{name}-no-secret");
        let token = AccessToken {
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

    /// Gives a user another handle; nobody has the old one any more.
    pub fn rename_user(&mut self, user: u64, username: &str) {
        if let Some(user) = self.users.get_mut(&user) {
            username.clone_into(&mut user.username);
        }
    }

    /// Makes an account `active`, `blocked`, `ldap_blocked`, `banned` or `deactivated`.
    pub fn set_user_state(&mut self, user: u64, state: &str) {
        if let Some(user) = self.users.get_mut(&user) {
            state.clone_into(&mut user.state);
        }
    }

    /// Adds an empty project, or returns the id of the one that is at this path already. The groups above it are made,
    /// too; they are as visible as the most visible project below them.
    pub fn add_project(&mut self, path: &str, visibility: Visibility) -> u64 {
        if let Some(project) = self.project_by_path(path) {
            return project.id;
        }
        self.ensure_ancestor_groups(path, visibility);
        let id = self.next_id();
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let project = Project {
            id,
            path: path.to_owned(),
            name,
            default_branch: "main".to_owned(),
            previous_default_branch: None,
            visibility,
            archived: false,
            marked_for_deletion_on: None,
            issues_enabled: true,
            features: BTreeMap::new(),
            formerly: Vec::new(),
            created_at: self.days_ago(400),
            labels: BTreeMap::new(),
            issues: BTreeMap::new(),
            merge_requests: BTreeMap::new(),
            files: BTreeMap::new(),
            repository: Repository::default(),
            milestones: BTreeMap::new(),
            stubs: ResourceStubs::default(),
            packages: GenericPackages::default(),
            forked_from: None,
            schedules: BTreeMap::new(),
            pipelines: BTreeMap::new(),
            description: None,
            removes_source_branch: true,
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

    /// Makes a person's own role in a project this one, or with 0 none; `None` without such a person or project.
    ///
    /// What they have from groups above stays, and the highest role counts (GitLab docs, "Direct membership").
    pub fn set_project_role(&mut self, username: &str, project: u64, role: u8) -> Option<()> {
        let user = self.user_by_username(username)?.id;
        let members = &mut self.projects.get_mut(&project)?.members;
        if role == 0 {
            members.remove(&user);
        } else {
            members.insert(user, role);
        }
        Some(())
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

    /// Adds a merge request and returns its iid.
    pub fn add_merge_request(&mut self, project: u64, author: u64, title: &str, state: &str) -> Option<u64> {
        self.projects.get(&project)?;
        let (id, created_at) = (self.next_id(), self.now);
        let project = self.projects.get_mut(&project)?;
        let iid = project.merge_requests.keys().next_back().map_or(1, |last| last + 1);
        let request = MergeRequest {
            id,
            iid,
            title: title.to_owned(),
            state: state.to_owned(),
            author,
            source_project: project.id,
            source_branch: format!("change-{iid}"),
            target_branch: project.default_branch.clone(),
            merged_at: Some(created_at).filter(|_| state == "merged"),
            created_at,
            updated_at: created_at,
            ..MergeRequest::default()
        };
        project.merge_requests.insert(iid, request);
        Some(iid)
    }

    /// Writes a file on a branch, which is made if it is not there.
    pub fn add_file(&mut self, project: u64, branch: &str, path: &str, text: &str) {
        let there = self.projects.get(&project).is_some_and(|project| project.file_text(branch, path).is_some());
        let verb = if there { "Update" } else { "Add" };
        let new = NewCommit {
            branch: branch.to_owned(),
            message: format!("{verb} {path}"),
            changes: vec![FileChange::new(path, Some(text))],
            ..NewCommit::default()
        };
        self.create_commit(project, &new);
    }

    /// Does something at another time, then sets the clock back.
    pub fn at_time<T>(&mut self, time: DateTime<Utc>, change: impl FnOnce(&mut World) -> T) -> T {
        let now = std::mem::replace(&mut self.now, time);
        let result = change(self);
        self.now = now;
        result
    }

    pub(super) fn new_label(&mut self, name: &str, color: &str, description: &str) -> Label {
        Label {
            id: self.next_id(),
            name: name.to_owned(),
            color: color.to_owned(),
            description: Some(description.to_owned()).filter(|text| !text.is_empty()),
            priority: None,
            archived: false,
            subscribers: BTreeSet::new(),
        }
    }
}
