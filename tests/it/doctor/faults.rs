//! The faults, and how each is told.

use chrono::TimeDelta;
use podkeeper::gitlab::ExchangeError;
use podkeeper::pod::diagnosis::{Check, Section};
use podkeeper::pod::run::ExitStatus;
use podkeeper::pod::schedule::Cron;
use podkeeper::pod::template::Template;
use podkeeper::sandbox::world::{FieldChange, FileChange, IssueEdit, NewCommit, NewIssue, Visibility};

use super::clinic::Clinic;

/// A fault, and the one verdict that names it.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) make: fn(&mut Clinic),
    pub(super) check: Check,
    pub(super) section: Section,
    pub(super) exit_status: ExitStatus,
    pub(super) words: &'static [&'static str],
}

const fn stops(name: &'static str, check: Check, make: fn(&mut Clinic), words: &'static [&'static str]) -> Fault {
    Fault { name, make, check, section: Section::Stops, exit_status: ExitStatus::NeedsHuman, words }
}

const fn ends(exit_status: ExitStatus, fault: Fault) -> Fault {
    Fault { exit_status, ..fault }
}

const fn soon(name: &'static str, check: Check, make: fn(&mut Clinic), words: &'static [&'static str]) -> Fault {
    Fault { name, make, check, section: Section::Soon, exit_status: ExitStatus::Done, words }
}

const fn not_checked(name: &'static str, check: Check, make: fn(&mut Clinic), words: &'static [&'static str]) -> Fault {
    Fault { name, make, check, section: Section::NotChecked, exit_status: ExitStatus::Done, words }
}

/// Sets the role of the bot in a project; 0 takes it away.
fn set_role(clinic: &Clinic, path: &str, role: u8) {
    clinic.stage.sandbox.change_world(|world| {
        let id = world.project_by_path(path).unwrap().id;
        let bot = world.users[&world.tokens["api"].user].username.clone();
        world.set_project_role(&bot, id, role).unwrap();
    });
}

fn hide(clinic: &Clinic, path: &str) {
    clinic.change_project_at(path, |project| project.visibility = Visibility::Private);
    set_role(clinic, path, 0);
}

fn change_token(clinic: &Clinic, change: impl FnOnce(&mut podkeeper::sandbox::world::AccessToken)) {
    clinic.stage.sandbox.change_world(|world| change(world.tokens.get_mut("api").unwrap()));
}

fn pairing(clinic: &Clinic) -> String {
    clinic.stage.pods[0].pairing_project.clone()
}

/// The page leaves its place, for another or for good.
fn move_page(clinic: &Clinic, to: Option<&str>) {
    let at = clinic.stage.pods[0].page.clone();
    clinic.stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&at.project).unwrap();
        let (id, text) = (project.id, project.file_text(&at.git_ref, &at.path).unwrap().to_owned());
        let mut changes = vec![FileChange::new(&at.path, None)];
        changes.extend(to.map(|path| FileChange::new(path, Some(&text))));
        let new = NewCommit { branch: at.git_ref.clone(), message: "Move".to_owned(), changes, ..NewCommit::default() };
        world.create_commit(id, &new);
    });
}

fn change_label(clinic: &Clinic, change: impl FnOnce(&mut podkeeper::sandbox::world::Label)) {
    let name = clinic.stage.pods[0].label.name.to_string();
    clinic.change_project_at(&pairing(clinic), |project| {
        change(project.labels.values_mut().find(|label| label.name == name).unwrap());
    });
}

pub(super) const FAULTS: &[Fault] = &[
    // ---- GitLab ----
    ends(
        ExitStatus::Incomplete,
        stops(
            "nobody answers",
            Check::Gitlab,
            |clinic| clinic.script = |_| Some(Err(ExchangeError::NotSent("Connection refused".to_owned()))),
            &["gitlab.example did not answer", "Connection refused", "config/podkeeper.toml:", "NOT CHECKED"],
        ),
    ),
    ends(
        ExitStatus::Incomplete,
        stops(
            "certificate of an unknown authority",
            Check::Gitlab,
            |clinic| {
                clinic.script =
                    |_| Some(Err(ExchangeError::NotSent("invalid peer certificate: UnknownIssuer".to_owned())));
            },
            &["gitlab.example did not answer", "UnknownIssuer", "SSL_CERT_FILE", "[gitlab] ca_file"],
        ),
    ),
    ends(
        ExitStatus::Incomplete,
        stops(
            "GitLab is down",
            Check::Gitlab,
            |clinic| clinic.script = |_| Some(Ok((502, "<html>".to_owned()))),
            &["gitlab.example did not answer: 502", "Look whether it is up"],
        ),
    ),
    stops(
        "GitLab too old",
        Check::Gitlab,
        |clinic| {
            clinic.script =
                |path| path.ends_with("/version").then(|| Ok((200, r#"{"version": "14.10.5"}"#.to_owned())));
        },
        &["it is GitLab 14.10.5; podkeeper needs 15.5 or newer"],
    ),
    soon(
        "GitLab newer than tried",
        Check::Gitlab,
        |clinic| {
            clinic.script =
                |path| path.ends_with("/version").then(|| Ok((200, r#"{"version": "20.0.0-ee"}"#.to_owned())));
        },
        &["it is GitLab 20.0.0-ee", "Look for a newer podkeeper"],
    ),
    soon(
        "clock ahead",
        Check::Clock,
        |clinic| clinic.ahead = TimeDelta::minutes(45),
        &["this machine's clock is 45 minutes ahead of GitLab's"],
    ),
    ends(
        ExitStatus::Usage,
        stops(
            "configuration as it ships",
            Check::Config,
            |clinic| {
                clinic.unfitted = vec![
                    "config/pods/secure.toml:9: [pairing] project is still \"your-group/x\"; write yours".to_owned(),
                ];
                // Nobody is asked, so nobody notices.
                clinic.script = |_| Some(Err(ExchangeError::NotSent("asked all the same".to_owned())));
            },
            &["1 value is still that of the configuration as it ships", "config/pods/secure.toml:9", "Exit 2"],
        ),
    ),
    // ---- Tokens ----
    ends(
        ExitStatus::Usage,
        stops(
            "no token",
            Check::Token,
            |clinic| clinic.is_token_given = false,
            &["PODKEEPER_TOKEN holds no token", "PODKEEPER_TOKEN_FILE", "--token-request"],
        ),
    ),
    ends(
        ExitStatus::TokenRefused,
        stops(
            "token revoked",
            Check::Token,
            |clinic| change_token(clinic, |token| token.revoked = true),
            &["GitLab refuses the token in PODKEEPER_TOKEN", "revoked", "Exit 6"],
        ),
    ),
    ends(
        ExitStatus::TokenRefused,
        stops(
            "token expired",
            Check::Token,
            |clinic| {
                let day = clinic.stage.now.date_naive() - TimeDelta::days(3);
                change_token(clinic, |token| token.expires_at = Some(day));
            },
            &["GitLab refuses the token in PODKEEPER_TOKEN", "expired"],
        ),
    ),
    ends(
        ExitStatus::TokenRefused,
        stops(
            "token that only reads",
            Check::Token,
            |clinic| change_token(clinic, |token| token.scopes = vec!["read_api".to_owned()]),
            &["PODKEEPER_TOKEN has read_api; it needs api for pairing"],
        ),
    ),
    ends(
        ExitStatus::TokenRefused,
        stops(
            "token without a useful scope",
            Check::Token,
            |clinic| change_token(clinic, |token| token.scopes = vec!["read_user".to_owned()]),
            &["it needs api for pairing"],
        ),
    ),
    ends(
        ExitStatus::TokenRefused,
        stops(
            "bot blocked",
            Check::Token,
            |clinic| {
                clinic.stage.sandbox.change_world(|world| {
                    let bot = world.tokens["api"].user;
                    world.set_user_state(bot, "blocked");
                });
            },
            &["GitLab refuses the token in PODKEEPER_TOKEN", "blocked"],
        ),
    ),
    soon(
        "token ends soon",
        Check::Token,
        |clinic| {
            let day = clinic.stage.now.date_naive() + TimeDelta::days(15);
            change_token(clinic, |token| token.expires_at = Some(day));
        },
        &["PODKEEPER_TOKEN of @podkeeper-bot ends on 9 Dec, in 15 days", "Rotate it (do not make a new one)"],
    ),
    ends(
        ExitStatus::TokenRefused,
        stops(
            "guest of the pairing project",
            Check::Token,
            |clinic| set_role(clinic, &pairing(clinic), 10),
            &["is Guest in", "too little to set labels", "Give it the role Reporter", "/-/project_members"],
        ),
    ),
    ends(
        ExitStatus::TokenRefused,
        stops(
            "no member of the reports project",
            Check::Token,
            |clinic| set_role(clinic, clinic.stage.pods[0].reports.project.as_ref().unwrap(), 0),
            &["is no member of", "drops the labels"],
        ),
    ),
    stops(
        "another account's issue",
        Check::Account,
        |clinic| {
            let (path, person) = (pairing(clinic), "hollis-brandt");
            clinic.stage.sandbox.change_world(|world| {
                let id = world.project_by_path(&path).unwrap().id;
                let author = world.user_by_username(person).unwrap().id;
                let body = "<!-- podkeeper:v1 session secure/weekly/2026-W48 -->\n- **When:** soon\n\n<sub>podkeeper · \
                            secure/weekly/2026-W48</sub>\n<!-- podkeeper:v1 state {} -->\n<!-- podkeeper:v1 end -->\n";
                let new = NewIssue {
                    title: "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC".to_owned(),
                    edit: IssueEdit { description: FieldChange::Set(body.to_owned()), ..IssueEdit::default() },
                };
                world.open_issue(id, author, &new);
            });
        },
        &["1 open issue", "carries podkeeper's marker", "usernames = [\"hollis-brandt\"]", "config/podkeeper.toml:"],
    ),
    // ---- Projects ----
    stops(
        "pairing project hidden",
        Check::Projects,
        |clinic| hide(clinic, &pairing(clinic)),
        &[
            "is not there, or not visible to the token in PODKEEPER_TOKEN",
            "config/podkeeper.toml:",
            "/-/project_members",
        ],
    ),
    stops(
        "pairing project archived",
        Check::Projects,
        |clinic| clinic.change_project(|pod| &pod.pairing_project, |project| project.archived = true),
        &["is archived, so nothing can be written there"],
    ),
    stops(
        "pairing project to be deleted",
        Check::Projects,
        |clinic| {
            let path = pairing(clinic);
            clinic.stage.sandbox.change_world(|world| {
                let id = world.project_by_path(&path).unwrap().id;
                world.mark_project_for_deletion(id).unwrap();
            });
        },
        &["is marked for deletion", "Have an owner restore it"],
    ),
    stops(
        "issues switched off",
        Check::Projects,
        |clinic| clinic.change_project(|pod| &pod.pairing_project, |project| project.issues_enabled = false),
        &["has its issues switched off", "Switch them on"],
    ),
    soon(
        "pairing project renamed",
        Check::Projects,
        |clinic| {
            clinic.change_project(
                |pod| &pod.pairing_project,
                |project| {
                    let now = format!("{}-of-today", project.path);
                    project.formerly.push(std::mem::replace(&mut project.path, now));
                },
            );
        },
        &["-of-today now", "Write project = \"", "config/podkeeper.toml:"],
    ),
    soon(
        "page's project archived",
        Check::Projects,
        |clinic| clinic.change_project(|pod| &pod.page.project, |project| project.archived = true),
        &["is archived: it can be read, and nobody can mend what it says"],
    ),
    stops(
        "agents project hidden",
        Check::Projects,
        |clinic| hide(clinic, &clinic.stage.pods[0].agents.as_ref().unwrap().project),
        &["is not there, or not visible to the token in PODKEEPER_TOKEN"],
    ),
    // ---- Page, label, data, reports ----
    stops(
        "page deleted",
        Check::Page,
        |clinic| move_page(clinic, None),
        &["_index.md is not in", "Look where it went", "/-/commits/main/"],
    ),
    stops(
        "page renamed",
        Check::Page,
        |clinic| move_page(clinic, Some("content/handbook/support/pods/secure.md")),
        &["It was renamed. Write path = \"content/handbook/support/pods/secure.md\"", "config/pods/secure.toml:"],
    ),
    stops(
        "page misspelt",
        Check::Page,
        |clinic| {
            let page = &mut clinic.stage.pods[0].page;
            page.path = page.path.replace("/secure/", "/secur/");
        },
        &["Perhaps it is content/handbook/support/support-pods/secure/_index.md now"],
    ),
    soon(
        "member without handle",
        Check::Page,
        |clinic| clinic.change_page(|page| page.replacen("(`@svale`)", "", 1)),
        &["8 of 9 members understood; line", "names no handle", "member-by-name"],
    ),
    stops(
        "nobody on the page",
        Check::Page,
        |clinic| {
            clinic.change_page(|page| {
                page.lines().filter(|line| !line.contains("member-")).collect::<Vec<_>>().join("\n")
            });
        },
        &["0 members", "the roster cannot be compared"],
    ),
    stops(
        "label missing",
        Check::Label,
        |clinic| {
            change_label(clinic, |label| "triage".clone_into(&mut label.name));
        },
        &["has no label pod::secure, so issues would open without it", "/-/labels/new", "[label] create = true"],
    ),
    stops(
        "label spelt otherwise",
        Check::Label,
        |clinic| change_label(clinic, |label| "Pod::Secure".clone_into(&mut label.name)),
        &["It has Pod::Secure.", "write its exact name (config/pods/secure.toml:"],
    ),
    soon(
        "label about to be made beside another",
        Check::Label,
        |clinic| {
            clinic.stage.pods[0].label.may_create = true;
            change_label(clinic, |label| "pod::secured".clone_into(&mut label.name));
        },
        &["but pod::secured is; the next run creates pod::secure beside it"],
    ),
    stops(
        "label archived",
        Check::Label,
        |clinic| change_label(clinic, |label| label.archived = true),
        &["pod::secure is archived, so new issues would open without it", "config/pods/secure.toml:"],
    ),
    stops(
        "agents folder misspelt",
        Check::Agents,
        |clinic| "data/agent".clone_into(&mut clinic.stage.pods[0].agents.as_mut().unwrap().path),
        &["there is no folder data/agent in", "Check path (config/"],
    ),
    stops(
        "roster report in the open",
        Check::Reports,
        |clinic| clinic.stage.pods[0].reports.confidential = false,
        &["is open to others, so the roster report, which names people, is refused", "confidential = true"],
    ),
    // ---- Template and sessions ----
    ends(
        ExitStatus::Usage,
        stops(
            "template fails",
            Check::Template,
            |clinic| {
                let source = "{{ block }}\n{% if pod == \"Secure Pod\" %}{{ nosuchword }}{% endif %}\n";
                clinic.stage.pods[0].template = Template::new("t.md", source);
            },
            &["the template fails in its line 2", "undefined"],
        ),
    ),
    soon(
        "next session far away",
        Check::Next,
        |clinic| clinic.stage.pods[0].slots[0].cron = Cron::parse("0 15 4 6 *").unwrap(),
        &["the next session is on", "check its cron and skip", "config/pods/secure.toml:"],
    ),
    // ---- The schedule ----
    stops(
        "no schedule",
        Check::Schedule,
        |clinic| clinic.change_project_at(&clinic.schedule_project(), |project| project.schedules.clear()),
        &["has no pipeline schedule, so nothing runs podkeeper", "once a day on main", "/-/pipeline_schedules/new"],
    ),
    stops(
        "schedule off",
        Check::Schedule,
        |clinic| clinic.change_schedule(|schedule| schedule.active = false),
        &["\"podkeeper daily\" has been off since 25 Oct", "/-/pipeline_schedules"],
    ),
    stops(
        "schedule of a blocked owner",
        Check::Schedule,
        |clinic| {
            clinic.change_schedule(|schedule| schedule.active = false);
            clinic.stage.sandbox.change_world(|world| {
                let owner = world.user_by_username("hollis-brandt").unwrap().id;
                world.set_user_state(owner, "blocked");
            });
        },
        &["has been off since 25 Oct: its owner is blocked", "A maintainer takes it over"],
    ),
    soon(
        "schedule on another branch",
        Check::Schedule,
        |clinic| clinic.change_schedule(|schedule| "refs/heads/try".clone_into(&mut schedule.git_ref)),
        &["runs on try, not on main"],
    ),
    soon(
        "schedule that did not run",
        Check::Schedule,
        |clinic| {
            let before = clinic.stage.now - TimeDelta::days(3);
            clinic.change_schedule(|schedule| schedule.next_run_at = Some(before));
        },
        &["was to run on 21 Nov and did not"],
    ),
    soon(
        "last pipeline failed",
        Check::Schedule,
        |clinic| {
            clinic.change_project_at(&clinic.schedule_project(), |project| {
                project.pipelines.values_mut().for_each(|one| "failed".clone_into(&mut one.status));
            });
        },
        &["its last pipeline ended as failed", "/-/pipelines?source=schedule"],
    ),
    not_checked(
        "schedule's project hidden",
        Check::Schedule,
        |clinic| hide(clinic, &clinic.schedule_project()),
        &["is not visible to this token", "give the token's account the role Reporter"],
    ),
    not_checked(
        "schedules refused",
        Check::Schedule,
        |clinic| set_role(clinic, &clinic.schedule_project(), 10),
        &["are not visible to this token", "give the token's account the role Reporter"],
    ),
    // ---- What the next run would stop at ----
    stops(
        "marker damaged",
        Check::Plan,
        |clinic| {
            let path = pairing(clinic);
            clinic.change_project_at(&path, |project| {
                let is_own = |text: &&mut String| text.contains("<!-- podkeeper:v1 end -->");
                let issues = project.issues.values_mut();
                for text in issues.filter_map(|issue| issue.description.as_mut()).filter(|text| is_own(text)) {
                    *text = text.replace("<!-- podkeeper:v1 end -->", "");
                }
            });
        },
        &["podkeeper explain marker-damaged"],
    ),
];
