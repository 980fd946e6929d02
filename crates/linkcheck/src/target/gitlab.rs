//! What addresses of a GitLab name, and how they are rebuilt.

use url::Url;

use crate::link::LinkKind;

/// What an address of a GitLab names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitlabTarget {
    /// Whom it belongs to.
    pub owner: Owner,
    /// Which resource of the owner it is.
    pub resource: GitlabResource,
    /// What follows the owner's own path, as it is written, in the form with `-` (`-/blob/main/a.yml`).
    pub path_after_owner: String,
    /// The labels that a list is narrowed to by the address's query.
    pub label_filters: Vec<String>,
    /// The whole address.
    pub url: Url,
}

/// A project, a group or a user, by path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A project.
    Project(String),
    /// A group.
    Group(String),
    /// Either: the address does not show which.
    ProjectOrGroup(String),
    /// A group at the top, or a user.
    Namespace(String),
}

impl Owner {
    /// The full path, without slashes at its ends.
    pub fn path(&self) -> &str {
        match self {
            Self::Project(path) | Self::Group(path) | Self::ProjectOrGroup(path) | Self::Namespace(path) => path,
        }
    }
}

/// A resource of a project or group. Paths and refs are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitlabResource {
    /// The project, group or user itself.
    Home,
    /// A file: blob, raw, blame.
    File {
        /// Branch, tag or commit; the first segment, which is wrong for a ref that holds a `/`.
        git_ref: String,
        /// Path in the repository.
        path: String,
    },
    /// A folder; the empty path is the root.
    Tree {
        /// As for a file.
        git_ref: String,
        /// Path in the repository.
        path: String,
    },
    /// A file or a folder, as its history or the editor shows it; the empty path is the whole ref.
    FileOrTree {
        /// As for a file.
        git_ref: String,
        /// Path in the repository.
        path: String,
    },
    /// A commit, by its SHA or a name.
    Commit(String),
    /// A tag.
    Tag(String),
    /// The differences between two refs.
    Compare {
        /// Branch, tag or commit.
        from: String,
        /// Branch, tag or commit.
        to: String,
    },
    /// An issue of a project.
    Issue(String),
    /// A list of issues.
    IssueList,
    /// The form for a new issue, filled with the template of this name.
    NewIssue(Option<String>),
    /// A merge request.
    MergeRequest(String),
    /// The form for a new merge request, filled with the template of this name.
    NewMergeRequest(Option<String>),
    /// An epic of a group; a group's work item has the same number.
    Epic(String),
    /// A label or a list of labels.
    Labels,
    /// A milestone, by its number in the project or group.
    Milestone(String),
    /// A release, by its tag.
    Release(String),
    /// A page of the wiki, by its slug.
    Wiki(String),
    /// A snippet of a project.
    Snippet(String),
    /// A board.
    Board(String),
    /// A pipeline.
    Pipeline(String),
    /// A job.
    Job(String),
    /// Any other page.
    OtherPage,
}

impl GitlabTarget {
    pub(super) fn kind(&self) -> LinkKind {
        match (&self.resource, &self.owner) {
            (GitlabResource::Home, Owner::Namespace(_)) => LinkKind::Namespace,
            (GitlabResource::Home, _) => LinkKind::ProjectOrGroup,
            (GitlabResource::File { .. }, _) => LinkKind::File,
            (GitlabResource::Tree { .. }, _) => LinkKind::Tree,
            (GitlabResource::Issue(_), _) => LinkKind::Issue,
            (GitlabResource::IssueList, _) => LinkKind::IssueList,
            (GitlabResource::MergeRequest(_), _) => LinkKind::MergeRequest,
            (GitlabResource::Epic(_), _) => LinkKind::Epic,
            (GitlabResource::Labels, _) => LinkKind::Label,
            _ => LinkKind::GitlabPage,
        }
    }

    /// The same place of the owner that is now at another path.
    pub fn url_with_owner(&self, owner: &str) -> String {
        self.rebuild_url(owner, &self.path_after_owner)
    }

    /// The same place in another ref, or with another word for the kind of page (`blob`, `tree`).
    pub fn url_with_page_and_ref(&self, owner: &str, word: Option<&str>, git_ref: Option<&str>) -> String {
        let mut parts: Vec<&str> = self.path_after_owner.split('/').collect();
        if let (Some(word), Some(part)) = (word, parts.get_mut(1)) {
            *part = word;
        }
        if let (Some(git_ref), Some(part)) = (git_ref, parts.get_mut(2)) {
            *part = git_ref;
        }
        self.rebuild_url(owner, &parts.join("/"))
    }

    /// The same list, narrowed to labels of other names.
    pub fn url_with_labels(&self, now: &[(&str, String)]) -> String {
        let mut url = self.url.clone();
        let pairs: Vec<(String, String)> = self.url.query_pairs().into_owned().collect();
        let named = |key: &str, value: &str| {
            let new = now.iter().find(|(old, _)| key.starts_with("label_name") && *old == value);
            new.map_or_else(|| value.to_owned(), |(_, new)| new.clone())
        };
        url.query_pairs_mut().clear().extend_pairs(pairs.iter().map(|(key, value)| (key, named(key, value))));
        url.into()
    }

    fn rebuild_url(&self, owner: &str, tail: &str) -> String {
        let group = matches!(self.owner, Owner::Group(_)) && !tail.is_empty();
        let mut url = self.url.clone();
        let slash = if tail.is_empty() { "" } else { "/" };
        url.set_path(&format!("{}{owner}{slash}{tail}", if group { "groups/" } else { "" }));
        url.into()
    }
}

pub(super) fn has_gitlab_host(url: &Url, gitlab_host: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && (host.eq_ignore_ascii_case(gitlab_host)
            || url.port().is_some_and(|port| format!("{host}:{port}").eq_ignore_ascii_case(gitlab_host)))
}
