//! Broken and mended: whatever changes among people, labels and links, exactly what follows is reported and filed.
//!
//! Each change comes to a sandbox in which everything is done and both reports are filed. What is reported then differs
//! by the lines named here and no others, and only the reports that show it are rewritten. Then the change is undone,
//! and the reports are what they were, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use podkeeper::pod::label::LabelName;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::PodRun;
use podkeeper::pod::{Pod, PodKey};
use podkeeper::sandbox::World;
use podkeeper::sandbox::world::{Group, Issue, Project, Visibility, WebFault, WebPage};

use crate::support::{Stage, now, shipped_config};

const PRODUCT: &str = "gitlab-org/gitlab";
const TEMPLATES: &str = "lib/gitlab/ci/templates";
const DOCS: &str = "docs.gitlab.com/user/application_security";
const HANDBOOK: &str = "our-group/handbook";
const PAGE: &str = "content/handbook/support/support-pods/secure/_index.md";
const TEAM: &str = "our-group/support-team";
const FOCUS: &str = "    - 'Support Focus: Secure'\n";

const LINKS: &str = "* links report rewritten";
const ROSTER: &str = "* roster report rewritten";
const FOLDER_UNSEEN: &str = "! the folder data/agents at main in our-group/support-team";
const SESSION: &str = "* session issue rewritten";

#[tokio::test(start_paused = true)]
async fn a_change_of_the_data_changes_what_is_told_of_them() {
    let mut seen = ChangeChecker::new().await;
    seen.check_change(
        "a member gets the group",
        |world| edit_agent(world, "imani-okonkwo", "    role:", &format!("{FOCUS}    role:")),
        &["- member-without-focus: iokonkwo", ROSTER],
    )
    .await;
    seen.check_change(
        "one member gets the group and another loses it",
        |world| {
            edit_agent(world, "imani-okonkwo", "    role:", &format!("{FOCUS}    role:"));
            edit_agent(world, "ada-quill", FOCUS, "");
        },
        &["- member-without-focus: iokonkwo", "+ member-without-focus: ada-quill-gtlb", ROSTER],
    )
    .await;
    seen.check_change(
        "a third of the members is missing in the data, and each is told",
        |world| edit_agent(world, "ada-quill", FOCUS, ""),
        &["+ member-without-focus: ada-quill-gtlb", ROSTER],
    )
    .await;
    seen.check_change(
        "somebody who is not on the page loses the group",
        |world| edit_agent(world, "kasimir-oduya", FOCUS, ""),
        &["- focus-without-member: koduya", ROSTER],
    )
    .await;
    seen.check_change(
        "somebody else gets the group",
        |world| edit_agent(world, "pilar-osei", "    role:", &format!("{FOCUS}    role:")),
        &["+ focus-without-member: posei", ROSTER],
    )
    .await;
    seen.check_change(
        "a member without a file gets one",
        |world| {
            let id = world.user_by_username("jonah_petrakis").unwrap().id;
            let text = format!(
                "name: 'Jonah Petrakis'\nzendesk:\n  main:\n    groups:\n{FOCUS}gitlab:\n  id: {id}\n  username: jonah_petrakis\n"
            );
            agents(world).insert(agent_file_path("jonah-petrakis"), text);
        },
        &["- member-unknown-agent: jonah_petrakis", ROSTER],
    )
    .await;
    seen.check_change(
        "one member gets the group, and the file of another is deleted",
        |world| {
            edit_agent(world, "imani-okonkwo", "    role:", &format!("{FOCUS}    role:"));
            agents(world).remove(&agent_file_path("ada-quill"));
        },
        &["- member-without-focus: iokonkwo", "+ member-unknown-agent: ada-quill-gtlb", ROSTER],
    )
    .await;
    seen.check_change(
        "a broken file is mended",
        |world| edit_agent(world, "mateo-farrow", "    - 'CANARY-GROUP-5", "    - 'CANARY-GROUP-5'"),
        &["- agent-file-invalid: data/agents/mateo-farrow.yaml", ROSTER],
    )
    .await;
    seen.check_change(
        "a file breaks",
        |world| edit_agent(world, "ada-quill", "name: 'Ada Quill'", "name: 'Ada Quill"),
        &["+ agent-file-invalid: data/agents/ada-quill.yaml", ROSTER],
    )
    .await;
    seen.check_change(
        "the second file of one account is deleted",
        |world| drop(agents(world).remove(&agent_file_path("vale-sorin"))),
        &["- agent-duplicate: data/agents/vale-sorin.yaml", ROSTER],
    )
    .await;
    seen.check_change(
        "a handle is put right in its file",
        |world| edit_agent(world, "lucja-wisnik", "username: lucja-wisnik", "username: lwisnik"),
        &["- handle-mismatch: lwisnik", ROSTER],
    )
    .await;
    seen.assert_change_count(11);
}

#[tokio::test(start_paused = true)]
async fn f30_a_change_of_accounts_changes_what_is_told_of_them() {
    let mut seen = ChangeChecker::new().await;
    seen.check_change(
        "an account is blocked, which is remembered for two weeks before it is told",
        |world| set_state(world, "ada-quill-gtlb", "blocked"),
        &[ROSTER],
    )
    .await;
    seen.check_change("a blocked account is let in again", |world| set_state(world, "tuval", "active"), &[ROSTER])
        .await;
    seen.check_change(
        "an account is renamed",
        |world| rename(world, "iokonkwo", "imani-okonkwo"),
        &["+ account-renamed: iokonkwo", ROSTER],
    )
    .await;
    seen.check_change(
        "a renamed account gets its name back",
        |world| rename(world, "renee-obi", "reneeduvalobi"),
        &["- account-renamed: reneeduvalobi", ROSTER],
    )
    .await;
    seen.check_change(
        "an account is deleted",
        |world| {
            let id = world.user_by_username("svale").unwrap().id;
            world.users.remove(&id);
        },
        &[ROSTER],
    )
    .await;
    seen.assert_change_count(5);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_pages_members_changes_what_is_told_of_them() {
    let mut seen = ChangeChecker::new().await;
    seen.check_change(
        "a member's name is put right on the page",
        |world| edit_page(world, "Barnaby Thorne Jr", "Barnaby Thorne"),
        &["- name-mismatch: barnaby", ROSTER, SESSION],
    )
    .await;
    seen.check_change(
        "a member is put on the page",
        |world| {
            let last = "- {{< member-by-name \"Barnaby Thorne Jr\" >}} (`@barnaby`)\n";
            let two = format!("{last}- {{{{< member-by-name \"Hollis Brandt\" >}}}} (`@hollis-brandt`)\n");
            edit_page(world, last, &two);
        },
        &["+ member-without-focus: hollis-brandt", LINKS, ROSTER],
    )
    .await;
    seen.check_change(
        "a lead is taken off the page",
        |world| edit_page(world, "- Lead: {{< member-by-name \"Ada Quill\" >}} (`@ada-quill-gtlb`)\n", ""),
        &["+ focus-without-member: ada-quill-gtlb", LINKS, ROSTER],
    )
    .await;
    seen.check_change(
        "the data's folder is empty",
        |world| agents(world).retain(|path, _| !path.starts_with("data/agents/")),
        &[EVERYBODY, "+ roster-inconclusive: secure", FOLDER_UNSEEN],
    )
    .await;
    seen.check_change(
        "most of the data is gone",
        |world| {
            agents(world).retain(|path, _| path == &agent_file_path("ada-quill") || !path.starts_with("data/agents/"));
        },
        &[
            "- account-renamed: reneeduvalobi",
            "- agent-duplicate: data/agents/vale-sorin.yaml",
            "- agent-file-invalid: data/agents/mateo-farrow.yaml",
            "- focus-without-member: koduya",
            "- handle-mismatch: lwisnik",
            "- member-without-focus: iokonkwo",
            "- name-mismatch: barnaby",
            "+ member-unknown-agent: barnaby",
            "+ member-unknown-agent: iokonkwo",
            "+ member-unknown-agent: lwisnik",
            "+ member-unknown-agent: mfarrow",
            "+ member-unknown-agent: reneeduvalobi",
            "+ member-unknown-agent: svale",
            "+ member-unknown-agent: tuval",
            ROSTER,
        ],
    )
    .await;
    seen.check_change(
        "the data is hidden from the bot",
        |world| project(world, TEAM).members.clear(),
        &[EVERYBODY, "+ roster-inconclusive: secure", FOLDER_UNSEEN],
    )
    .await;
    seen.assert_change_count(6);
}

#[tokio::test(start_paused = true)]
async fn a_change_in_gitlab_changes_what_is_told_of_links_into_it() {
    let mut seen = ChangeChecker::new().await;
    seen.check_change(
        "a CI template is deleted",
        |world| drop(files(world, PRODUCT, "master").remove(&format!("{TEMPLATES}/Jobs/SAST.gitlab-ci.yml"))),
        &["+ link-dead: TEMPLATES/Jobs/SAST.gitlab-ci.yml", LINKS],
    )
    .await;
    seen.check_change(
        "a CI template comes back",
        |world| {
            let path = format!("{TEMPLATES}/Jobs/License-Scanning.gitlab-ci.yml");
            files(world, PRODUCT, "master").insert(path, "# It is here again.\n".to_owned());
        },
        &["- link-dead: TEMPLATES/Jobs/License-Scanning.gitlab-ci.yml", LINKS],
    )
    .await;
    seen.check_change(
        "a project moves",
        |world| {
            let moved = project(world, "lantern-scanners/report-schemas");
            moved.formerly.push(std::mem::replace(&mut moved.path, "lantern-scanners/schemas".to_owned()));
        },
        &["+ link-moved: gitlab.com/lantern-scanners/report-schemas", LINKS],
    )
    .await;
    seen.check_change(
        "a project is hidden, which proves nothing",
        |world| project(world, "lantern-tools/codequality").visibility = Visibility::Private,
        &[],
    )
    .await;
    seen.check_change(
        "an epic is deleted, which looks to anybody as if it were confidential",
        |world| group(world, "harbour-desk/support").epics.clear(),
        &[],
    )
    .await;
    seen.check_change(
        "epics cannot be seen by the bot any more, which asks as anybody",
        |world| group(world, "harbour-desk/support").members.clear(),
        &[],
    )
    .await;
    seen.check_change(
        "a heading comes into a README",
        |world| {
            let readme = files(world, "lantern-scanners/analyzers/kics", "main").get_mut("README.md").unwrap();
            readme.push_str("\n## What it finds\n");
        },
        &["- link-fragment-dead: gitlab.com/lantern-scanners/analyzers/kics#what-it-finds", LINKS],
    )
    .await;
    seen.check_change(
        "a heading goes from a README",
        |world| {
            let readme = files(world, "lantern-tools/codequality", "main").get_mut("README.md").unwrap();
            replace(readme, "## How it works", "## What it does");
        },
        &["+ link-fragment-dead: gitlab.com/lantern-tools/codequality#how-it-works", LINKS],
    )
    .await;
    seen.assert_change_count(8);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_web_changes_what_is_told_of_its_links() {
    let mut seen = ChangeChecker::new().await;
    seen.check_change(
        "a heading comes to a page whose headings are made while its site is built",
        |world| {
            let page = web_page(world, "handbook.gitlab.com/handbook/product/categories/features");
            page.headings.push(("secure".to_owned(), "Secure".to_owned()));
        },
        &["- link-fragment-dead: handbook.gitlab.com/handbook/product/categories/features/#secure", LINKS],
    )
    .await;
    seen.check_change(
        "a heading goes from a page",
        |world| web_page(world, "handbook.example.com/handbook/product/categories").headings.truncate(1),
        &["+ link-fragment-dead: /handbook/product/categories/#secure-stage", LINKS],
    )
    .await;
    seen.check_change(
        "a page of the documentation is deleted",
        |world| drop(world.web.pages.remove(&format!("{DOCS}/sast"))),
        &[
            "+ link-dead: docs.gitlab.com/ee/user/application_security/sast",
            "- link-moved: docs.gitlab.com/ee/user/application_security/sast",
            LINKS,
        ],
    )
    .await;
    seen.check_change(
        "a deleted page of the web comes back",
        |world| world.add_web_page("about.gitlab.com", "/services/education/security-essentials", "A first course"),
        &["- link-dead: about.gitlab.com/services/education/security-essentials/", LINKS],
    )
    .await;
    seen.check_change(
        "a move becomes one for the time being",
        |world| world.web.redirects.get_mut("github.com/zricethezav/gitleaks").unwrap().0 = 302,
        &["- link-moved: github.com/zricethezav/gitleaks", LINKS],
    )
    .await;
    seen.check_change(
        "a host lets no bots in any more, which proves nothing",
        |world| world.add_web_fault("slow.lantern.example", "", WebFault::Status(403)),
        &[],
    )
    .await;
    seen.check_change(
        "a host is gone, which is remembered until it lasts",
        |world| {
            world.web.hosts.remove("slow.lantern.example");
        },
        &[LINKS],
    )
    .await;
    seen.check_change(
        "a removed video comes back",
        |world| world.add_web_page("img.youtube.com", "/vi/bOxSeEd-D01/0.jpg", "A picture"),
        &["- link-dead: youtu.be/bOxSeEd-D01", LINKS],
    )
    .await;
    seen.check_change(
        "a link to a CI template is mended on the page",
        |world| edit_page(world, "templates/Security/Container-Scanning", "templates/Jobs/Container-Scanning"),
        &["- link-dead: TEMPLATES/Security/Container-Scanning.gitlab-ci.yml", LINKS],
    )
    .await;
    seen.assert_change_count(9);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_labels_changes_what_is_told_of_the_pages_labels() {
    let mut seen = ChangeChecker::new().await;
    let label = "group::dynamic analysis";
    seen.check_change(
        "a label is deleted",
        |world| group_labels(world, |labels| labels.retain(|name| name != label)),
        &["+ label-missing: group::dynamic analysis", LINKS],
    )
    .await;
    seen.check_change(
        "a label is retired",
        |world| {
            group_labels(world, |labels| {
                for name in labels.iter_mut().filter(|name| *name == label) {
                    name.push_str(" [DEPRECATED]");
                }
            });
        },
        &["+ label-retired: group::dynamic analysis", LINKS],
    )
    .await;
    seen.check_change(
        "the labels' group cannot be seen, which proves nothing about them",
        |world| group(world, "gitlab-org").visibility = Visibility::Private,
        &[
            "- label-missing: Category:Code Quality",
            "- label-retired: group::threat insights",
            "! the labels of the page of Secure Pod",
        ],
    )
    .await;
    seen.check_change(
        "a missing label is made",
        |world| {
            world.add_group_label("gitlab-org", "Category:Code Quality", "#6699cc", "");
        },
        &["- label-missing: Category:Code Quality", LINKS],
    )
    .await;
    seen.check_change(
        "a retired label is made anew",
        |world| {
            world.add_group_label("gitlab-org", "group::threat insights", "#6699cc", "");
        },
        &["- label-retired: group::threat insights", LINKS],
    )
    .await;
    seen.assert_change_count(5);
}

/// A pause on a living report holds back what a pause on a pairing issue does.
#[tokio::test(start_paused = true)]
async fn a_pause_on_a_report_holds_every_write() {
    let seen = ChangeChecker::new().await;
    seen.stage.sandbox.change_world(|world| {
        set_state(world, "ada-quill-gtlb", "blocked");
        let reports = project(world, "our-group/support-team-meta");
        reports.issues.values_mut().next().unwrap().labels.insert("podkeeper::pause".to_owned());
    });
    let written = seen.stage.journal().len();
    let then = run_whole_job(&seen.stage).await;
    assert!(then.findings.contains_key("paused: secure"), "{:?}", then.findings.keys());
    assert_eq!(seen.stage.journal().len(), written);
}

/// The resources move to a page of their own: what was reported of them goes, all else stays.
#[tokio::test(start_paused = true)]
async fn a_split_page_is_told_of_up_to_where_it_was_split() {
    let mut seen = ChangeChecker::new().await;
    let text = files(&mut seen.stage.sandbox.world(), HANDBOOK, "main")[PAGE].clone();
    let split = text.find("## Secure Pod Troubleshooting Resources").unwrap();
    let line = text[..split].lines().count() + 1;
    let gone = seen.before.findings.iter().filter(|(_, at)| at.is_some_and(|at| at >= line));
    let mut follows: Vec<String> = gone.map(|(reported, _)| format!("- {reported}")).collect();
    assert!(follows.len() > 20, "{follows:?}");
    follows.push(LINKS.to_owned());
    let follows: Vec<&str> = follows.iter().map(String::as_str).collect();
    seen.check_change(
        "the page is split",
        |world| {
            let page = files(world, HANDBOOK, "main").get_mut(PAGE).unwrap();
            page.truncate(split);
            page.push_str(
                "The [resources](/handbook/support/support-pods/secure/resources/) have a page of their own.\n",
            );
            world.add_web_page("handbook.example.com", "/handbook/support/support-pods/secure/resources", "Resources");
        },
        &follows,
    )
    .await;
    seen.assert_change_count(1);
}

/// A fleet: pages of one path in two projects, which share most of their links.
#[tokio::test(start_paused = true)]
async fn two_pods_hear_of_their_own_pages() {
    let mut pods = shipped_config().pods;
    let mut other = pods[0].clone();
    other.key = PodKey::parse("verify").unwrap();
    (other.name, other.page.project) = ("Verify Pod".to_owned(), "our-group/internal".to_owned());
    other.label.name = LabelName::parse("pod::verify").unwrap();
    pods.push(other.clone());
    let stage = Stage::of(pods, now());
    stage.sandbox.change_world(|world| {
        let page = files(world, &other.page.project, "main").get_mut(PAGE).unwrap();
        replace(
            page,
            "https://youtu.be/bOxSeEd-D01",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/of-verify.md",
        );
        page.insert_str(page.find("## Purpose").unwrap(), "## Another\n\n");
    });
    let runs = stage.apply_all_tasks().await;
    let dead = |pod: usize| -> Vec<(&str, usize)> {
        let dead = runs[pod].findings.iter().filter(|finding| finding.rule == Rule::LinkDead);
        dead.map(|finding| (finding.subject.as_str(), finding.place.as_ref().unwrap().line)).collect()
    };
    let ends = |pod: usize, end: &str| dead(pod).iter().filter(|(url, _)| url.ends_with(end)).count();
    assert_eq!((ends(0, "bOxSeEd-D01"), ends(0, "of-verify.md")), (1, 0));
    assert_eq!((ends(1, "bOxSeEd-D01"), ends(1, "of-verify.md")), (0, 1));
    let shared = "https://about.gitlab.com/services/education/security-essentials/";
    let line = |pod: usize| dead(pod).iter().find(|(url, _)| *url == shared).unwrap().1;
    assert_eq!(line(0) + 2, line(1));
}

// ----------------------------------------------------------------------------------------- what changes in the sandbox

fn project<'a>(world: &'a mut World, path: &str) -> &'a mut Project {
    world.projects.values_mut().find(|project| project.path == path).unwrap()
}

fn group<'a>(world: &'a mut World, path: &str) -> &'a mut Group {
    world.groups.values_mut().find(|group| group.path == path).unwrap()
}

fn files<'a>(world: &'a mut World, path: &str, branch: &str) -> &'a mut BTreeMap<String, String> {
    project(world, path).files.get_mut(branch).unwrap()
}

fn agents(world: &mut World) -> &mut BTreeMap<String, String> {
    files(world, TEAM, "main")
}

fn agent_file_path(agent: &str) -> String {
    format!("data/agents/{agent}.yaml")
}

fn edit_agent(world: &mut World, agent: &str, old: &str, new: &str) {
    replace(agents(world).get_mut(&agent_file_path(agent)).unwrap(), old, new);
}

fn edit_page(world: &mut World, old: &str, new: &str) {
    replace(files(world, HANDBOOK, "main").get_mut(PAGE).unwrap(), old, new);
}

fn replace(text: &mut String, old: &str, new: &str) {
    assert!(text.contains(old), "nothing says {old}");
    *text = text.replacen(old, new, 1);
}

fn set_state(world: &mut World, username: &str, state: &str) {
    let id = world.user_by_username(username).unwrap().id;
    world.set_user_state(id, state);
}

fn rename(world: &mut World, from: &str, to: &str) {
    let id = world.user_by_username(from).unwrap().id;
    world.rename_user(id, to);
}

fn web_page<'a>(world: &'a mut World, address: &str) -> &'a mut WebPage {
    world.web.pages.get_mut(address).unwrap()
}

/// Changes the names of the labels of every group; a name that is taken out takes its label with it.
fn group_labels(world: &mut World, change: impl Fn(&mut Vec<String>)) {
    for group in world.groups.values_mut() {
        group.labels.retain(|_, label| {
            let mut names = vec![label.name.clone()];
            change(&mut names);
            names.pop().map(|name| label.name = name).is_some()
        });
    }
}

/// Undoes whatever was changed, and leaves the issues, which are podkeeper's work, as they are.
fn restore_world(world: &mut World, before: &World) {
    for (id, project) in &mut world.projects {
        let before = before.projects[id].clone();
        (project.path, project.formerly, project.visibility) = (before.path, before.formerly, before.visibility);
        (project.files, project.members) = (before.files, before.members);
    }
    world.groups = before.groups.clone();
    world.users = before.users.clone();
    world.web = before.web.clone();
}

// -------------------------------------------------------------------------------------------------- what is reported

/// What a run of the whole job reported, and what it left in GitLab.
struct RunResult {
    /// As `rule: subject`, each with its line on the page.
    findings: BTreeMap<String, Option<usize>>,
    /// What could not be seen.
    unknown: BTreeSet<String>,
    /// The bodies of podkeeper's own issues, by what they are.
    bodies: BTreeMap<&'static str, String>,
}

/// A sandbox in which everything is done, and what is reported of it.
struct ChangeChecker {
    stage: Stage,
    before: RunResult,
    ways: usize,
    wrong: Vec<String>,
}

impl ChangeChecker {
    async fn new() -> Self {
        // The labels are in a group without projects of podkeeper's, whose members would see it whatever becomes of it.
        let pods =
            shipped_config().pods.into_iter().map(|pod| Pod { label_groups: vec!["gitlab-org".to_owned()], ..pod });
        let stage = Stage::of(pods.collect(), now());
        run_whole_job(&stage).await;
        let before = run_whole_job(&stage).await;
        assert_eq!(before.bodies.keys().copied().collect::<Vec<_>>(), [LINKS, ROSTER, SESSION]);
        Self { stage, before, ways: 0, wrong: Vec::new() }
    }

    /// Changes the sandbox, compares what is reported then with `follows` (`+` came, `-` went, `!` could not be seen,
    /// `*` was rewritten), undoes the change, and compares with what was reported before it.
    async fn check_change(&mut self, what: &str, does: impl FnOnce(&mut World), follows: &[&str]) {
        self.ways += 1;
        let world = self.stage.sandbox.world();
        self.advance_a_minute();
        self.stage.sandbox.change_world(does);
        let then = run_whole_job(&self.stage).await;
        let came = then.findings.keys().filter(|reported| !self.before.findings.contains_key(*reported));
        let went = self.before.findings.keys().filter(|reported| !then.findings.contains_key(*reported));
        let mut changed: Vec<String> = came.map(|reported| format!("+ {reported}")).collect();
        let mut gone: Vec<String> = went.map(|reported| format!("- {reported}")).collect();
        if gone.iter().filter(|line| is_about_roster(line)).count() == ROSTER_FINDING_COUNT {
            gone.retain(|line| !is_about_roster(line));
            gone.push(EVERYBODY.to_owned());
        }
        changed.extend(gone);
        changed.extend(then.unknown.difference(&self.before.unknown).map(|what| format!("! {what}")));
        let rewritten = then.bodies.iter().filter(|(issue, body)| self.before.bodies.get(*issue) != Some(body));
        changed.extend(rewritten.map(|(issue, _)| (*issue).to_owned()));
        let expected: BTreeSet<&str> = follows.iter().copied().collect();
        if changed.iter().map(String::as_str).collect::<BTreeSet<_>>() != expected {
            self.wrong.push(format!("when {what}:\n{changed:#?}"));
        }
        self.advance_a_minute();
        self.stage.sandbox.change_world(|box_| restore_world(box_, &world));
        let again = run_whole_job(&self.stage).await;
        if again.findings != self.before.findings {
            self.wrong.push(format!("{what}: undone, but now it tells {:#?}", again.findings));
        }
        for (issue, body) in again.bodies.iter().filter(|(issue, body)| self.before.bodies.get(*issue) != Some(body)) {
            let before = &self.before.bodies[issue];
            self.wrong.push(format!("{what}: undone, but {issue} is not\n{before}\nbut\n{body}"));
        }
    }

    /// A minute passes: what a closed report shows again must be newer than its end.
    fn advance_a_minute(&mut self) {
        self.stage.now += TimeDelta::minutes(1);
        self.stage.sandbox.change_world(|world| world.now = self.stage.now);
    }

    fn assert_change_count(&self, ways: usize) {
        assert_eq!(self.ways, ways);
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

/// Everything about the roster that the seed has to report.
const EVERYBODY: &str = "- everything about the roster";
const ROSTER_FINDING_COUNT: usize = 8;

fn is_about_roster(line: &str) -> bool {
    ["member-", "focus-", "handle-", "name-", "account-", "agent-"].iter().any(|rule| line[2..].starts_with(rule))
}

/// One run of the whole job to its end, and what it left behind.
async fn run_whole_job(stage: &Stage) -> RunResult {
    let runs = stage.apply_all_tasks().await;
    let world = stage.sandbox.world();
    let issues = world.projects.values().flat_map(|project| project.issues.values());
    let unknown = runs.iter().flat_map(|run| &run.read_failures).map(|failure| failure.what.clone()).collect();
    RunResult {
        findings: runs.iter().flat_map(findings).collect(),
        unknown,
        bodies: issues.filter_map(report_kind_and_body).collect(),
    }
}

/// Findings as `rule: subject`.
fn findings(run: &PodRun) -> impl Iterator<Item = (String, Option<usize>)> {
    run.findings.iter().map(|finding| {
        let templates = format!("https://gitlab.com/{PRODUCT}/-/blob/master/{TEMPLATES}");
        let subject = finding.subject.replace(&templates, "TEMPLATES");
        let subject = subject.trim_start_matches("https://");
        let line = finding.place.as_ref().filter(|place| place.path == PAGE).map(|place| place.line);
        (format!("{}: {subject}", finding.rule.code()), line)
    })
}

/// What one of podkeeper's own issues is, and its state and body without times: a failure that comes back is a new one.
fn report_kind_and_body(issue: &Issue) -> Option<(&'static str, String)> {
    let body = issue.description.as_deref()?;
    let ours = [("report secure/links", LINKS), ("report secure/roster", ROSTER), ("2026-W48", SESSION)];
    let (_, name) = ours.into_iter().find(|(marker, _)| body.contains(marker))?;
    let parts = body.split("\"failed_since\":").map(|part| part.split_once('Z').map_or(part, |(_, rest)| rest));
    let state = if issue.closed_at.is_none() { "open" } else { "closed" };
    Some((name, format!("{state} {}", parts.collect::<String>())))
}
