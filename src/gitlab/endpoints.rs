//! Endpoints of our own, where Kitware's crate has none or sends them wrongly.

use ::gitlab::api::common::NameOrId;
use ::gitlab::api::endpoint_prelude::{Cow, Endpoint, Method, QueryParams};

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
