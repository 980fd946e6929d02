//! Branches of merge requests: what they bring, and what merging does to them.

use std::collections::BTreeSet;

use super::{Commit, FileChange, MergeRequest, NewCommit, Project, ResourceEventKind, World};

impl World {
    /// Merges a merge request as `who`; `None` if its branches are not there, or where both sides changed a file.
    pub fn accept_merge_request(
        &mut self,
        project: u64,
        iid: u64,
        who: u64,
        message: &str,
        squash: Option<&str>,
    ) -> Option<()> {
        let request = self.merge_request_mut(project, iid)?.clone();
        let base = self.merge_request_base(project, &request)?;
        let head = self.merge_request_head(&request)?;
        let changes = self.mergeable_changes(project, &request)?;
        self.copy_fork_commits(project, &request, &head);
        let now = self.now;
        let repository = &mut self.projects.get_mut(&project)?.repository;
        let squashed =
            squash.map(|message| repository.store_commit(vec![base.clone()], message, Some(who), now, changes.clone()));
        let new = NewCommit {
            branch: request.target_branch.clone(),
            message: message.to_owned(),
            author: Some(who),
            changes,
            second_parent: Some(squashed.clone().unwrap_or_else(|| head.clone())),
            ..NewCommit::default()
        };
        let merge_commit = self.create_commit(project, &new);
        let events = self.new_events(who, vec![ResourceEventKind::State("merged")]);
        let request = self.merge_request_mut(project, iid)?;
        "merged".clone_into(&mut request.state);
        (request.merged_at, request.merged_by, request.updated_at) = (Some(now), Some(who), now);
        (request.sha, request.base, request.merge_commit) = (Some(head), Some(base), merge_commit);
        request.squash_commit = squashed;
        request.events.extend(events);
        Some(())
    }

    /// Commits of a fork come along when it is merged.
    fn copy_fork_commits(&mut self, project: u64, request: &MergeRequest, head: &str) {
        let Some(source) = self.projects.get(&request.source_project).filter(|source| source.id != project) else {
            return;
        };
        let commits: Vec<Commit> = source.commit_history(head).into_iter().rev().cloned().collect();
        let Some(home) = self.projects.get_mut(&project) else { return };
        for commit in commits {
            let order = home.repository.commits.len();
            home.repository.commits.entry(commit.id.clone()).or_insert(Commit { order, ..commit });
        }
    }

    /// Where a merge request's branch left the target.
    pub fn merge_request_base(&self, project: u64, request: &MergeRequest) -> Option<String> {
        if let Some(base) = &request.base {
            return Some(base.clone());
        }
        let home = self.projects.get(&project)?;
        let known: BTreeSet<&String> =
            home.commit_history(home.resolve_ref(&request.target_branch)?).iter().map(|commit| &commit.id).collect();
        let head = self.merge_request_head(request)?;
        let source = self.projects.get(&request.source_project)?;
        source.commit_history(&head).into_iter().map(|commit| &commit.id).find(|id| known.contains(id)).cloned()
    }

    /// The newest commit of a merge request's branch, or what that was when the request was last open.
    pub fn merge_request_head(&self, request: &MergeRequest) -> Option<String> {
        let source = self.projects.get(&request.source_project);
        let head = source.and_then(|source| source.repository.heads.get(&request.source_branch));
        let (first, second) =
            if request.state == "opened" { (head, request.sha.as_ref()) } else { (request.sha.as_ref(), head) };
        first.or(second).cloned()
    }

    /// The commits that a merge request brings, newest first, and the project that they are in.
    pub fn merge_request_commits<'a>(
        &'a self,
        home: &'a Project,
        request: &MergeRequest,
    ) -> (&'a Project, Vec<&'a Commit>) {
        let head = self.merge_request_head(request).unwrap_or_default();
        let base = self.merge_request_base(home.id, request).unwrap_or_default();
        let place = self.project_with_commit(home, request, &head);
        (place, place.commits_between(&base, &head))
    }

    /// How many commits the target branch has that a merge request lacks.
    pub fn diverged_commits_count(&self, home: &Project, request: &MergeRequest) -> usize {
        let (Some(head), Some(target)) = (self.merge_request_head(request), home.resolve_ref(&request.target_branch))
        else {
            return 0;
        };
        let own = self.project_with_commit(home, request, &head).commit_history(&head);
        let known: BTreeSet<&String> = own.into_iter().map(|commit| &commit.id).collect();
        home.commit_history(target).into_iter().filter(|commit| !known.contains(&commit.id)).count()
    }

    /// Where a commit of a merge request is: a fork has the history of what it was forked from.
    fn project_with_commit<'a>(&'a self, home: &'a Project, request: &MergeRequest, commit: &str) -> &'a Project {
        let source = self.projects.get(&request.source_project);
        source.filter(|source| source.resolve_ref(commit).is_some()).unwrap_or(home)
    }

    /// What a merge request changes; `None` if its branches are not there, or where both sides changed a file.
    pub fn mergeable_changes(&self, project: u64, request: &MergeRequest) -> Option<Vec<FileChange>> {
        let home = self.projects.get(&project)?;
        let base = self.merge_request_base(project, request)?;
        let ours = home.diff_files(&base, &request.target_branch);
        let theirs = self.merge_request_changes(project, request);
        let clash = theirs
            .iter()
            .any(|change| ours.iter().any(|other| other.path == change.path && other.after != change.after));
        (!clash && home.files.contains_key(&request.target_branch)).then_some(theirs)
    }

    /// What a merge request changes, compared with where its branch left the target.
    pub fn merge_request_changes(&self, project: u64, request: &MergeRequest) -> Vec<FileChange> {
        let Some(home) = self.projects.get(&project) else { return Vec::new() };
        let Some(base) = self.merge_request_base(project, request) else { return Vec::new() };
        let Some(head) = self.merge_request_head(request) else { return Vec::new() };
        self.project_with_commit(home, request, &head).diff_files(&base, &head)
    }
}
