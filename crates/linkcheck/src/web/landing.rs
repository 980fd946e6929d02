//! Where a redirect leads, when that is neither the page nor its new place.
//!
//! GitLab's two are read in its source (fact sheet on links, section 5.1); others want a session.

use url::Url;

/// What a redirect means by its target alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LandingPage {
    /// GitLab's sign-in page: what was asked for is not there or not for everybody.
    GitlabSignIn,
    /// Another sign-in page.
    SignIn,
    /// GitLab's list of files instead of a file or folder that is not there
    /// (`RedirectsForMissingPathOnTree`).
    TreeRoot,
}

/// Hosts that do nothing but sign people in.
const SIGN_IN_HOSTS: [&str; 4] =
    ["accounts.google.com", "login.microsoftonline.com", "login.live.com", "id.atlassian.com"];

/// Parameters that only a request for a sign-in has: OAuth 2.0 (RFC 6749, section 4.1.1, two of them), SAML (Bindings
/// 2.0, section 3.4.4).
const OAUTH: [&str; 2] = ["response_type", "client_id"];
const SAML: &str = "SAMLRequest";

/// Words for a page that signs people in, as a segment of a path.
const SIGN_IN_SEGMENTS: [&str; 10] =
    ["login", "log-in", "log_in", "signin", "sign-in", "sign_in", "sso", "saml", "saml2", "oauth2"];

/// What a redirect from one address to another means, if it leads to neither the page nor its new address.
pub(super) fn detect(from: &Url, to: &Url) -> Option<LandingPage> {
    if is_gitlab_sign_in(to) && !is_gitlab_sign_in(from) {
        return Some(LandingPage::GitlabSignIn);
    }
    if leads_to_tree_root(from, to) {
        return Some(LandingPage::TreeRoot);
    }
    (is_sign_in_page(to) && !is_sign_in_page(from)).then_some(LandingPage::SignIn)
}

fn is_gitlab_sign_in(url: &Url) -> bool {
    url.path().trim_end_matches('/').ends_with("/users/sign_in")
}

/// `/-/blob/REF/path` or `/-/tree/REF/path` to `/-/tree/REF` without that path.
fn leads_to_tree_root(from: &Url, to: &Url) -> bool {
    let Some((_, from)) = from.path().split_once("/-/") else { return false };
    let Some((_, tree)) = to.path().split_once("/-/tree/") else { return false };
    let Some((word, place)) = from.split_once('/') else { return false };
    let (place, tree) = (place.trim_end_matches('/'), tree.trim_end_matches('/'));
    // A folder under a file's address keeps its path; only the ref, old or new, is left when nothing is there.
    let shorter = place.strip_prefix(tree).is_some_and(|path| path.starts_with('/'));
    let root = place.contains('/') && !tree.contains('/');
    matches!(word, "blob" | "tree" | "raw" | "blame" | "commits") && (shorter || root)
}

fn is_sign_in_page(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let door = SIGN_IN_HOSTS.contains(&host) || host.ends_with(".okta.com") || host.ends_with(".auth0.com");
    let segments = url.path_segments().into_iter().flatten();
    let words = segments.map(|segment| segment.split('.').next().unwrap_or_default().to_ascii_lowercase());
    door || words.into_iter().any(|word| SIGN_IN_SEGMENTS.contains(&word.as_str()))
        || has_sign_in_params(url)
        || (host.ends_with(".slack.com") && url.query_pairs().any(|(key, _)| key == "redir"))
}

/// Whether an address asks a host to sign somebody in, whatever its path is called.
fn has_sign_in_params(url: &Url) -> bool {
    let has = |name: &str| url.query_pairs().any(|(key, _)| key == name);
    OAUTH.iter().all(|name| has(name)) || has(SAML)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_page_is_known_by_where_it_leads() {
        let g = "https://gitlab.com/juniper-org/alpha";
        for (from, to, landing) in [
            (g.to_owned(), "https://gitlab.com/users/sign_in".to_owned(), Some(LandingPage::GitlabSignIn)),
            (g.to_owned(), "https://git.example/own/users/sign_in/".to_owned(), Some(LandingPage::GitlabSignIn)),
            (format!("{g}/-/blob/main/lib/a.yml"), format!("{g}/-/tree/main"), Some(LandingPage::TreeRoot)),
            (format!("{g}/-/tree/main/lib"), format!("{g}/-/tree/main/"), Some(LandingPage::TreeRoot)),
            (format!("{g}/-/blob/master/a.yml"), format!("{g}/-/tree/main"), Some(LandingPage::TreeRoot)),
            (format!("{g}/-/tree/master"), format!("{g}/-/tree/main"), None),
            (format!("{g}/-/blob/main/lib"), format!("{g}/-/tree/main/lib"), None),
            (format!("{g}/-/blob/main/lib/a.yml"), format!("{g}/-/blob/main/lib/b.yml"), None),
            (g.to_owned(), "https://gitlab.com/juniper-org/beta".to_owned(), None),
            ("https://a.example/x".to_owned(), "https://a.example/Login?next=x".to_owned(), Some(LandingPage::SignIn)),
            ("https://a.example/x".to_owned(), "https://juniper.okta.com/app".to_owned(), Some(LandingPage::SignIn)),
            ("https://a.example/x".to_owned(), "https://a.example/login.aspx".to_owned(), Some(LandingPage::SignIn)),
            (
                "https://a.example/x".to_owned(),
                "https://id.example/authorize?response_type=code&client_id=a&scope=openid".to_owned(),
                Some(LandingPage::SignIn),
            ),
            (
                "https://a.example/x".to_owned(),
                "https://id.example/?SAMLRequest=fZ".to_owned(),
                Some(LandingPage::SignIn),
            ),
            ("https://a.example/x".to_owned(), "https://a.example/y?client_id=a".to_owned(), None),
            (
                "https://a.example/x".to_owned(),
                "https://juniper.slack.com/?redir=%2Farchives".to_owned(),
                Some(LandingPage::SignIn),
            ),
            ("https://a.example/login".to_owned(), "https://a.example/login/".to_owned(), None),
            ("https://a.example/x".to_owned(), "https://a.example/blogging/in".to_owned(), None),
        ] {
            assert_eq!(detect(&from.parse().unwrap(), &to.parse().unwrap()), landing, "{from} → {to}");
        }
    }
}
