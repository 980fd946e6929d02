//! Things of a GitLab, as an address names them.

use url::Url;

use crate::pod::document::LinkKind;

/// A thing of a GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitlabThing {
    /// Whom it belongs to.
    pub owner: Owner,
    /// Which part of the owner it is.
    pub part: Part,
    /// What follows the owner's own path, as it is written, in the form with `-` (`-/blob/main/a.yml`).
    pub tail: String,
    /// The labels that a list is narrowed to by the address's query.
    pub labels: Vec<String>,
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
    /// Either: the address does not tell.
    ProjectOrGroup(String),
    /// A group at the top, or a user.
    Namespace(String),
}

impl Owner {
    /// Its path.
    pub fn path(&self) -> &str {
        match self {
            Self::Project(path) | Self::Group(path) | Self::ProjectOrGroup(path) | Self::Namespace(path) => path,
        }
    }
}

/// A part of a project or group. Paths and refs are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
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
    Path {
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
    Page,
}

impl GitlabThing {
    pub(super) fn kind(&self) -> LinkKind {
        match (&self.part, &self.owner) {
            (Part::Home, Owner::Namespace(_)) => LinkKind::Namespace,
            (Part::Home, _) => LinkKind::ProjectOrGroup,
            (Part::File { .. }, _) => LinkKind::File,
            (Part::Tree { .. }, _) => LinkKind::Tree,
            (Part::Issue(_), _) => LinkKind::Issue,
            (Part::IssueList, _) => LinkKind::IssueList,
            (Part::MergeRequest(_), _) => LinkKind::MergeRequest,
            (Part::Epic(_), _) => LinkKind::Epic,
            (Part::Labels, _) => LinkKind::Label,
            _ => LinkKind::GitlabPage,
        }
    }

    /// The same place of the owner that is now at another path.
    pub fn at(&self, owner: &str) -> String {
        self.rebuilt(owner, &self.tail)
    }

    /// The same place in another ref, or with another word for the kind of page (`blob`, `tree`).
    pub fn with(&self, owner: &str, word: Option<&str>, git_ref: Option<&str>) -> String {
        let mut parts: Vec<&str> = self.tail.split('/').collect();
        if let (Some(word), Some(part)) = (word, parts.get_mut(1)) {
            *part = word;
        }
        if let (Some(git_ref), Some(part)) = (git_ref, parts.get_mut(2)) {
            *part = git_ref;
        }
        self.rebuilt(owner, &parts.join("/"))
    }

    /// The same list, narrowed to labels of other names.
    pub fn with_labels(&self, now: &[(&str, String)]) -> String {
        let mut url = self.url.clone();
        let pairs: Vec<(String, String)> = self.url.query_pairs().into_owned().collect();
        let named = |key: &str, value: &str| {
            let new = now.iter().find(|(old, _)| key.starts_with("label_name") && *old == value);
            new.map_or_else(|| value.to_owned(), |(_, new)| new.clone())
        };
        url.query_pairs_mut().clear().extend_pairs(pairs.iter().map(|(key, value)| (key, named(key, value))));
        url.into()
    }

    fn rebuilt(&self, owner: &str, tail: &str) -> String {
        let group = matches!(self.owner, Owner::Group(_)) && !tail.is_empty();
        let mut url = self.url.clone();
        let slash = if tail.is_empty() { "" } else { "/" };
        url.set_path(&format!("{}{owner}{slash}{tail}", if group { "groups/" } else { "" }));
        url.into()
    }
}

pub(super) fn is_gitlab(url: &Url, gitlab_host: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && (host.eq_ignore_ascii_case(gitlab_host)
            || url.port().is_some_and(|port| format!("{host}:{port}").eq_ignore_ascii_case(gitlab_host)))
}
