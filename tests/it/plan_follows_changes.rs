//! Nothing is wired to the seed: whatever changes in the sandbox, podkeeper reports exactly what follows from it, and
//! nothing else.
//!
//! The sandbox is served and changed over plain HTTP, as a person or an administrator would change GitLab. Every change
//! is undone the same way, and then the report is what it was before, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linkcheck::check_options::CheckOptions;
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{
    ConnectionOptions, HttpExchange, Redactor, Token, TokenPurpose, new_reader, new_reader_and_writer,
};
use podkeeper::pod::Pod;
use podkeeper::pod::pairing_options::HostRotation;
use podkeeper::pod::plan::compute_stamp;
use podkeeper::pod::run::PodRun;
use podkeeper::report::{Confidential, ReportAudience as _, RunReport, json as report};
use podkeeper::run::{Mode, run};
use podkeeper::sandbox::{Sandbox, SandboxServer, Seed, seed};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{
    forget_starts, gitlab_only_clients, keep_sessions_and_labels, now, repository_root, shipped_config, to_seed_pod,
};

// What the seed calls for, and what is reported instead where it cannot be done.
const NO_LABEL_BACK: &str = "- add label `pod::secure` to PAIRING#1, because it was taken off once";
/// Where the label is missing, nothing is proposed to get it.
const NO_PROPOSALS: [&str; 3] = [
    "- label-proposed: PAIRING#2 looks like a session of the pod and does not carry `pod::secure`: 2 members of the pod take part",
    "- label-proposed: PAIRING#3 looks like a session of the pod and does not carry `pod::secure`: 2 members of the pod take part",
    "- open-pairing-issue | + - **Label:** [2 sessions of ours](https://gitlab.com/our-group/support-pairing/-/issues/?sort=created_date&state=all&not%5Blabel_name%5D%5B%5D=pod%3A%3A*) carry no `pod::secure`",
];
const NO_ISSUE: &str = "- open \"Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC\" in PAIRING with label `pod::secure`, because no issue carries secure/weekly/2026-W48 and the session is Thu 2026-11-26 15:00 UTC";
const BARE_ISSUE: &str = "+ open \"Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC\" in PAIRING, because no issue carries secure/weekly/2026-W48 and the session is Thu 2026-11-26 15:00 UTC";
const LABEL_MISSING: &str =
    "+ label-missing: PAIRING has no label `pod::secure`, so pairing issues are opened without it";
const HOST: &str = "- open-pairing-issue | + - **Host:** Sorin Vale";
const NO_HOST: &str =
    "+ setting-left-out: pods/secure.toml: [pairing] hosts: nobody on the page can host, so the issues name no host";
const NINE: &str = "- open-pairing-issue | + We expect nine. Tick your name, or add yourself: guests are welcome.";
const ACCOUNT_UNSEEN: &str = "+ unknown the account that the token belongs to";
const PAGE_UNSEEN: &str =
    "+ unknown the file content/handbook/support/support-pods/secure/_index.md at main in our-group/handbook";

// ------------------------------------------------------------------------------------ what changes, and what follows

#[tokio::test]
async fn a_changed_label_changes_what_hangs_on_it() {
    let mut seen = ChangeChecker::of(Served::seeded().await).await;
    let (last, before) = (seen.issue("2026-W47").await, seen.issue("2026-W46").await);
    seen.check_change(
        "the last session's issue loses its label",
        &["+ add label `pod::secure` to PAIRING#5, because it was taken off once"],
        async |served| served.edit_issue("person", last, json!({"remove_labels": "pod::secure"})).await,
        async |served, ()| served.edit_issue("person", last, json!({"add_labels": "pod::secure"})).await,
    )
    .await;
    seen.check_change(
        "the last session's issue gets another pod's label, which takes this one away",
        &["+ label-conflict: PAIRING#5 carries `pod::verify` instead of `pod::secure`"],
        async |served| served.edit_issue("person", last, json!({"add_labels": "pod::verify"})).await,
        async |served, ()| served.edit_issue("person", last, json!({"add_labels": "pod::secure"})).await,
    )
    .await;
    seen.check_change(
        "the label is deleted in the project",
        &[
            NO_LABEL_BACK,
            NO_PROPOSALS[0],
            NO_PROPOSALS[1],
            NO_ISSUE,
            NO_PROPOSALS[2],
            "+ ends with 5",
            LABEL_MISSING,
            BARE_ISSUE,
        ],
        async |served| served.request("admin", "DELETE", &served.label(), Value::Null).await,
        async |served, _| {
            let label = json!({"name": "pod::secure", "color": "#1f75cb", "description": "Pairing sessions"});
            served.request("admin", "POST", &format!("{}/labels", served.pairing()), label).await;
            served.edit_issue("person", last, json!({"add_labels": "pod::secure"})).await;
        },
    )
    .await;
    seen.check_change(
        "the label is renamed in the project",
        &[
            NO_LABEL_BACK,
            NO_PROPOSALS[0],
            NO_PROPOSALS[1],
            NO_ISSUE,
            NO_PROPOSALS[2],
            "+ ends with 5",
            LABEL_MISSING,
            BARE_ISSUE,
        ],
        async |served| served.request("admin", "PUT", &served.label(), json!({"new_name": "pod::appsec"})).await,
        async |served, _| {
            let path = format!("{}/labels/pod%3A%3Aappsec", served.pairing());
            served.request("admin", "PUT", &path, json!({"new_name": "pod::secure"})).await
        },
    )
    .await;
    seen.check_change(
        "somebody asks for a pause",
        &[
            NO_LABEL_BACK,
            NO_ISSUE,
            "+ ends with 4",
            "+ paused: 2 changes wait, because #5 carries the label podkeeper::pause",
        ],
        async |served| served.edit_issue("person", last, json!({"add_labels": "podkeeper::pause"})).await,
        async |served, ()| served.edit_issue("person", last, json!({"remove_labels": "podkeeper::pause"})).await,
    )
    .await;
    // GitLab forgets no removal, so what follows cannot be undone.
    seen.check_lasting_change("somebody puts the lost label back", &[NO_LABEL_BACK], async |served| {
        served.edit_issue("person", before, json!({"add_labels": "pod::secure"})).await;
    })
    .await;
    seen.check_lasting_change(
        "somebody takes it off once more",
        &["+ label-removed: `pod::secure` was taken off PAIRING#1 2 times, so it stays off"],
        async |served| {
            served.edit_issue("person", before, json!({"remove_labels": "pod::secure"})).await;
        },
    )
    .await;
    seen.assert_change_count(7);
}

#[tokio::test]
async fn an_issue_that_somebody_else_makes_changes_only_what_it_says() {
    let mut seen = ChangeChecker::of(Served::seeded().await).await;
    let copied = seen.served.issue_body(seen.issue("2026-W47").await).await;
    let day = "2026-11-26";
    let delete = async |served: &Served, iid: u64| {
        served.request("admin", "DELETE", &served.issue_path(iid), Value::Null).await;
    };
    seen.check_change(
        "somebody opens the session's issue, with the date in its title",
        &[
            NO_ISSUE,
            "+ session-issue-by-hand: PAIRING#6 is the pairing issue for Thu 2026-11-26 15:00 UTC, opened by hand",
        ],
        async |served| {
            let new = json!({"title": "Secure pairing on 26 November 2026", "labels": "pod::secure"});
            served.open_issue("person", new).await
        },
        delete,
    )
    .await;
    seen.check_change(
        "somebody opens the session's issue, with the date as its due date",
        &[
            NO_ISSUE,
            "+ session-issue-by-hand: PAIRING#7 is the pairing issue for Thu 2026-11-26 15:00 UTC, opened by hand",
        ],
        async |served| {
            served.open_issue("person", json!({"title": "Let's pair", "labels": "pod::secure", "due_date": day})).await
        },
        delete,
    )
    .await;
    seen.check_change(
        "the pairing bot records what two people did that day",
        &[],
        async |served| {
            let new = json!({"title": "Pairing: 2026-11-26", "labels": "pod::secure,pairify", "due_date": day});
            served.open_issue("person", new).await
        },
        delete,
    )
    .await;
    seen.check_change(
        "somebody opens an issue for that day without the pod's label",
        &[],
        async |served| served.open_issue("person", json!({"title": "Runners on 2026-11-26", "due_date": day})).await,
        delete,
    )
    .await;
    seen.check_change(
        "somebody copies a marker",
        &["+ marker-foreign: PAIRING#10 by somebody else carries the marker of session secure/weekly/2026-W47"],
        async |served| {
            served
                .open_issue("person", json!({"title": "Copied", "description": copied, "labels": "pod::secure"}))
                .await
        },
        delete,
    )
    .await;
    seen.assert_change_count(5);
}

#[tokio::test]
async fn a_changed_project_changes_where_and_whether_anything_is_written() {
    let mut seen = ChangeChecker::of(Served::seeded().await).await;
    let project = seen.served.request("admin", "GET", &seen.served.pairing(), Value::Null).await["id"].clone();
    let project = format!("/api/v4/projects/{project}");
    let page = seen.served.handbook();
    seen.check_change(
        "the project is renamed",
        &[NO_LABEL_BACK, NO_PROPOSALS[0], NO_PROPOSALS[1], NO_ISSUE, "+ add label `pod::secure` to our-group/pairing-together#1, because it was taken off once", "+ label-proposed: our-group/pairing-together#2 looks like a session of the pod and does not carry `pod::secure`: 2 members of the pod take part", "+ label-proposed: our-group/pairing-together#3 looks like a session of the pod and does not carry `pod::secure`: 2 members of the pod take part", "+ open \"Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC\" in our-group/pairing-together with label `pod::secure`, because no issue carries secure/weekly/2026-W48 and the session is Thu 2026-11-26 15:00 UTC", "+ project-renamed: PAIRING is our-group/pairing-together now"],
        async |served| served.request("admin", "PUT", &project, json!({"path": "pairing-together"})).await,
        async |served, _| served.request("admin", "PUT", &project, json!({"path": "support-pairing"})).await,
    )
    .await;
    seen.check_change(
        "the project is archived",
        &[NO_LABEL_BACK, NO_ISSUE, "+ ends with 5", "+ project-archived: PAIRING is archived; nothing was written"],
        async |served| served.request("admin", "POST", &format!("{project}/archive"), Value::Null).await,
        async |served, _| served.request("admin", "POST", &format!("{project}/unarchive"), Value::Null).await,
    )
    .await;
    seen.check_change(
        "the project's issues are switched off",
        &[
            NO_LABEL_BACK,
            NO_PROPOSALS[0],
            NO_PROPOSALS[1],
            NO_ISSUE,
            "+ ends with 5",
            "+ issues-disabled: PAIRING has its issues switched off",
        ],
        async |served| served.request("admin", "PUT", &project, json!({"issues_access_level": "disabled"})).await,
        async |served, _| served.request("admin", "PUT", &project, json!({"issues_access_level": "enabled"})).await,
    )
    .await;
    seen.check_change(
        "the handbook is hidden from the bot",
        &[NO_PROPOSALS[0], NO_PROPOSALS[1], NO_ISSUE, "+ ends with 4", PAGE_UNSEEN, "- every finding of the page"],
        async |served| served.request("admin", "PUT", &page, json!({"visibility": "private"})).await,
        async |served, _| served.request("admin", "PUT", &page, json!({"visibility": "public"})).await,
    )
    .await;
    seen.assert_change_count(4);
}

#[tokio::test]
async fn a_changed_page_changes_the_block_and_the_findings() {
    let mut served = Served::seeded().await;
    served.pods[0].pairing.hosts = HostRotation::Handles(vec!["svale".to_owned()]);
    let mut seen = ChangeChecker::of(served).await;
    let page = seen.served.page().await;
    let with = async |served: &Served, old: &str, new: &str| {
        assert!(page.contains(old), "the page says {old}");
        served.write_page(&page.replace(old, new)).await;
    };
    let back = async |served: &Served, ()| served.write_page(&page).await;
    seen.check_change(
        "the pod's channel gets another name",
        &["- open-pairing-issue | + **Thursday 26 November 2026, 15:00 UTC, one hour**, in [`#spt_pod_secure`](https://gitlab.slack.com/archives/C0BOX0POD01) · [pod page](https://handbook.example.com/handbook/support/support-pods/secure/)", "+ open-pairing-issue | + **Thursday 26 November 2026, 15:00 UTC, one hour**, in [`#spt_pod_secure_tea`](https://gitlab.slack.com/archives/C0BOX0POD01) · [pod page](https://handbook.example.com/handbook/support/support-pods/secure/)"],
        async |served| with(served, "#spt_pod_secure", "#spt_pod_secure_tea").await,
        back,
    )
    .await;
    seen.check_change(
        "the page moves the session to another weekday",
        &["+ session-differs: the page says \"Weekly session: \"Secure Pod Pairing\" in the team's calendar, currently scheduled Tuesdays at 3:00 PM UTC.\", which is no configured session"],
        async |served| with(served, "Thursdays at 3:00 PM UTC", "Tuesdays at 3:00 PM UTC").await,
        back,
    )
    .await;
    seen.check_change(
        "the one who hosts leaves",
        &[
            HOST,
            "- open-pairing-issue | + - [ ] Sorin",
            NINE,
            "+ open-pairing-issue | + We expect eight. Tick your name, or add yourself: guests are welcome.",
            NO_HOST,
        ],
        async |served| with(served, "- Lead: {{< member-by-name \"Sorin Vale\" >}} (`@svale`)\n", "").await,
        back,
    )
    .await;
    let names = ["Ada", "Barnaby", "Imani", "Jonah", "Lucja", "Mateo", "Renée", "Sorin", "Tuva"];
    let names = names.map(|name| format!("- open-pairing-issue | + - [ ] {name}"));
    let mut follows = vec![NO_PROPOSALS[0], NO_PROPOSALS[1], HOST, NO_PROPOSALS[2]];
    follows.extend(names.iter().map(String::as_str));
    follows.extend([
        NINE,
        "+ members-section-missing: No level-2 heading ends in \"Pod members\".",
        "+ open-pairing-issue | + Add your name: guests are welcome.",
    ]);
    seen.check_change(
        "the members section goes",
        &follows,
        async |served| {
            let (start, end) = (page.find("## Secure Pod members").unwrap(), page.find("## Purpose").unwrap());
            served.write_page(&format!("{}{}", &page[..start], &page[end..])).await;
        },
        back,
    )
    .await;
    seen.check_change(
        "the page is mended",
        &["- label-empty: A label reference names no label."],
        async |served| with(served, "- GitLab.com label: ~\"\"\n", "").await,
        back,
    )
    .await;
    seen.check_change(
        "the page is a sign-in page",
        &[
            NO_PROPOSALS[0],
            NO_PROPOSALS[1],
            NO_ISSUE,
            "+ ends with 4",
            "+ unknown the page content/handbook/support/support-pods/secure/_index.md in our-group/handbook",
            "- every finding of the page",
        ],
        async |served| served.write_page("<!DOCTYPE html>\n<title>Sign in</title>\n").await,
        back,
    )
    .await;
    seen.check_change(
        "the page is deleted",
        &[NO_PROPOSALS[0], NO_PROPOSALS[1], NO_ISSUE, "+ ends with 5", "+ page-missing: content/handbook/support/support-pods/secure/_index.md is not in our-group/handbook at main", "- every finding of the page"],
        async |served| {
            let gone = json!({"branch": "main", "commit_message": "Move it"});
            served.request("admin", "DELETE", &served.page_path(), gone).await
        },
        async |served, _| {
            let again = json!({"branch": "main", "commit_message": "Bring it back", "content": page});
            served.request("admin", "POST", &served.page_path(), again).await
        },
    )
    .await;
    seen.assert_change_count(7);
}

#[tokio::test]
async fn a_changed_account_changes_whose_issues_are_podkeepers() {
    let mut seen = ChangeChecker::of(Served::seeded().await).await;
    let bot = seen.served.request("api", "GET", "/api/v4/user", Value::Null).await;
    let (id, name) = (bot["id"].clone(), bot["username"].clone());
    seen.check_change(
        "the bot is renamed",
        &[],
        async |served| served.request("admin", "POST", "/-/world/user", json!({"id": id, "username": "pod-bot"})).await,
        async |served, _| served.request("admin", "POST", "/-/world/user", json!({"id": id, "username": name})).await,
    )
    .await;
    seen.check_change(
        "the bot is blocked",
        &[
            NO_LABEL_BACK,
            NO_PROPOSALS[0],
            NO_PROPOSALS[1],
            NO_ISSUE,
            "+ ends with 6",
            ACCOUNT_UNSEEN,
            PAGE_UNSEEN,
            "+ unknown the project PAIRING",
            "- every finding of the page",
        ],
        async |served| served.request("admin", "POST", "/-/world/user", json!({"id": id, "state": "blocked"})).await,
        async |served, _| served.request("admin", "POST", "/-/world/user", json!({"id": id, "state": "active"})).await,
    )
    .await;
    seen.check_change(
        "the bot's token is revoked",
        &[
            NO_LABEL_BACK,
            NO_PROPOSALS[0],
            NO_PROPOSALS[1],
            NO_ISSUE,
            "+ ends with 6",
            ACCOUNT_UNSEEN,
            PAGE_UNSEEN,
            "+ unknown the project PAIRING",
            "- every finding of the page",
        ],
        async |served| served.request("admin", "POST", "/-/world/token", json!({"name": "api", "revoked": true})).await,
        async |served, _| {
            served.request("admin", "POST", "/-/world/token", json!({"name": "api", "revoked": false})).await
        },
    )
    .await;
    // Another account's token; nothing changes in the world.
    seen.served.token = "person";
    seen.check_lasting_change(
        "podkeeper works under another account",
        &[
            NO_LABEL_BACK,
            "+ marker-foreign: PAIRING#5 by somebody else carries the marker of session secure/weekly/2026-W47",
        ],
        async |_| {},
    )
    .await;
    seen.served.pods[0].bot_usernames = vec![name.as_str().unwrap().to_owned()];
    seen.check_lasting_change(
        "its former account is named in the configuration",
        &[
            "- marker-foreign: PAIRING#5 by somebody else carries the marker of session secure/weekly/2026-W47",
            "+ add label `pod::secure` to PAIRING#1, because it was taken off once",
        ],
        async |_| {},
    )
    .await;
    seen.assert_change_count(5);
}

#[tokio::test]
async fn a_changed_session_issue_changes_only_what_is_podkeepers_in_it() {
    let served = Served::seeded().await;
    served.apply().await;
    let mut seen = ChangeChecker::of(served).await;
    assert!(seen.before.texts.is_empty(), "all was done");
    let iid = seen.issue("2026-W48").await;
    let (body, title) = (seen.served.issue_body(iid).await, "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC");
    let write = async |served: &Served, old: &str, new: &str| {
        assert!(body.contains(old), "{body}");
        served.edit_issue("person", iid, json!({"description": body.replacen(old, new, 1)})).await;
    };
    let back = async |served: &Served, ()| served.edit_issue("person", iid, json!({"description": body})).await;
    seen.check_change(
        "somebody gives the issue another title",
        &[],
        async |served| served.edit_issue("person", iid, json!({"title": "Pairing with cake"})).await,
        async |served, ()| served.edit_issue("person", iid, json!({"title": title})).await,
    )
    .await;
    seen.check_change(
        "somebody takes the label off",
        &["+ add label `pod::secure` to PAIRING#6, because it was taken off once"],
        async |served| served.edit_issue("person", iid, json!({"remove_labels": "pod::secure"})).await,
        async |served, ()| served.edit_issue("person", iid, json!({"add_labels": "pod::secure"})).await,
    )
    .await;
    seen.check_change(
        "somebody closes it",
        &[],
        async |served| served.edit_issue("person", iid, json!({"state_event": "close"})).await,
        async |served, ()| served.edit_issue("person", iid, json!({"state_event": "reopen"})).await,
    )
    .await;
    seen.check_change(
        "somebody writes outside the block",
        &[],
        async |served| write(served, "## Notes", "## Notes\n\nWe looked at the analyzer together.").await,
        back,
    )
    .await;
    seen.check_change(
        "somebody writes inside the block",
        &["+ rewrite the block of PAIRING#6, because its block no longer says what the page and the configuration say"],
        async |served| write(served, "one hour**", "two hours**").await,
        back,
    )
    .await;
    seen.check_change(
        "somebody damages the marker",
        &["+ ends with 5", "+ marker-damaged: PAIRING#6: a marker comment cannot be read"],
        async |served| write(served, "<!-- podkeeper:v1 end -->", "<!-- podkeeper:v1 ende -->").await,
        back,
    )
    .await;
    seen.check_change(
        "somebody takes out a part of the marker",
        &["+ rewrite the block of PAIRING#6, because a part of its marker is gone, and is written anew"],
        async |served| write(served, "<!-- podkeeper:v1 end -->", "<!-- the end -->").await,
        back,
    )
    .await;
    seen.check_change(
        "another worker opened the same issue at the same moment",
        &[
            "+ close PAIRING#7 in favour of #6, because PAIRING#6 is the older issue for secure/weekly/2026-W48",
            "+ link PAIRING#7 to #6, because both stand for secure/weekly/2026-W48 and the lower number stays",
            "+ session-twin: PAIRING#6 and PAIRING#7 both stand for secure/weekly/2026-W48",
        ],
        async |served| {
            let twin = json!({"title": title, "description": body, "labels": "pod::secure"});
            served.open_issue("api", twin).await
        },
        async |served, iid| drop(served.request("admin", "DELETE", &served.issue_path(iid), Value::Null).await),
    )
    .await;
    seen.assert_change_count(8);
}

// ------------------------------------------------------------------------------------------------ names of the seed

/// The shipped configuration's own paths are the caller's, not the seed's.
#[tokio::test]
async fn no_name_of_the_seed_stands_in_the_program() {
    let served = Served::seeded().await;
    let world = served.request("admin", "GET", "/-/world", Value::Null).await;
    let mut names = BTreeSet::new();
    for user in world["users"].as_object().unwrap().values() {
        names.extend(["username", "name"].map(|key| user[key].as_str().unwrap().to_owned()));
    }
    names.extend(served.serving.description().tokens.into_values());
    for project in world["projects"].as_object().unwrap().values() {
        names.insert(project["path"].as_str().unwrap().to_owned());
        names.extend(sentences_of(project));
    }
    names.extend(world["web"]["pages"].as_object().unwrap().values().filter_map(|title| sentence(title.as_str()?)));
    // GitLab's own names, the program's, and what the configuration says.
    for common in ["root", "Administrator", "podkeeper", "gitlab-org/gitlab"] {
        assert!(names.remove(common), "{common}");
    }
    for pod in &served.pods {
        assert!(names.remove(&pod.page.project) && names.remove(&pod.pairing_project));
        assert!(names.remove(&pod.agents.as_ref().unwrap().project));
        assert!(names.remove(pod.reports.project.as_ref().unwrap()));
    }
    assert!(names.len() > 100, "the dump was understood: {}", names.len());

    let texts = program_sources();
    assert!(texts.len() > 60, "the program was found: {}", texts.len());
    let mut found = Vec::new();
    for (path, text) in &texts {
        let hits = names.iter().filter(|name| contains_words(name, text));
        found.extend(hits.map(|name| format!("{}: {name}", path.display())));
    }
    assert_eq!(found, [""; 0]);

    // The search itself can find: everything stands in the sandbox.
    let seed = repository_root().join("src/sandbox/seed/mod.rs");
    assert!(contains_words("Hollis Brandt", &std::fs::read_to_string(seed).unwrap()));
}

/// Lines of a project's issues and files that are whole sentences.
fn sentences_of(project: &Value) -> Vec<String> {
    let issues = project["issues"].as_object().unwrap().values();
    let texts = issues.flat_map(|issue| [&issue["title"], &issue["description"]]).filter_map(Value::as_str);
    let files = project["files"].as_object().unwrap().values().filter_map(Value::as_object);
    let files = files.flat_map(|files| files.values()).filter_map(Value::as_str);
    texts.chain(files).flat_map(str::lines).filter_map(sentence).collect()
}

fn sentence(line: &str) -> Option<String> {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end();
    (line.split_whitespace().count() >= 5).then(|| line.to_owned())
}

/// As words of their own, whatever the letter case.
fn contains_words(name: &str, text: &str) -> bool {
    let (name, text) = (name.to_lowercase(), text.to_lowercase());
    text.match_indices(&name).any(|(at, _)| {
        let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

/// What ships, without the sandbox and without tests.
fn program_sources() -> Vec<(PathBuf, String)> {
    let mut texts = Vec::new();
    for place in ["src", "crates/linkcheck/src", "config", "templates", "README.md"] {
        collect_sources(&repository_root().join(place), &mut texts);
    }
    texts
}

fn collect_sources(path: &Path, texts: &mut Vec<(PathBuf, String)>) {
    if path.ends_with("src/sandbox") || path.ends_with("tests") || path.ends_with("tests.rs") {
        return;
    }
    if let Ok(folder) = std::fs::read_dir(path) {
        for entry in folder {
            collect_sources(&entry.unwrap().path(), texts);
        }
    } else if let Ok(text) = std::fs::read_to_string(path) {
        let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        texts.push((path.to_owned(), shipped));
    }
}

// ------------------------------------------------------------------------------------------------------- the sandbox

/// A seeded sandbox on a socket, and podkeeper's way to it.
struct Served {
    serving: SandboxServer,
    pods: Vec<Pod>,
    http: reqwest::Client,
    /// The token that podkeeper works with.
    token: &'static str,
}

impl Served {
    async fn seeded() -> Self {
        let pods = keep_sessions_and_labels(shipped_config().pods);
        let seed = Seed { now: now(), pods: pods.iter().map(|pod| to_seed_pod(pod, now())).collect() };
        let sandbox = Sandbox::new(seed::build_world(&seed));
        sandbox.change_world(forget_starts);
        let serving = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
        Self { serving, pods, http, token: "api" }
    }

    fn access(&self) -> ConnectionOptions {
        let secret = self.serving.description().tokens[self.token].clone();
        let token = || Token { name: "PODKEEPER_TOKEN".to_owned(), secret: SecretString::from(secret.clone()) };
        let tokens = BTreeMap::from([(TokenPurpose::Pairing, token()), (TokenPurpose::Handbook, token())]);
        let exchange = Arc::new(HttpExchange::loopback().unwrap());
        ConnectionOptions {
            url: self.serving.url().clone(),
            tokens,
            exchange,
            jitter_seed: 7,
            redactor: Redactor::default(),
        }
    }

    async fn plan(&self) -> Report {
        let reader = new_reader(&self.access()).unwrap();
        Report::of(
            &run(&self.pods, gitlab_only_clients(&reader, &CheckOptions::default()), Mode::Plan, now(), 10)
                .await
                .unwrap(),
        )
    }

    async fn apply(&self) {
        let (reader, writer) = new_reader_and_writer(&self.access(), now()).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
        run(&self.pods, gitlab_only_clients(&reader, &CheckOptions::default()), mode, now(), 10).await.unwrap();
    }

    /// One request as somebody; anything but a success fails the test.
    async fn request(&self, who: &str, method: &str, path: &str, body: Value) -> Value {
        let url = self.serving.url().join(path).unwrap();
        let mut request = self.http.request(method.parse().unwrap(), url);
        request = request.header("PRIVATE-TOKEN", self.serving.description().tokens[who].clone());
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    async fn edit_issue(&self, who: &str, iid: u64, change: Value) {
        self.request(who, "PUT", &self.issue_path(iid), change).await;
    }

    async fn open_issue(&self, who: &str, new: Value) -> u64 {
        self.request(who, "POST", &format!("{}/issues", self.pairing()), new).await["iid"].as_u64().unwrap()
    }

    async fn issue_body(&self, iid: u64) -> String {
        self.request("person", "GET", &self.issue_path(iid), Value::Null).await["description"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn page(&self) -> String {
        let text = self.request("admin", "GET", &format!("{}/raw?ref=main", self.page_path()), Value::Null).await;
        text.as_str().unwrap().to_owned()
    }

    async fn write_page(&self, text: &str) {
        let commit = json!({"branch": "main", "commit_message": "Edit the page", "content": text});
        self.request("person", "PUT", &self.page_path(), commit).await;
    }

    fn pairing(&self) -> String {
        format!("/api/v4/projects/{}", percent_encode(&self.pods[0].pairing_project))
    }

    fn handbook(&self) -> String {
        format!("/api/v4/projects/{}", percent_encode(&self.pods[0].page.project))
    }

    fn page_path(&self) -> String {
        format!("{}/repository/files/{}", self.handbook(), percent_encode(&self.pods[0].page.path))
    }

    fn issue_path(&self, iid: u64) -> String {
        format!("{}/issues/{iid}", self.pairing())
    }

    fn label(&self) -> String {
        format!("{}/labels/pod%3A%3Asecure", self.pairing())
    }
}

fn percent_encode(path: &str) -> String {
    path.replace('/', "%2F")
}

/// A report: whole, as a set of sentences, and the texts that actions would write.
struct Report {
    whole: String,
    sentences: BTreeSet<String>,
    texts: BTreeMap<String, BTreeSet<String>>,
}

/// The project of the pairing issues, short.
const PAIRING_PLACEHOLDER: &str = "PAIRING";

impl Report {
    fn of(runs: &[PodRun]) -> Self {
        let plans: Vec<_> = runs.iter().map(|run| &run.plan).collect();
        let stamp = compute_stamp(&plans);
        let reported = RunReport {
            runs: Confidential::restrict(runs),
            plan_only: true,
            now: now(),
            stamp: &stamp,
            read_requests: 0,
            public_read_requests: 0,
            write_requests: 0,
            took_ms: 0,
        };
        let (mut sentences, mut texts) = (BTreeSet::new(), BTreeMap::new());
        for run in runs {
            for action in &run.plan.actions {
                sentences.insert(action.to_string());
                let name = format!("{} {}", action.kind(), action.subject());
                let diff = action.diff();
                // The hashes of the lines say nothing more than the lines.
                let lines = diff.lines().filter(|line| !line.contains("<!-- podkeeper:v1 state "));
                // What became of the session before has stories of its own, and its address names a port.
                let lines = lines.filter(|line| !line.contains("- **Last time:** "));
                let lines = lines.map(|line| format!("{} | {line}", action.kind())).collect();
                texts.insert(name, lines);
            }
            sentences.extend(run.later_changes.iter().map(|then| format!("then {}", then.text)));
            sentences
                .extend(run.findings.iter().map(|finding| format!("{}: {}", finding.rule.code(), finding.message)));
            sentences.extend(run.read_failures.iter().map(|failure| format!("unknown {}", failure.what)));
            let ending = run.exit_status();
            sentences.extend((ending.exit_code() != 0).then(|| format!("ends with {}", ending.exit_code())));
        }
        let short = |sentence: String| sentence.replace("our-group/support-pairing", PAIRING_PLACEHOLDER);
        let sentences = sentences.into_iter().map(short).collect();
        Self { whole: report::render(&reported), sentences, texts }
    }

    /// Everything that is reported, and for an action that the other report has too, every line that it would write.
    fn lines_beside(&self, other: &Self) -> BTreeSet<String> {
        let both = self.texts.iter().filter(|(action, _)| other.texts.contains_key(*action));
        let lines = both.flat_map(|(_, lines)| lines.iter().cloned());
        self.sentences.iter().cloned().chain(lines).collect()
    }
}

/// The findings that the seed's page has by itself.
const PAGE_FINDINGS: [&str; 5] =
    ["label-empty", "label-trailing-comma", "link-legacy-form", "list-dash-missing", "text-mojibake"];

/// What podkeeper reports of a sandbox while it changes.
struct ChangeChecker {
    served: Served,
    before: Report,
    ways: usize,
    wrong: Vec<String>,
}

impl ChangeChecker {
    async fn of(served: Served) -> Self {
        let before = served.plan().await;
        Self { served, before, ways: 0, wrong: Vec::new() }
    }

    /// The number of a session's issue.
    async fn issue(&self, week: &str) -> u64 {
        let path = format!("{}/issues?per_page=100", self.served.pairing());
        let issues = self.served.request("admin", "GET", &path, Value::Null).await;
        let marked = |issue: &&Value| issue["description"].as_str().is_some_and(|text| text.contains(week));
        issues.as_array().unwrap().iter().find(marked).unwrap()["iid"].as_u64().unwrap()
    }

    /// Changes the sandbox, compares what is reported then with `follows` (`+` came, `-` went), and undoes the change.
    async fn check_change<T, U>(
        &mut self,
        what: &str,
        follows: &[&str],
        does: impl AsyncFnOnce(&Served) -> T,
        undoes: impl AsyncFnOnce(&Served, T) -> U,
    ) {
        let done = does(&self.served).await;
        let then = self.served.plan().await;
        self.compare(what, follows, &then);
        undoes(&self.served, done).await;
        let again = self.served.plan().await;
        if again.whole != self.before.whole {
            self.wrong.push(format!("{what}: undone, but now it says\n{}", again.whole));
        }
    }

    /// Changes the sandbox in a way that cannot be undone; what is reported then is what later changes are compared
    /// with.
    async fn check_lasting_change(&mut self, what: &str, follows: &[&str], does: impl AsyncFnOnce(&Served)) {
        does(&self.served).await;
        let then = self.served.plan().await;
        self.compare(what, follows, &then);
        self.before = then;
    }

    fn compare(&mut self, what: &str, follows: &[&str], then: &Report) {
        self.ways += 1;
        let (before, now) = (self.before.lines_beside(then), then.lines_beside(&self.before));
        let went = before.difference(&now).map(|sentence| format!("- {sentence}"));
        let came = now.difference(&before).map(|sentence| format!("+ {sentence}"));
        let mut changed: Vec<String> = went.chain(came).collect();
        let of_the_page = |line: &String| PAGE_FINDINGS.iter().any(|rule| line.starts_with(&format!("- {rule}:")));
        let page_findings = before.iter().filter(|line| of_the_page(&format!("- {line}"))).count();
        if changed.iter().filter(|line| of_the_page(line)).count() == page_findings {
            changed.retain(|line| !of_the_page(line));
            changed.push("- every finding of the page".to_owned());
        }
        if changed != follows {
            self.wrong.push(format!("when {what}:\n{changed:#?}"));
        }
    }

    fn assert_change_count(&self, ways: usize) {
        assert_eq!(self.ways, ways);
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}
