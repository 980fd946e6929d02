//! Endpoints of our own, where Kitware's crate has none or sends them wrongly.

use ::gitlab::api::common::NameOrId;
use ::gitlab::api::endpoint_prelude::{BodyError, Cow, Endpoint, FormParams, Method, Pageable, QueryParams};

/// The entries of a folder. The crate sends these parameters as a body, which proxies drop on a GET.
pub(super) struct RepositoryTree<'a> {
    pub(super) project: &'a NameOrId<'a>,
    pub(super) path: &'a str,
    pub(super) git_ref: &'a str,
}

impl Endpoint for RepositoryTree<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/repository/tree", self.project).into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters.push("path", self.path).push("ref", self.git_ref);
        parameters
    }
}

/// One page of a project's labels, those of the groups above it among them, whose names or descriptions hold a term. The
/// crate's endpoint names no length of a page.
pub(super) struct LabelSearch<'a> {
    pub(super) project_id: u64,
    pub(super) term: &'a str,
    /// Whether each label comes with the number of issues that carry it.
    pub(super) with_counts: bool,
}

impl Endpoint for LabelSearch<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/labels", self.project_id).into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters.push("search", self.term).push("per_page", 100);
        if self.with_counts {
            parameters.push("with_counts", true);
        }
        parameters
    }
}

/// The active milestones of a project and of the groups above it that have a title (GitLab docs, "Project milestones
/// API"). The crate does not list them.
pub(super) struct ActiveMilestones<'a> {
    pub(super) project_id: u64,
    pub(super) title: &'a str,
}

impl Endpoint for ActiveMilestones<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/milestones", self.project_id).into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters.push("title", self.title).push("include_ancestors", "true").push("state", "active");
        parameters
    }
}

/// Who closed an issue and opened it again (GitLab docs, "Resource state events API"). The crate does not list them.
pub(super) struct IssueStateEvents {
    pub(super) project_id: u64,
    pub(super) iid: u64,
}

impl Endpoint for IssueStateEvents {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/issues/{}/resource_state_events", self.project_id, self.iid).into()
    }
}

impl Pageable for IssueStateEvents {}

/// Changes a label of a project. The crate's endpoint changes no description alone.
pub(super) struct LabelUpdate<'a> {
    pub(super) project_id: u64,
    pub(super) name: &'a NameOrId<'a>,
    pub(super) color: Option<&'a str>,
    pub(super) description: Option<&'a str>,
}

impl Endpoint for LabelUpdate<'_> {
    fn method(&self) -> Method {
        Method::PUT
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/labels/{}", self.project_id, self.name).into()
    }

    fn body(&self) -> Result<Option<(&'static str, Vec<u8>)>, BodyError> {
        let mut parameters = FormParams::default();
        parameters.push_opt("color", self.color).push_opt("description", self.description);
        parameters.into_body()
    }
}

/// The instance's version. The crate has none of its endpoints.
pub(super) struct InstanceVersion;

impl Endpoint for InstanceVersion {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        "version".into()
    }
}

/// The last commits that changed a file.
pub(super) struct FileCommits<'a> {
    pub(super) project: &'a NameOrId<'a>,
    pub(super) path: &'a str,
    pub(super) git_ref: &'a str,
}

impl Endpoint for FileCommits<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/repository/commits", self.project).into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters.push("path", self.path).push("ref_name", self.git_ref).push("per_page", "1");
        parameters
    }
}

/// What a commit changed; renamed files have both their names.
pub(super) struct CommitDiff<'a> {
    pub(super) project: &'a NameOrId<'a>,
    pub(super) commit: &'a str,
}

impl Endpoint for CommitDiff<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/repository/commits/{}/diff", self.project, self.commit).into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters.push("per_page", "100");
        parameters
    }
}

/// The entries of a folder and all below it, the first hundred.
pub(super) struct RecursiveTree<'a> {
    pub(super) project: &'a NameOrId<'a>,
    pub(super) path: &'a str,
    pub(super) git_ref: &'a str,
}

impl Endpoint for RecursiveTree<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/repository/tree", self.project).into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters.push("path", self.path).push("ref", self.git_ref).push("recursive", "true").push("per_page", "100");
        parameters
    }
}
