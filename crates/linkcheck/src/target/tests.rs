mod table;

use super::*;

use LinkKind::{
    Anchor, Docs, Epic, File, GitlabPage, Handbook, Issue, IssueList, Label, Mail, MergeRequest, Namespace, Other,
    Path, ProjectOrGroup, Slack, Tree, Video, Web,
};

#[test]
fn every_shape_has_its_kind() {
    let table = [
        // Projects and groups: the address does not say which.
        ("https://gitlab.com/juniper-org/alpha", ProjectOrGroup),
        ("https://gitlab.com/juniper-org/alpha/", ProjectOrGroup),
        ("https://gitlab.com/juniper-org/tools/deep/alpha#how-to-ask", ProjectOrGroup),
        ("https://gitlab.com/juniper-org/alpha.git", ProjectOrGroup),
        ("https://gitlab.com/groups/juniper-org/tools", ProjectOrGroup),
        ("https://gitlab.com/groups/juniper-org", ProjectOrGroup),
        ("HTTPS://GitLab.com/juniper-org/alpha", ProjectOrGroup),
        (r"https://gitlab.com/juniper-org\alpha/-/blob/main/a.yml", File),
        ("https://gitlab.com/juniper-org", Namespace),
        ("https://gitlab.com/aquill/", Namespace),
        // Files and folders.
        ("https://gitlab.com/juniper-org/alpha/-/blob/main/lib/a.yml", File),
        ("https://gitlab.com/juniper-org/alpha/-/blob/main/README.md#set-up", File),
        ("https://gitlab.com/juniper-org/alpha/-/raw/main/a.yml?inline=false", File),
        ("https://gitlab.com/juniper-org/alpha/-/blame/main/a.yml", File),
        ("https://gitlab.com/juniper-org/alpha/blob/main/a.yml", File),
        ("https://gitlab.com/juniper-org/alpha/raw/main/a.yml", File),
        ("https://gitlab.com/juniper-org/alpha/-/tree/main/data?ref_type=heads", Tree),
        ("https://gitlab.com/juniper-org/alpha/-/tree/main", Tree),
        ("https://gitlab.com/juniper-org/alpha/tree/main/data", Tree),
        // Issues, work items, merge requests, epics.
        ("https://gitlab.com/juniper-org/alpha/-/issues/12", Issue),
        ("https://gitlab.com/juniper-org/alpha/-/issues/12#note_123", Issue),
        ("https://gitlab.com/juniper-org/alpha/-/issues/incident/12", Issue),
        ("https://gitlab.com/juniper-org/alpha/-/work_items/12", Issue),
        ("https://gitlab.com/juniper-org/alpha/issues/12", Issue),
        ("https://gitlab.com/juniper-org/alpha/-/issues/", IssueList),
        ("https://gitlab.com/juniper-org/alpha/-/issues/?label_name[]=bug&not[label_name[]=x", IssueList),
        ("https://gitlab.com/juniper-org/alpha/-/work_items", IssueList),
        ("https://gitlab.com/juniper-org/alpha/issues?state=opened", IssueList),
        ("https://gitlab.com/groups/juniper-org/-/issues", IssueList),
        ("https://gitlab.com/juniper-org/alpha/-/issues/new?issue[title]=x", GitlabPage),
        ("https://gitlab.com/juniper-org/alpha/-/merge_requests/7/diffs", MergeRequest),
        ("https://gitlab.com/juniper-org/alpha/merge_requests/7", MergeRequest),
        ("https://gitlab.com/juniper-org/alpha/-/merge_requests", GitlabPage),
        ("https://gitlab.com/groups/juniper-org/tools/-/epics/191", Epic),
        ("https://gitlab.com/groups/juniper-org/-/work_items/191", Epic),
        ("https://gitlab.com/groups/juniper-org/epics/191", Epic),
        ("https://gitlab.com/groups/juniper-org/-/epics", GitlabPage),
        ("https://gitlab.com/groups/juniper-org/-/epics?label=x", GitlabPage),
        ("https://gitlab.com/juniper-org/alpha/-/labels", Label),
        ("https://gitlab.com/groups/juniper-org/-/labels?search=x", Label),
        ("https://gitlab.com/juniper-org/alpha/labels", Label),
        // Other pages of a project or group.
        ("https://gitlab.com/juniper-org/alpha/-/boards/3", GitlabPage),
        ("https://gitlab.com/groups/juniper-org/-/boards", GitlabPage),
        ("https://gitlab.com/juniper-org/alpha/-/wikis/home", GitlabPage),
        ("https://gitlab.com/juniper-org/alpha/wikis/home", GitlabPage),
        ("https://gitlab.com/juniper-org/alpha/-/commit/0a1b2c3d", GitlabPage),
        ("https://gitlab.com/juniper-org/alpha/-/", GitlabPage),
        ("https://gitlab.com/juniper-org/alpha/-/blob/main", GitlabPage),
        // The instance's own pages.
        ("https://gitlab.com/", Web),
        ("https://gitlab.com", Web),
        ("https://gitlab.com/-/profile", Web),
        ("https://gitlab.com/-/user_settings/profile", Web),
        ("https://gitlab.com/-/ide/project/juniper-org/alpha/edit/main", GitlabPage),
        ("https://gitlab.com/users/sign_in", Web),
        ("https://gitlab.com/groups", Web),
        ("https://gitlab.com/explore/projects", Web),
        // Names that only look like the old form.
        ("https://gitlab.com/juniper-org/tools/pipelines", ProjectOrGroup),
        ("https://gitlab.com/juniper-org/issues", ProjectOrGroup),
        ("https://gitlab.com/juniper-org/alpha/issues/templates", ProjectOrGroup),
        // Other hosts.
        ("https://docs.gitlab.com/ee/user/thing/#part", Docs),
        ("https://handbook.gitlab.com/handbook/support/", Handbook),
        ("https://about.gitlab.com/handbook/support/", Handbook),
        ("https://about.gitlab.com/services/", Web),
        ("https://gitlab.com.evil.example/juniper-org/alpha/-/issues/1", Web),
        ("https://gitlab.com@evil.example/juniper-org/alpha", Web),
        ("https://example.org/a/b/-/blob/main/x", Web),
        ("https://juniper.slack.com/archives/C0ALPHA", Slack),
        ("https://juniper.enterprise.slack.com/archives/C0ALPHA/p1", Slack),
        ("https://app.slack.com/client/T0/C0ALPHA/thread/C0ALPHA-1", Slack),
        ("slack://channel?team=T0&id=C0ALPHA", Slack),
        ("https://slack.com/help/articles/1-Pin", Web),
        ("https://api.slack.com/methods", Web),
        ("https://youtu.be/-abc", Video),
        ("https://www.youtube.com/watch?v=abc", Video),
        ("https://www.youtube.com/channel/UC1", Web),
        ("https://vimeo.com/1234", Video),
        ("//example.org/x", Web),
        // No web addresses.
        ("mailto:a@example.org", Mail),
        ("#regular-meetings", Anchor),
        ("/handbook/support/", Path),
        ("../_index.md#google-calendar", Path),
        ("example-pod.md", Path),
        ("?tab=1", Path),
        ("tel:+4912345", Other),
        ("javascript:alert(1)", Other),
        ("{{< ref \"x.md\" >}}", Other),
        ("", Other),
        ("https://", Other),
        ("https://[::1", Other),
        ("http://a b/", Other),
        (r"\\server\share", Other),
    ];
    assert!(table.len() >= 60);
    for (url, expected) in table {
        assert_eq!(link_kind(url, "gitlab.com"), expected, "{url}");
    }
}

#[test]
fn another_instance_is_known_by_its_host_and_port() {
    assert_eq!(link_kind("https://gitlab.example.org/a/b/-/issues/1", "gitlab.example.org"), Issue);
    assert_eq!(link_kind("https://gitlab.example.org:8443/a/b/-/issues/1", "gitlab.example.org:8443"), Issue);
    assert_eq!(link_kind("https://gitlab.com/a/b/-/issues/1", "gitlab.example.org"), Web);
}

#[test]
fn the_old_form_gets_its_dash_and_nothing_else_changes() {
    let table = [
        (
            "https://gitlab.com/juniper-org/alpha/blob/main/a%20b.yml?x=1#L3",
            Some("https://gitlab.com/juniper-org/alpha/-/blob/main/a%20b.yml?x=1#L3"),
        ),
        ("https://gitlab.com/a/b/c/tree/main/tree/x", Some("https://gitlab.com/a/b/c/-/tree/main/tree/x")),
        ("https://gitlab.com/a/b/issues/1", Some("https://gitlab.com/a/b/-/issues/1")),
        ("https://gitlab.com/a/b/issues", Some("https://gitlab.com/a/b/-/issues")),
        ("https://gitlab.com/a//b/merge_requests/new", Some("https://gitlab.com/a//b/-/merge_requests/new")),
        ("https://gitlab.com/a/b/wikis/home", Some("https://gitlab.com/a/b/-/wikis/home")),
        ("https://gitlab.com/a/b/-/blob/main/blob/tree/x", None),
        ("https://gitlab.com/a/b", None),
        ("https://gitlab.com/a/issues/1", None),
        ("https://gitlab.com/a/b/pipelines", None),
        ("https://gitlab.com/groups/a/b/issues/1", None),
        ("https://gitlab.com/api/v4/projects/issues/1", None),
        ("https://example.org/a/b/blob/main/x", None),
        ("https://docs.gitlab.com/a/b/blob/main/x", None),
        ("/a/b/blob/main/x", None),
        (r"https:\\gitlab.com\a\b\blob\main\x", None),
        ("https://gitlab.com", None),
    ];
    for (url, expected) in table {
        assert_eq!(modernize_url(url, "gitlab.com").as_deref(), expected, "{url}");
    }
}

#[test]
fn a_mended_address_keeps_its_kind() {
    for url in ["https://gitlab.com/a/b/blob/m/x", "https://gitlab.com/a/b/issues/1", "https://gitlab.com/a/b/labels"] {
        let mended = modernize_url(url, "gitlab.com").unwrap();
        assert_eq!(link_kind(&mended, "gitlab.com"), link_kind(url, "gitlab.com"));
        assert_eq!(modernize_url(&mended, "gitlab.com"), None);
    }
}
