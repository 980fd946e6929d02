//! A host that GitLab Pages serves, as `docs.gitlab.com` is.
//!
//! A folder without its slash is answered by a 302 to `//HOST/PATH/` (gitlab-pages, `internal/serving/disk/reader.go`).
//! What is no file is looked for in `_redirects`: the first rule that fits, where `*` at the end stands for the rest and
//! `:splat` for what it stood for; a file comes before any rule (GitLab docs, "GitLab Pages redirects").

use crate::call::Call;
use crate::reply::Reply;
use crate::world::{PagesRedirect, World};

/// Answers one request to such a host.
pub(super) fn answer(world: &World, host: &str, call: &Call, rules: &[PagesRedirect]) -> Reply {
    let path = call.path.as_str();
    if let Some(page) = world.web.pages.get(&format!("{host}{}", path.trim_end_matches('/'))) {
        if path.ends_with('/') || path.is_empty() {
            return super::render_web_page(page);
        }
        let query = call.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        return Reply::redirect(302, &format!("//{host}{path}/{query}"), "Found");
    }
    match rules.iter().find_map(|rule| Some((rule.status, target(rule, path)?))) {
        Some((status, to)) => Reply::redirect(status, &to, "The page is somewhere else."),
        None => super::render_title_page(404, "The page you're looking for could not be found"),
    }
}

/// Where a rule leads from a path, if it fits; a slash at the end makes no difference.
fn target(rule: &PagesRedirect, path: &str) -> Option<String> {
    match rule.from.strip_suffix('*') {
        Some(beginning) => Some(rule.to.replace(":splat", path.strip_prefix(beginning)?)),
        None => (rule.from.trim_end_matches('/') == path.trim_end_matches('/')).then(|| rule.to.clone()),
    }
}
