//! What the seed's page links to: projects of the sandbox's GitLab, and pages on the hosts around it.
//!
//! Most of it is alive. On purpose some is not: two CI templates that are gone, a renamed project, hidden ones, a
//! retired course, documentation that moved, places that are gone from their pages, a removed video, and hosts that
//! hang, refuse or do not exist. What podkeeper should make of each link stands in `expected_verdicts`.

use std::collections::BTreeSet;

use gitlab_sandbox::world::{REPORTER, Visibility, WebFault, World};

use super::SeedUsers;

const DOCS: &str = "docs.gitlab.com";
const HANDBOOK: &str = "handbook.gitlab.com";

/// The one host of the page that does not exist.
pub(super) const NO_SUCH_HOST: &str = "gitlab.edcast.com";

/// Hosts that exist although no page of theirs is known.
const HOSTS: [&str; 10] = [
    "gitlab.com",
    DOCS,
    HANDBOOK,
    "about.gitlab.com",
    "slack.com",
    "gitlab.slack.com",
    "github.com",
    "youtu.be",
    "www.youtube.com",
    "img.youtube.com",
];

/// Pages of the documentation, without the `/ee` before them that the old links still have.
const DOCS_PAGES: [(&str, &str); 20] = [
    ("/user/application_security/terminology", "Security glossary"),
    ("/user/application_security/vulnerabilities/severities", "Severity levels"),
    ("/user/application_security/sast", "SAST"),
    ("/user/application_security/secret_detection", "Secret detection"),
    ("/user/application_security/dependency_scanning", "Dependency scanning"),
    ("/user/application_security/dependency_list", "Dependency list"),
    ("/user/application_security/dast", "DAST"),
    ("/user/application_security/api_security_testing", "API security testing"),
    ("/user/application_security/iac_scanning", "Infrastructure as Code scanning"),
    ("/user/application_security/security_dashboard", "Security dashboards"),
    ("/user/application_security/vulnerability_report", "Vulnerability report"),
    ("/user/application_security/vulnerabilities", "Vulnerability details"),
    ("/user/application_security/policies", "Policies"),
    ("/user/application_security/policies/merge_request_approval_policies", "Approval policies"),
    ("/user/application_security/policies/scan_execution_policies", "Scan execution policies"),
    ("/ci/testing/code_quality", "Code Quality"),
    ("/user/application_security/container_scanning", "Container scanning"),
    ("/user/compliance/license_approval_policies", "License approval policies"),
    ("/user/application_security/api_fuzzing", "API fuzzing"),
    ("/user/project/labels", "Labels"),
];

/// Pages of the documentation that got another name.
const DOCS_RENAMED: [(&str, &str); 3] = [
    ("/user/application_security/dast_api", "/user/application_security/api_security_testing"),
    (
        "/user/application_security/policies/scan-result-policies",
        "/user/application_security/policies/merge_request_approval_policies",
    ),
    (
        "/user/application_security/policies/scan-execution-policies",
        "/user/application_security/policies/scan_execution_policies",
    ),
];

const HANDBOOK_PAGES: [(&str, &str); 2] = [
    ("/handbook/support/workflows/ooo-ticket-management", "Tickets while away"),
    (
        "/handbook/customer-success/professional-services-engineering/education-services/secessentialshandson",
        "Exercises",
    ),
];

/// The CI templates that the product has today; the page also links to two that it no longer has.
const TEMPLATES: [&str; 9] = [
    "Jobs/SAST.gitlab-ci.yml",
    "Jobs/Secret-Detection.gitlab-ci.yml",
    "Jobs/Dependency-Scanning.gitlab-ci.yml",
    "Jobs/SAST-IaC.latest.gitlab-ci.yml",
    "Jobs/Code-Quality.gitlab-ci.yml",
    "Jobs/Container-Scanning.gitlab-ci.yml",
    "Security/DAST.gitlab-ci.yml",
    "Security/DAST-API.gitlab-ci.yml",
    "Security/API-Discovery.gitlab-ci.yml",
];

/// Public projects that are linked as a whole.
const PROJECTS: [&str; 7] = [
    "lantern-scanners/report-schemas",
    "lantern-scanners/analyzers/kics",
    "lantern-scanners/demos/dast/login-form",
    "lantern-scanners/demos/api-fuzzing/petshop",
    "lantern-tools/codequality",
    "harbour-desk/support/playground/sast",
    "harbour-desk/support/playground/secret-detection",
];

/// Adds all of it to a world.
pub(super) fn add_linked_targets(world: &mut World, cast: &SeedUsers, sites: &BTreeSet<&str>) {
    add_projects(world, cast);
    for host in HOSTS {
        world.web.hosts.insert(host.to_owned());
    }
    for host in super::PAGE_TEMPLATE.split("https://").skip(1).filter_map(|rest| rest.split(['/', ')']).next()) {
        world.web.hosts.insert(host.to_owned());
    }
    world.web.hosts.remove(NO_SUCH_HOST);
    add_docs(world);
    // The page names the handbook by its address, too.
    for host in sites.iter().copied().chain([HANDBOOK]).collect::<BTreeSet<_>>() {
        add_handbook(world, host);
    }
    add_redirect(world, "github.com", "/zricethezav/gitleaks", 301, "https://github.com/gitleaks/gitleaks");
    world.add_web_page("github.com", "/gitleaks/gitleaks", "gitleaks");
    world.add_web_fault("slack.com", "/help/articles/205239997-Pin-messages-and-bookmark-links", WebFault::Status(403));
    world.add_web_page("gitlab.slack.com", "/", "Sign in to the workspace");
    let login = "https://gitlab.slack.com/?redir=%2Farchives%2FC0BOX0POD01";
    add_redirect(world, "gitlab.slack.com", "/archives/C0BOX0POD01", 302, login);
    world.add_web_page("about.gitlab.com", "/", "About");
    add_videos(world);
    world.add_web_fault("slow.lantern.example", "", WebFault::Slow(1_500));
    world.add_web_fault("fuzzing.lantern.example", "", WebFault::TooMany(120));
    world.add_web_page("manual.lantern.example", "/coverage-fuzzing", "Coverage fuzzing");
    world.add_web_fault("manual.lantern.example", "/coverage-fuzzing", WebFault::Recovers(1));
}

/// The documentation, as GitLab Pages serves it: an old address takes a redirect for each thing that is old about it.
fn add_docs(world: &mut World) {
    for (path, title) in DOCS_PAGES {
        world.add_web_page_with_headings(DOCS, path, title, &["Overview", "Turn it on", "Troubleshooting"]);
        world.add_pages_redirect(DOCS, &format!("{path}.html"), &format!("{path}/"), 301);
    }
    for (old, new) in DOCS_RENAMED {
        for old in [old.to_owned(), format!("{old}.html")] {
            world.add_pages_redirect(DOCS, &old, &format!("{new}/"), 301);
        }
    }
    world.add_pages_redirect(DOCS, "/ee/*", "/:splat", 301);
}

/// The pages of a handbook's site.
fn add_handbook(world: &mut World, host: &str) {
    world.web.hosts.insert(host.to_owned());
    for (path, title) in HANDBOOK_PAGES {
        add_page_with_html_redirect(world, host, path, title);
    }
    // The headings of the other one are made while the site is built, and are in its page all the same.
    world.add_web_page_with_headings(
        host,
        "/handbook/product/categories",
        "Product categories",
        &["Plan stage", "Secure stage"],
    );
    world.add_web_page_with_headings(
        host,
        "/handbook/product/categories/features",
        "Features by group",
        &["Plan stage", "Secure stage"],
    );
}

/// The page of a video answers 200 whether it is there or not; its picture tells. The seed's page links to the removed
/// one.
fn add_videos(world: &mut World) {
    world.add_web_page("www.youtube.com", "/watch", "YouTube");
    for (id, there) in [("bOxSeEd-D01", false), ("bOxAlIvE-02", true)] {
        let watch = format!("https://www.youtube.com/watch?v={id}&feature=youtu.be");
        add_redirect(world, "youtu.be", &format!("/{id}"), 303, &watch);
        if there {
            world.add_web_page("img.youtube.com", &format!("/vi/{id}/0.jpg"), "A picture");
        }
    }
}

fn add_projects(world: &mut World, cast: &SeedUsers) {
    for path in PROJECTS {
        let project = world.add_project(path, Visibility::Public);
        let text = format!("# {path}\n\n## How it works\n\nWell enough.\n\n## Contributing\n\nPlease do.\n");
        world.add_file(project, "main", "README.md", &text);
    }
    world.add_group("lantern-images", Visibility::Public);
    // The epic of all pods is there, the one about an old release is not; who sees confidential epics knows.
    let support = world.add_group("harbour-desk/support", Visibility::Public);
    world.add_group_member(support, cast.bot, REPORTER);
    world.add_epic(support, 41, "Pods", true);
    let product = world.add_project("gitlab-org/gitlab", Visibility::Public);
    let secrets = world.add_project("lantern-scanners/analyzers/secrets", Visibility::Public);
    for project in [product, secrets] {
        if let Some(project) = world.projects.get_mut(&project) {
            "master".clone_into(&mut project.default_branch);
        }
        world.add_file(project, "master", "README.md", "# A project of the sandbox\n");
    }
    for template in TEMPLATES {
        let path = format!("lib/gitlab/ci/templates/{template}");
        world.add_file(product, "master", &path, "# A CI template stands here.\n");
    }
    world.add_file(secrets, "master", "gitleaks.toml", "# The rules stand here.\n");
    let renamed = world.add_project("harbour-desk/support/playground/dependencies", Visibility::Public);
    world.add_file(renamed, "main", "README.md", "# It had another name once\n");
    if let Some(project) = world.projects.get_mut(&renamed) {
        project.formerly.push("harbour-desk/support/playground/dependency-scanning".to_owned());
    }
    // Hidden from everybody who is not a member; the bot is none.
    let desk = world.add_project("harbour-desk/section-sec-help-desk", Visibility::Private);
    world.add_file(desk, "main", "README.md", "# Help desk\n\n## How to ask the developers for help\n\nKindly.\n");
    world.add_project("lantern-examples/security/sample-reports", Visibility::Private);
}

/// A page that old links still reach under its name with `.html`.
fn add_page_with_html_redirect(world: &mut World, host: &str, path: &str, title: &str) {
    world.add_web_page_with_headings(host, path, title, &["Overview", "Turn it on", "Troubleshooting"]);
    add_redirect(world, host, &format!("{path}.html"), 301, &format!("https://{host}{path}/"));
}

fn add_redirect(world: &mut World, host: &str, path: &str, status: u16, to: &str) {
    world.add_web_redirect(host, path, status, to);
}
