//! Every endpoint of GitLab that podkeeper calls, by what its token is for: the only list of them, which `doctor
//! --token-request` shows to whoever grants tokens. `tests/it/token_request.rs` holds whole runs to it.

use super::TokenPurpose;

/// An endpoint that is called with the token of a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointUse {
    /// Whose token goes with it. What is [`TokenPurpose::Links`]' goes without any where none is named for links.
    pub purpose: TokenPurpose,
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// The path below the instance's address; a part that begins with `:` stands for anything.
    pub path: &'static str,
    /// What it is called for.
    pub why: &'static [&'static str],
}

impl EndpointUse {
    /// Whether it changes something. podkeeper's GraphQL only queries.
    pub fn writes(&self) -> bool {
        self.method != "GET" && self.path != GRAPHQL
    }

    /// Whether a request is a call of this endpoint, by its method and its path without a query.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let (mut own, mut asked) = (self.path.split('/'), path.split('/'));
        self.method == method
            && loop {
                match (own.next(), asked.next()) {
                    (None, None) => break true,
                    (Some(own), Some(asked)) if own == asked || (own.starts_with(':') && !asked.is_empty()) => {}
                    _ => break false,
                }
            }
    }
}

const GRAPHQL: &str = "/api/graphql";
/// Where a token is asked about itself.
pub const OWN_TOKEN: &str = "/api/v4/personal_access_tokens/self";
const USER: &str = "/api/v4/user";
const PROJECT: &str = "/api/v4/projects/:id";
const FILE: &str = "/api/v4/projects/:id/repository/files/:path/raw";
const SCHEDULES: &str = "/api/v4/projects/:id/pipeline_schedules";
const TREE: &str = "/api/v4/projects/:id/repository/tree";
const COMMITS: &str = "/api/v4/projects/:id/repository/commits";
const ISSUES: &str = "/api/v4/projects/:id/issues";
const ISSUE: &str = "/api/v4/projects/:id/issues/:iid";

const WHY_OWN_TOKEN: &[&str] = &["`doctor`: the token's scopes and the day it ends"];
const WHY_USER: &[&str] = &["whose account the token is: podkeeper's own issues are those of this account"];
const WHY_ACCOUNT: &[&str] = &["whose account the token is, where its project is not seen"];
const MANY_PROJECTS: &str = "many projects at once";
const QUERIES: &str = "queries only";
const WHY_PROJECT: &[&str] = &["whether a project is there, under which path and number, archived, private"];

use TokenPurpose::{Agents, Handbook, Links, Pairing, Reports};

/// All of them, by purpose; what changes something stands last.
pub const ENDPOINT_USES: &[EndpointUse] = &[
    // ---- The pairing issues ----
    row(Pairing, "GET", OWN_TOKEN, WHY_OWN_TOKEN),
    row(Pairing, "GET", USER, WHY_USER),
    row(Pairing, "GET", PROJECT, WHY_PROJECT),
    row(
        Pairing,
        "POST",
        GRAPHQL,
        &[
            QUERIES,
            MANY_PROJECTS,
            "labels of several pods at once",
            "who takes part in recent issues",
            "whether members' accounts are active",
        ],
    ),
    row(Pairing, "GET", "/api/v4/users", &["whether a member's account is active, where GraphQL does not tell"]),
    row(Pairing, "GET", "/api/v4/users/:id", &["the same by the account's number"]),
    row(Pairing, "GET", "/api/v4/projects/:id/labels/:name", &["whether the pod's label is there"]),
    row(Pairing, "GET", "/api/v4/version", &["`doctor`: GitLab's version"]),
    row(Pairing, "GET", "/api/v4/projects/:id/labels", &["the pods' labels, and those that are alike"]),
    row(Pairing, "GET", SCHEDULES, &["`doctor`: whether the schedule that runs podkeeper is on"]),
    row(Pairing, "GET", "/api/v4/projects/:id/pipeline_schedules/:id", &["`doctor`: how its last pipeline ended"]),
    row(
        Pairing,
        "GET",
        "/api/v4/projects/:id/pipelines",
        &["`doctor --last-success`: when a scheduled pipeline ended well"],
    ),
    row(
        Pairing,
        "GET",
        ISSUES,
        &["podkeeper's own issues, those with the pod's label, those of two weeks, and those that speak of podkeeper"],
    ),
    row(Pairing, "GET", ISSUE, &["an issue again, right before its block is replaced or a label is put on it"]),
    row(
        Pairing,
        "GET",
        "/api/v4/projects/:id/issues/:iid/resource_label_events",
        &["whether a person took the label off: then it stays off"],
    ),
    row(
        Pairing,
        "GET",
        "/api/v4/projects/:id/issues/:iid/links",
        &["whether a duplicate is linked already", "whether the session before is"],
    ),
    row(
        Pairing,
        "GET",
        "/api/v4/projects/:id/issues/:iid/notes",
        &["whether the issue of a session that is over has its closing comment"],
    ),
    row(
        Pairing,
        "GET",
        "/api/v4/projects/:id/issues/:iid/award_emoji",
        &["whether another run is about to write that comment"],
    ),
    row(
        Pairing,
        "GET",
        "/api/v4/projects/:id/issues/:iid/resource_state_events",
        &["whether somebody opened that issue again after podkeeper had closed it"],
    ),
    row(Pairing, "GET", "/api/v4/projects/:id/milestones", &["the milestone of `[pairing] milestone`"]),
    row(Pairing, "GET", FILE, &["the project's own issue template, where `[pairing] template` names one"]),
    row(Pairing, "POST", ISSUES, &["opens the issue of the next session"]),
    row(
        Pairing,
        "PUT",
        ISSUE,
        &[
            "replaces podkeeper's block in its own issue",
            "puts the pod's label on it",
            "puts it on a session that the pod's people made, only with `[label] apply = true`",
            "appends tasks that are left from earlier sessions",
            "closes its own issue of a session that is over, and a duplicate",
        ],
    ),
    row(
        Pairing,
        "POST",
        "/api/v4/projects/:id/issues/:iid/links",
        &["links a session's issue to the one before it, and a duplicate to the issue that stays"],
    ),
    row(
        Pairing,
        "POST",
        "/api/v4/projects/:id/issues/:iid/award_emoji",
        &["says that this run is about to close the issue of a session that is over"],
    ),
    row(
        Pairing,
        "POST",
        "/api/v4/projects/:id/issues/:iid/notes",
        &["says on the issue of a session that is over what was done and what moved on"],
    ),
    row(
        Pairing,
        "POST",
        "/api/v4/projects/:id/labels",
        &["creates the pod's label, only with `[label] create = true`"],
    ),
    row(
        Pairing,
        "PUT",
        "/api/v4/projects/:id/labels/:name",
        &["changes colour and description of the pod's label, only with `[label] manage = true`"],
    ),
    // ---- The handbook page ----
    row(Handbook, "GET", OWN_TOKEN, WHY_OWN_TOKEN),
    row(Handbook, "GET", USER, WHY_ACCOUNT),
    row(Handbook, "GET", PROJECT, &["the page's project"]),
    row(Handbook, "GET", FILE, &["the page itself"]),
    row(Handbook, "GET", COMMITS, &["`doctor`: where the page went, where it is not there"]),
    row(Handbook, "GET", "/api/v4/projects/:id/repository/commits/:sha/diff", &["`doctor`: the same"]),
    row(Handbook, "GET", TREE, &["`doctor`: which file comes near, where the page is not there"]),
    row(
        Handbook,
        "POST",
        GRAPHQL,
        &[
            QUERIES,
            MANY_PROJECTS,
            "pages of several pods at once",
            "labels that the page names, in groups that not everybody sees",
        ],
    ),
    row(Handbook, "GET", "/api/v4/projects/:id/milestones", &["milestones that the page links to"]),
    row(Handbook, "GET", "/api/v4/groups/:id/milestones", &["the same in a group"]),
    // ---- What pages link to: as anybody, and with a token where `[links] token` names one ----
    row(Links, "GET", OWN_TOKEN, WHY_OWN_TOKEN),
    row(Links, "POST", GRAPHQL, &[QUERIES, "what the page's links lead to", "labels that it names, in public groups"]),
    row(Links, "GET", PROJECT, &["where a project that a link names is today"]),
    row(Links, "GET", "/api/v4/projects/:id/wikis", &["pages of wikis that the page links to"]),
    row(Links, "GET", "/api/v4/groups/:id/wikis", &["the same in a group"]),
    row(Links, "GET", "/api/v4/projects/:id/templates/:type/:name", &["templates that a link to a new issue names"]),
    // ---- The Support Team data ----
    row(Agents, "GET", OWN_TOKEN, WHY_OWN_TOKEN),
    row(Agents, "GET", USER, WHY_ACCOUNT),
    row(Agents, "GET", PROJECT, WHY_PROJECT),
    row(Agents, "GET", TREE, &["the names of the agents' files"]),
    row(Agents, "POST", GRAPHQL, &[QUERIES, MANY_PROJECTS, "the texts of a hundred files at once"]),
    row(Agents, "GET", FILE, &["the text of one file, where GraphQL does not give it"]),
    // ---- The living reports ----
    row(Reports, "GET", OWN_TOKEN, WHY_OWN_TOKEN),
    row(Reports, "GET", USER, WHY_USER),
    row(Reports, "GET", PROJECT, WHY_PROJECT),
    row(Reports, "POST", GRAPHQL, &[QUERIES, MANY_PROJECTS]),
    row(Reports, "GET", ISSUES, &["podkeeper's own reports, and issues that speak of it"]),
    row(Reports, "GET", ISSUE, &["the text of a report again, right before its block is replaced"]),
    row(Reports, "POST", ISSUES, &["opens a report"]),
    row(Reports, "PUT", ISSUE, &["replaces podkeeper's block in its own report", "closes and reopens it"]),
];

const fn row(
    purpose: TokenPurpose,
    method: &'static str,
    path: &'static str,
    why: &'static [&'static str],
) -> EndpointUse {
    EndpointUse { purpose, method, path, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_its_own_template_only() {
        let issue = row(Pairing, "GET", ISSUE, &[]);
        assert!(issue.matches("GET", "/api/v4/projects/some%2Fpath/issues/7"));
        for (method, path) in [
            ("PUT", "/api/v4/projects/1/issues/7"),
            ("GET", "/api/v4/projects/1/issues"),
            ("GET", "/api/v4/projects/1/issues/"),
            ("GET", "/api/v4/projects/1/issues/7/links"),
            ("GET", "/api/v4/projects/1/boards/7"),
        ] {
            assert!(!issue.matches(method, path), "{method} {path}");
        }
    }

    #[test]
    fn each_endpoint_stands_there_once_for_a_purpose() {
        for (at, one) in ENDPOINT_USES.iter().enumerate() {
            let same =
                |other: &EndpointUse| (other.purpose, other.method, other.path) == (one.purpose, one.method, one.path);
            assert!(!ENDPOINT_USES[at + 1..].iter().any(same), "{one:?}");
        }
    }
}
