//! How a run ends, as a person or a pipeline sees it: the exit code, and one sentence that says what, where and what to
//! do.
//!
//! The real program runs as a process of its own, against a sandbox on a loopback port. A script may answer in the
//! place of the sandbox, so that a server fails at a chosen request.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use podkeeper::sandbox::faults::{Fault, FaultKind};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tower::ServiceExt as _;

use crate::support::{NOW, Stage, fit_to_gitlab, repository_root};

// ---- Usage and configuration: 2, before anything is asked ----

#[tokio::test]
async fn without_a_token_it_says_where_to_put_one() {
    let reported = run_podkeeper(&["apply", "--gitlab", "http://127.0.0.1:1"]).await;
    reported.assert_ends(2, &["no token given", "scope `api`", "PODKEEPER_TOKEN", "--sandbox"]);
    // A variable that is set to nothing is none.
    let reported =
        run_podkeeper_with_env(&["plan", "--gitlab", "http://127.0.0.1:1"], &[("PODKEEPER_TOKEN", "")]).await;
    reported.assert_ends(2, &["no token given", "PODKEEPER_TOKEN"]);
}

#[tokio::test]
async fn a_token_file_that_is_not_there_or_empty_is_named() {
    let folder = empty_temp_folder("token-files");
    let empty = folder.join("empty");
    std::fs::write(&empty, " \n").unwrap();
    let at = |path: &Path| path.display().to_string();
    let reported =
        run_podkeeper_with_env(&["plan", "--gitlab", "http://127.0.0.1:1"], &[("PODKEEPER_TOKEN_FILE", &at(&empty))])
            .await;
    reported.assert_ends(2, &["PODKEEPER_TOKEN_FILE", "empty"]);
    let gone = at(&folder.join("gone"));
    let reported =
        run_podkeeper_with_env(&["plan", "--gitlab", "http://127.0.0.1:1"], &[("PODKEEPER_TOKEN_FILE", &gone)]).await;
    reported.assert_ends(2, &["PODKEEPER_TOKEN_FILE", "cannot be read", &gone]);
}

/// A variable or an option may name any file that this user can read, by mistake or on purpose.
#[tokio::test]
async fn no_word_of_a_file_that_was_named_by_mistake_is_shown() {
    let folder = empty_temp_folder("canary-files");
    std::fs::write(folder.join("page.md"), "[a](#b)\n").unwrap();
    let page = folder.join("page.md").display().to_string();
    for (index, text) in [
        "CANARY:x:0:0:CANARY:/home/CANARY:/bin/sh\n",
        "{\"CANARY\": \"CANARY\"}",
        "{\"version\": \"CANARY\"}",
        "{\"version\": 1, \"sandbox\": true, \"pages\": {\"CANARY\": 1}}",
        "{\"version\": 2, \"gitlab\": \"g\", \"CANARY\": 1}",
        "CANARY = \"CANARY\"\n[host.CANARY]\nburst = \"CANARY\"\n",
        "per_host = \"CANARY\"\n",
    ]
    .into_iter()
    .enumerate()
    {
        let file = folder.join(format!("file-{index}"));
        std::fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        for (args, env) in [
            (vec!["check", &page, "--sandbox", "--limits", &file], vec![]),
            (vec!["check", &page, "--sandbox"], vec![("PODKEEPER_LIMITS", &*file)]),
            (vec!["check", &page, "--sandbox", "--cache", &file], vec![]),
            (vec!["plan", "--sandbox", "--observations", &file], vec![]),
            (vec!["plan", "--gitlab", "http://127.0.0.1:1"], vec![("PODKEEPER_TOKEN_FILE", &*file)]),
        ] {
            let reported = run_podkeeper_with_env(&args, &env).await;
            let said = format!("{}{}", reported.out, reported.err);
            assert!(!said.contains("CANARY"), "{args:?} {env:?}: {said}");
            // A file that is no file of limits is named with line and column.
            if args.contains(&"--limits") || env.iter().any(|(name, _)| *name == "PODKEEPER_LIMITS") {
                assert!(said.contains(&format!("{file}:1:")), "{said}");
            }
            std::fs::write(&file, text).unwrap();
        }
    }
}

#[tokio::test]
async fn an_unknown_pod_is_answered_with_the_pods_there_are() {
    for command in ["apply", "plan"] {
        run_podkeeper(&[command, "nosuchpod", "--sandbox"])
            .await
            .assert_ends(2, &["no pod `nosuchpod`", "its pods are secure"]);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_configuration_is_told_at_once() {
    let config = copy_config("several-errors", |folder| {
        replace_in_file(&folder.join("pods/secure.toml"), "cron = \"0 15 * * Thu\"", "cron = \"61 15 * * Thu\"");
        replace_in_file(&folder.join("pods/secure.toml"), "zone = \"UTC\"", "zone = \"Europe/Atlantis\"");
        replace_in_file(&folder.join("podkeeper.toml"), "max_writes = 10", "max_writs = 10");
    });
    for args in [["plan", "--sandbox"], ["apply", "--sandbox"], ["config", "validate"]] {
        let reported = run_podkeeper_with_env(&args, &[("PODKEEPER_CONFIG", &config)]).await;
        reported.assert_ends(
            2,
            &["61 15", "Europe/Atlantis", "max_writs", "did you mean `max_writes`", "secure.toml:", "podkeeper.toml:"],
        );
        assert_eq!(reported.out, "", "nothing was done");
    }
}

#[tokio::test]
async fn a_configuration_that_is_not_there_is_named_with_what_to_do() {
    let reported = run_podkeeper(&["plan", "--sandbox", "--config", "no-such-folder"]).await;
    reported.assert_ends(2, &["no-such-folder/podkeeper.toml", "does not exist", "--config"]);
}

#[tokio::test]
async fn a_real_apply_goes_by_the_clock() {
    let reported = run_podkeeper_with_env(
        &["apply", "--gitlab", "http://127.0.0.1:1", "--now", NOW],
        &[("PODKEEPER_TOKEN", "glpat-no-secret-at-all-0000")],
    )
    .await;
    reported.assert_ends(2, &["--now", "`plan`", "sandbox"]);
}

#[tokio::test]
async fn a_sandbox_elsewhere_is_refused() {
    for url in ["http://192.0.2.7:8080", "https://gitlab.example", "http://localhost:8080", "nonsense"] {
        let reported = run_podkeeper(&["plan", &format!("--sandbox={url}")]).await;
        reported.assert_ends(2, &["--sandbox=URL", "on this machine", "http://127.0.0.1:8080"]);
    }
}

#[tokio::test]
async fn f36_a_template_that_fails_with_real_facts_opens_the_session_from_the_built_in_one() {
    // It passes the trial with invented facts, and fails with the pod's own.
    let config = copy_config("template", |folder| {
        let path = folder.join("templates/pairing_issue.md");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{text}{{% if pod == \"Secure Pod\" %}}{{{{ nosuchword }}}}{{% endif %}}\n"))
            .unwrap();
    });
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper_with_env(&["apply", &host.sandbox_flag()], &[("PODKEEPER_CONFIG", &config)]).await;
    reported.assert_ends(2, &["template-failed", "undefined", "block, pod, title, date, when, label, pinned"]);
    let opened = stage.journal().into_iter().filter(|write| write.ends_with("/issues 201")).count();
    assert!(opened >= 1, "{:?}", stage.journal());
}

#[tokio::test]
async fn f36_a_template_that_can_never_work_is_told_with_its_line_and_the_session_is_opened() {
    for (broken, word, line) in [
        ("{{ block }}\n{{ blok }}\n", "undefined", 2),
        ("no block\n", "exactly once", 1),
        ("{{ block }\n", "syntax", 1),
    ] {
        let config = copy_config("bad-template", |folder| {
            std::fs::write(folder.join("templates/pairing_issue.md"), broken).unwrap();
        });
        let env = [("PODKEEPER_CONFIG", config.as_str())];
        let reported = run_podkeeper_with_env(&["apply", "--sandbox", "--now", NOW], &env).await;
        let place = format!("templates/pairing_issue.md fails in line {line}");
        reported.assert_ends(2, &["template-failed", &place, word, "/support-pairing/-/issues/6"]);
        let reported = run_podkeeper_with_env(&["config", "validate"], &env).await;
        reported.assert_ends(2, &[&format!("pairing_issue.md:{line}"), word]);
    }
}

// ---- A token that is refused: 6 ----

#[tokio::test]
async fn a_refused_token_is_named_by_its_variable() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let config = config_of_gitlab(&host.url);
    let expired = stage.sandbox.describe().tokens["expired"].clone();
    for (token, word, advice) in [
        ("glpat-of-another-instance-00", "401", "of another GitLab: check the token's scopes, role and expiry"),
        (&expired, "expired", "make a new one for the same account"),
    ] {
        let reported =
            run_podkeeper_with_env(&["plan", "--config", &config, "--now", NOW], &[("PODKEEPER_TOKEN", token)]).await;
        reported.assert_ends(6, &["refused the token in PODKEEPER_TOKEN", word, advice]);
        let page = empty_temp_folder("check-refused").join("page.md");
        std::fs::write(&page, format!("[gone](gone.md) <{}/some-group/some-project>\n", host.url)).unwrap();
        let args = ["check", "--config", &config, page.to_str().unwrap()];
        // Nothing is asked with it unless it is named for links.
        let reported = run_podkeeper_with_env(&args, &[("PODKEEPER_TOKEN", token)]).await;
        reported.assert_ends(3, &["1 dead, 1 hidden"]);
        let file = Path::new(&config).join("podkeeper.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}\n[links]\ntoken = \"PODKEEPER_TOKEN\"\n")).unwrap();
        let reported = run_podkeeper_with_env(&args, &[("PODKEEPER_TOKEN", token)]).await;
        reported.assert_ends(6, &["refused the token in PODKEEPER_TOKEN", "401", "1 dead, 1 hidden"]);
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(stage.journal(), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_cannot_be_one_is_not_sent() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let broken = [("PODKEEPER_TOKEN", "glpat-cut\nin-two-lines-00000")];
    let reported = run_podkeeper_with_env(&["plan", "--gitlab", &host.url, "--now", NOW], &broken).await;
    reported.assert_ends(2, &["PODKEEPER_TOKEN holds no token"]);
    assert_eq!(host.seen_requests().len(), 0);
}

#[tokio::test]
async fn a_token_that_only_reads_ends_with_6_and_the_scope_it_lacks() {
    let stage = seeded_stage_without_work();
    // The sandbox hands its token `api` to whoever asks; here that token may only read.
    stage.sandbox.change_world(|world| {
        let scopes = world.tokens["read_api"].scopes.clone();
        world.tokens.get_mut("api").unwrap().scopes = scopes;
    });
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper(&["apply", &host.sandbox_flag()]).await;
    reported.assert_ends(6, &["cannot open the issue", "403", "needs scope api", "check the token's scopes"]);
}

/// `read_repository` opens files by their names; it lists no folder, and shows no project.
#[tokio::test]
async fn a_token_that_opens_files_only_ends_with_6_and_says_what_is_missing() {
    let stage = seeded_stage_without_work();
    stage.sandbox.change_world(|world| {
        world.tokens.get_mut("api").unwrap().scopes = ["read_repository".to_owned()].into();
    });
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper_with_env(&["plan", &host.sandbox_flag()], &[("PODKEEPER_TASK", "roster")]).await;
    reported.assert_ends(
        6,
        &["the folder", "needs scope api or read_api", "read_repository opens files by their names alone"],
    );
}

#[tokio::test]
async fn a_guest_of_the_data_s_project_is_told_which_role_would_read_it() {
    let stage = seeded_stage_without_work();
    let agents = stage.pods[0].agents.as_ref().unwrap().project.clone();
    stage.sandbox.change_world(|world| {
        let bot = world.tokens["api"].user;
        let project = world.project_by_path(&agents).unwrap().id;
        world.projects.get_mut(&project).unwrap().visibility = podkeeper::sandbox::world::Visibility::Private;
        world.projects.get_mut(&project).unwrap().members.insert(bot, 10);
    });
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper_with_env(&["plan", &host.sandbox_flag()], &[("PODKEEPER_TASK", "roster")]).await;
    reported.assert_ends(6, &["the folder", "Guest", "role Reporter or above"]);
}

#[tokio::test]
async fn f23_a_token_refused_halfway_leaves_nothing_half_done() {
    let whole = {
        let stage = seeded_stage_without_work();
        let host = serve_sandbox(&stage).await;
        run_podkeeper(&["apply", &host.sandbox_flag()]).await.assert_ends(0, &[]);
        host.api_requests()
    };
    assert!(whole >= 8, "{whole}");
    for refused_at in 0..whole {
        let stage = seeded_stage_without_work();
        let host = serve_with_script(&stage, move |seen| {
            let refusal = r#"{"error":"invalid_token","error_description":"Token was revoked."}"#;
            (seen.api_index? >= refused_at).then(|| ScriptedAnswer::json(401, refusal))
        })
        .await;
        let reported = run_podkeeper(&["apply", &host.sandbox_flag()]).await;
        reported.assert_ends(6, &["refused the token", "Token was revoked"]);
        let seen = host.seen_requests();
        let after = seen.iter().filter(|seen| seen.api_index.is_some_and(|index| index > refused_at));
        assert_eq!(after.filter(|seen| seen.is_write()).map(|seen| &seen.target).collect::<Vec<_>>(), [""; 0]);
        // What was opened before is whole: its marker reads back, and the next run has nothing to do about it.
        let next = serve_sandbox(&stage).await;
        run_podkeeper(&["apply", &next.sandbox_flag()]).await.assert_ends(0, &[]);
        let opened =
            stage.journal().iter().filter(|line| line.starts_with("POST") && line.ends_with("/issues 201")).count();
        assert_eq!(opened, 1, "refused at request {refused_at}");
    }
    println!("a token refused at each of {whole} requests: 0 writes after it, 1 issue after the next run");
}

// ---- What cannot be seen: 4, and what a person has to mend: 5 ----

#[tokio::test]
async fn an_unreadable_page_writes_nothing_and_is_left_to_the_next_run() {
    let stage = seeded_stage_without_work();
    let host =
        serve_with_script(&stage, |seen| seen.target.contains("/repository/files/").then(|| ScriptedAnswer::html(502)))
            .await;
    let reported = run_podkeeper(&["apply", &host.sandbox_flag()]).await;
    reported.assert_ends(
        4,
        &[
            "could not see the file",
            "_index.md",
            "502",
            "the next run tries again",
            "waits until the pod's page can be read",
        ],
    );
    assert_eq!(stage.journal(), Vec::<String>::new());
}

#[tokio::test]
async fn a_sign_in_page_in_the_pages_place_is_no_page() {
    let stage = seeded_stage_without_work();
    let host =
        serve_with_script(&stage, |seen| seen.target.contains("/repository/files/").then(|| ScriptedAnswer::html(200)))
            .await;
    let reported = run_podkeeper(&["apply", &host.sandbox_flag()]).await;
    reported.assert_ends(4, &["an HTML page came in the place of GitLab's answer", "check [gitlab] url"]);
    assert_eq!(stage.journal(), Vec::<String>::new());
}

#[tokio::test]
async fn a_page_that_is_gone_needs_a_person() {
    let stage = seeded_stage_without_work();
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&stage.pods[0].page.project).unwrap().id;
        for files in world.projects.get_mut(&id).unwrap().files.values_mut() {
            files.remove(&stage.pods[0].page.path);
        }
    });
    let host = serve_sandbox(&stage).await;
    run_podkeeper(&["apply", &host.sandbox_flag()])
        .await
        .assert_ends(5, &["page-missing", "_index.md is not in", "set [page] in the pod's file"]);
    assert_eq!(stage.journal(), Vec::<String>::new());
    run_podkeeper(&["page", "secure", &host.sandbox_flag()]).await.assert_ends(5, &["_index.md is not in"]);
}

#[tokio::test]
async fn an_archived_project_is_told_and_not_written_to() {
    let stage = seeded_stage_without_work();
    with_pairing_project(&stage, |project| project.archived = true);
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper(&["apply", &host.sandbox_flag()]).await;
    reported.assert_ends(
        5,
        &["project-archived", "support-pairing is archived", "nothing was written", "Unarchive the project"],
    );
    assert_eq!(stage.journal(), Vec::<String>::new());
}

#[tokio::test]
async fn switched_off_issues_are_reported() {
    let stage = seeded_stage_without_work();
    with_pairing_project(&stage, |project| project.issues_enabled = false);
    let host = serve_sandbox(&stage).await;
    run_podkeeper(&["apply", &host.sandbox_flag()])
        .await
        .assert_ends(5, &["issues-disabled", "switched off", "Switch issues on"]);
    assert_eq!(stage.journal(), Vec::<String>::new());
}

#[tokio::test]
async fn a_project_that_is_not_there_is_not_there_or_not_visible() {
    let stage = seeded_stage_without_work();
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        world.projects.remove(&id);
    });
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper(&["apply", &host.sandbox_flag()]).await;
    reported.assert_ends(
        4,
        &["project-missing", "not there or not visible to this token", "[pairing] project", "membership"],
    );
    assert_eq!(stage.journal(), Vec::<String>::new());
}

#[tokio::test]
async fn an_issue_with_a_damaged_marker_is_left_untouched() {
    let stage = seeded_stage_without_work();
    let body = "<!-- podkeeper:v1 session secure/weekly/2026-W48 -->\nSomebody took the last lines away.";
    let issues = format!("{}/issues", stage.pairing_project_url());
    let issue = json!({"title": "Pairing", "description": body, "labels": "pod::secure"});
    let (status, issue) = stage.request("api", "POST", &issues, issue).await;
    assert_eq!(status, 201);
    let before = stage.journal();
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper(&["apply", &host.sandbox_flag()]).await;
    let name = format!("#{}", issue["iid"]);
    reported
        .assert_ends(5, &["marker-damaged", &name, "Restore the marker lines", "may be it and its marker is damaged"]);
    assert_eq!(stage.journal(), before, "neither that issue was written nor another opened");
    let (_, after) = stage.request("api", "GET", &format!("{issues}/{}", issue["iid"]), Value::Null).await;
    assert_eq!(after["description"], body);
}

#[tokio::test]
async fn a_plan_that_is_another_by_now_is_not_carried_out() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper(&["apply", "--plan", "0123456789abcdef", &host.sandbox_flag()]).await;
    reported.assert_ends(5, &["the plan is another one now", "nothing was written", "`podkeeper plan`"]);
    assert_eq!(stage.journal(), Vec::<String>::new());
    // The stamp that a person saw is the one that is taken.
    let plan = run_podkeeper(&["plan", &host.sandbox_flag()]).await;
    let stamp = plan.out.lines().find_map(|line| line.strip_prefix("stamp ")).unwrap().to_owned();
    run_podkeeper(&["apply", "--plan", &stamp, &host.sandbox_flag()]).await.assert_ends(0, &["1 change made"]);
}

#[tokio::test]
async fn a_gitlab_that_is_down_is_left_to_the_next_run() {
    // A port that is taken, so that no other test gets it, and on which nobody listens.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = format!("http://{}", taken.local_addr().unwrap());
    let env = [("PODKEEPER_TOKEN", "glpat-no-secret-at-all-0000")];
    let config = config_of_gitlab(&address);
    let reported = run_podkeeper_with_env(&["apply", "--config", &config], &env).await;
    reported.assert_ends(4, &["could not see", "could not be reached", "refused", "the next run tries again"]);
    let reported = run_podkeeper(&["apply", &format!("--sandbox={address}")]).await;
    reported.assert_ends(4, &["no sandbox answers at", &address, "`podkeeper sandbox`"]);
}

#[tokio::test]
async fn something_that_is_no_sandbox_is_told_as_that() {
    let stage = seeded_stage_without_work();
    let host = serve_with_script(&stage, |seen| (seen.target == "/-/sandbox").then(|| ScriptedAnswer::html(200))).await;
    run_podkeeper(&["plan", &host.sandbox_flag()])
        .await
        .assert_ends(4, &["no sandbox answers at", "what answers there is no sandbox"]);
}

// ---- All is well: 0, and 3 for whoever asked for it ----

#[tokio::test]
async fn pending_changes_are_3_only_for_whoever_asks() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    run_podkeeper(&["plan", &host.sandbox_flag()]).await.assert_ends(0, &["Nothing was changed", "open \"Secure Pod"]);
    run_podkeeper(&["plan", "--detailed-exitcode", &host.sandbox_flag()])
        .await
        .assert_ends(3, &["Nothing was changed"]);
    assert_eq!(stage.journal(), Vec::<String>::new());
    run_podkeeper(&["apply", &host.sandbox_flag()]).await.assert_ends(0, &["1 change made"]);
    run_podkeeper(&["plan", "--detailed-exitcode", &host.sandbox_flag()])
        .await
        .assert_ends(0, &["Nothing has to change"]);
}

#[tokio::test]
async fn help_and_version_are_results() {
    let help = run_podkeeper(&["--help"]).await;
    help.assert_ends(0, &["Examples:", "apply --sandbox", "Exit codes"]);
    assert_eq!(help.err, "");
    run_podkeeper(&["--version"]).await.assert_ends(0, &["podkeeper "]);
    run_podkeeper(&["explain", "page-missing"]).await.assert_ends(0, &["page-missing"]);
    // Anything else that is no command is usage.
    run_podkeeper(&["aply", "--sandbox"]).await.assert_ends(2, &["aply", "apply"]);
    run_podkeeper(&["explain", "page-mising"]).await.assert_ends(2, &["did you mean `page-missing`?"]);
}

#[tokio::test]
async fn a_quiet_run_tells_what_it_did_and_what_went_wrong_and_no_more() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let reported = run_podkeeper(&["apply", "--quiet", &host.sandbox_flag()]).await;
    reported.assert_ends(0, &["open \"Secure Pod"]);
    assert!(
        !reported.out.contains("finding") && !reported.out.contains("request") && reported.err.is_empty(),
        "{reported:?}"
    );
    let reported = run_podkeeper(&["apply", "--quiet", &host.sandbox_flag()]).await;
    reported.assert_ends(0, &[]);
    assert_eq!(reported.out, "", "there was nothing to do, and nothing went wrong");
    let broken =
        serve_with_script(&stage, |seen| seen.target.contains("/user").then(|| ScriptedAnswer::html(502))).await;
    run_podkeeper(&["apply", "--quiet", &broken.sandbox_flag()])
        .await
        .assert_ends(4, &["could not see the account", "502"]);
}

#[tokio::test]
async fn a_reader_that_went_away_is_no_fault_of_the_work() {
    let stage = seeded_stage_without_work();
    // The sandbox waits until nobody reads any more; only then the program has something to say.
    let gone = Arc::new(Notify::new());
    let host = serve_gated(&stage, Arc::clone(&gone), Arc::default()).await;
    let mut child =
        command(&["apply", &host.sandbox_flag()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    gone.notify_one();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(stage.journal().len(), 1, "the work was done");
}

// ---- Signals: 130 and 143 ----

#[tokio::test]
async fn an_interrupted_plan_ends_at_once_with_one_sentence() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let stage = seeded_stage_without_work();
        let arrived = Arc::new(Notify::new());
        let host = serve_gated(&stage, Arc::default(), Arc::clone(&arrived)).await;
        let child =
            command(&["plan", &host.sandbox_flag()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        arrived.notified().await;
        send_signal(signal, &child).await;
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(code), "{signal}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "interrupted; nothing was written\n");
        assert_eq!(stage.journal(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn f33_an_interrupted_apply_leaves_what_it_reads_and_tells_that() {
    let stage = seeded_stage_without_work();
    let arrived = Arc::new(Notify::new());
    let host = serve_gated(&stage, Arc::default(), Arc::clone(&arrived)).await;
    let child =
        command(&["apply", &host.sandbox_flag()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    arrived.notified().await;
    send_signal("TERM", &child).await;
    // The answer never comes.
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(143));
    let told = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<&str>>().join(" ");
    assert!(told.contains("could not see the pairing issues of Secure Pod: a signal stopped the run"), "{told}");
    assert_eq!(stage.journal(), Vec::<String>::new());
}

#[tokio::test]
async fn f33_an_interrupted_apply_finishes_the_write_in_hand_and_begins_none() {
    // There is an issue to open, and a label to put on another.
    let stage = Stage::seeded();
    let (open, arrived) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let host = serve_gated_at(&stage, SeenRequest::is_write, Arc::clone(&open), Arc::clone(&arrived)).await;
    let mut child =
        command(&["apply", &host.sandbox_flag()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    arrived.notified().await;
    send_signal("INT", &child).await;
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let note = lines.next_line().await.unwrap().unwrap();
    assert_eq!(note, "interrupted: finishing the current request; a second signal ends at once");
    // The slow answer comes after all: the run ends by itself, without another write.
    open.notify_one();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(stage.journal().len(), 1);
    assert!(String::from_utf8_lossy(&output.stdout).contains("not done: a signal stopped the run"));
}

#[tokio::test]
async fn f33_a_second_signal_ends_an_apply_at_once() {
    let stage = seeded_stage_without_work();
    let arrived = Arc::new(Notify::new());
    let host = serve_gated_at(&stage, SeenRequest::is_write, Arc::default(), Arc::clone(&arrived)).await;
    let mut child =
        command(&["apply", &host.sandbox_flag()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    arrived.notified().await;
    send_signal("TERM", &child).await;
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    lines.next_line().await.unwrap().unwrap();
    send_signal("INT", &child).await;
    let last = lines.next_line().await.unwrap().unwrap();
    assert_eq!(last, "ended in the middle of a request; run podkeeper again, it takes up what is left");
    assert_eq!(child.wait().await.unwrap().code(), Some(143), "the code is the first signal's");
}

#[tokio::test]
async fn a_run_that_is_cut_short_tells_what_it_had_sent() {
    // The session's issue was opened; then the label's write gets no answer.
    let stage = Stage::seeded();
    let arrived = Arc::new(Notify::new());
    let seen = Arc::clone(&arrived);
    stage.set_fault(Fault::always(FaultKind::Hang).for_requests("PUT", "/issues/"));
    let serving = stage.sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let url = serving.url().as_str().trim_end_matches('/').to_owned();
    let audit = empty_temp_folder("cut-short").join("audit.jsonl");
    let report = format!("audit={}", audit.display());
    let args = ["apply", &format!("--sandbox={url}"), "--report", &report];
    let child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let sandbox = stage.sandbox.clone();
    tokio::spawn(async move {
        while sandbox.journal().len() < 2 {
            tokio::task::yield_now().await;
        }
        seen.notify_one();
    });
    arrived.notified().await;
    send_signal("TERM", &child).await;
    let mut child = child;
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    lines.next_line().await.unwrap().unwrap();
    send_signal("INT", &child).await;
    let mut rest = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        rest.push(line);
    }
    assert_eq!(child.wait().await.unwrap().code(), Some(143));
    assert!(rest[0].starts_with("ended in the middle of a request"), "{rest:?}");
    assert!(
        rest[1].starts_with("sent before: POST ") && rest[1].contains("/issues (201, GitLab's request id request-"),
        "{rest:?}"
    );
    // What waits for its answer was sent all the same.
    assert!(rest[2].starts_with("sent before: PUT ") && rest[2].ends_with("(no answer)"), "{rest:?}");
    let audit = std::fs::read_to_string(audit).unwrap();
    assert!(audit.contains("/issues\"") && audit.contains("\"PUT\""), "{audit}");
}

#[tokio::test]
async fn a_pipe_that_nobody_reads_holds_up_the_report_and_not_the_signal() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let pipe = empty_temp_folder("unread-pipe").join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().await.unwrap().success());
    let report = format!("json={}", pipe.display());
    let mut child = command(&["apply", &host.sandbox_flag(), "--report", &report])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("made.") {
            break;
        }
    }
    send_signal("TERM", &child).await;
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(143));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the work itself is done"));
    assert_eq!(stage.journal().len(), 1);
}

#[tokio::test]
async fn reports_that_cannot_stand_where_they_should_are_refused_before_anything_is_done() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let folder = empty_temp_folder("misplaced");
    let (one, at) = (format!("json={}", folder.join("a").display()), format!("json={}", folder.display()));
    let two = format!("junit={}", folder.join("a").display());
    run_podkeeper(&["apply", &host.sandbox_flag(), "--report", &one, "--report", &two])
        .await
        .assert_ends(2, &["two reports go to"]);
    run_podkeeper(&["apply", &host.sandbox_flag(), "--report", &at])
        .await
        .assert_ends(2, &["is a folder; name a file in it"]);
    assert_eq!(stage.journal(), Vec::<String>::new());
}

/// `podkeeper sandbox` names the port it took, serves, and ends with a signal.
#[tokio::test]
async fn a_served_sandbox_names_its_port_and_ends_with_the_signal() {
    let mut child = command(&["sandbox", "--listen", "127.0.0.1:0", "--now", NOW])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut url = None;
    while url.is_none() {
        let line = lines.next_line().await.unwrap().unwrap();
        url = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")).map(str::to_owned);
    }
    let url = url.unwrap();
    assert!(!url.trim_end_matches('/').ends_with(":0"), "{url}");
    run_podkeeper(&["apply", &format!("--sandbox={}", url.trim_end_matches('/'))])
        .await
        .assert_ends(0, &["6 changes made"]);
    send_signal("INT", &child).await;
    let mut rest = String::new();
    lines.into_inner().read_to_string(&mut rest).await.unwrap();
    let code = child.wait().await.unwrap().code();
    assert!(matches!(code, Some(0 | 130)), "{code:?}");
}

// ---- The program as a process ----

/// What a process left.
#[derive(Debug)]
pub(crate) struct ProgramOutput {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl ProgramOutput {
    /// The exit code, and words that stand on standard output or standard error.
    #[track_caller]
    pub(crate) fn assert_ends(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        // A report is broken at 80 columns.
        let text = format!("{}\n{}", self.out, self.err);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(text.contains(word), "`{word}` is not in: {}{}", self.out, self.err);
        }
        assert!(!text.contains("panicked") && !text.contains("this is a bug"), "{text}");
        // One clear sentence, not a heap of them.
        let errors = self.err.lines().filter(|line| line.starts_with("error:")).count();
        assert!(errors <= 1 || self.err.contains(" --> "), "{}", self.err);
    }
}

/// The program with nothing of this machine's environment.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_podkeeper"));
    command
        .args(args)
        .env_clear()
        .env("PODKEEPER_TASK", "sessions,labels")
        .env("PODKEEPER_CONFIG", fitted_config_folder())
        .current_dir(repository_root())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn run_podkeeper(args: &[&str]) -> ProgramOutput {
    run_podkeeper_with_env(args, &[]).await
}

/// Runs the program to its end, with these variables.
pub(crate) async fn run_podkeeper_with_env(args: &[&str], env: &[(&str, &str)]) -> ProgramOutput {
    let output = command(args).envs(env.iter().copied()).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    ProgramOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

pub(crate) async fn send_signal(signal: &str, child: &Child) {
    let kill = format!("kill -{signal} {}", child.id().unwrap());
    assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
}

/// A folder of this test's own, empty.
pub(crate) fn empty_temp_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder with the shipped configuration, fitted to a GitLab.
pub(crate) fn fitted_config_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // Of this process's own: two may run at once.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fitted-config-{}", std::process::id()));
        write_fitted_config(&folder);
        folder
    })
}

/// Writes the shipped configuration, fitted to a GitLab, into a folder.
pub(crate) fn write_fitted_config(folder: &Path) {
    for file in ["podkeeper.toml", "pods/secure.toml", "templates/pairing_issue.md"] {
        let to = folder.join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let text = std::fs::read_to_string(repository_root().join("config").join(file)).unwrap();
        std::fs::write(to, fit_to_gitlab(&text)).unwrap();
    }
}

/// A changed copy of the shipped configuration, fitted to a GitLab; its path.
pub(crate) fn copy_config(name: &str, change: impl FnOnce(&Path)) -> String {
    let folder = empty_temp_folder(name);
    write_fitted_config(&folder);
    change(&folder);
    folder.display().to_string()
}

/// A copy of the shipped configuration, whose GitLab stands at this address; its path.
pub(crate) fn config_of_gitlab(url: &str) -> String {
    // Of this call's own: tests run side by side.
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("config-of-gitlab-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    copy_config(&name, |folder| replace_in_file(&folder.join("podkeeper.toml"), "https://gitlab.com", url))
}

/// Replaces a text of a file that must be in it.
pub(crate) fn replace_in_file(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// The seeded stage, in which nothing is left to do but to open the next session's issue.
fn seeded_stage_without_work() -> Stage {
    let stage = Stage::seeded();
    let label = stage.pods[0].label.name.to_string();
    with_pairing_project(&stage, |project| {
        let own = |issue: &podkeeper::sandbox::world::Issue| {
            issue.description.as_deref().is_some_and(|text| text.contains("<!-- podkeeper:v1 session "))
        };
        project.issues.values_mut().filter(|issue| own(issue)).for_each(|issue| {
            issue.labels.insert(label.clone());
        });
    });
    stage
}

fn with_pairing_project(stage: &Stage, change: impl FnOnce(&mut podkeeper::sandbox::world::Project)) {
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        change(world.projects.get_mut(&id).unwrap());
    });
}

// ---- A server on a loopback port ----

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct SeenRequest {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) body: String,
    /// Which request of the API it is, from 0.
    pub(crate) api_index: Option<usize>,
}

impl SeenRequest {
    /// Whether it would change anything. podkeeper's GraphQL only reads, and some of it is asked side by side.
    fn is_write(&self) -> bool {
        self.method != "GET" && self.target != "/api/graphql"
    }
}

/// What a script answers.
pub(crate) struct ScriptedAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl ScriptedAnswer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body: body.to_owned() }
    }

    pub(crate) fn html(status: u16) -> Self {
        let body = "<!DOCTYPE html><html><body>Sign in</body></html>".to_owned();
        Self { status, headers: vec![("content-type", "text/html".to_owned())], body }
    }

    fn response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap()
    }
}

/// A server, for as long as the test's runtime lives.
pub(crate) struct TestServer {
    /// Its origin, without a slash at its end.
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<SeenRequest>>>,
}

impl TestServer {
    /// The argument that takes this server for a sandbox.
    fn sandbox_flag(&self) -> String {
        format!("--sandbox={}", self.url)
    }

    pub(crate) fn seen_requests(&self) -> Vec<SeenRequest> {
        self.seen.lock().unwrap().clone()
    }

    fn api_requests(&self) -> usize {
        self.seen_requests().iter().filter(|seen| seen.api_index.is_some()).count()
    }
}

/// The stage's sandbox.
pub(crate) async fn serve_sandbox(stage: &Stage) -> TestServer {
    serve_with_script(stage, |_| None).await
}

/// The stage's sandbox, behind a script that may answer in its place.
pub(crate) async fn serve_with_script(
    stage: &Stage,
    script: impl Fn(&SeenRequest) -> Option<ScriptedAnswer> + Send + Sync + 'static,
) -> TestServer {
    serve(stage.sandbox.router(), script, Arc::new(Notify::new()), None).await
}

/// The stage's sandbox, whose first answer of the API waits until `open`; `arrived` tells that it was asked.
async fn serve_gated(stage: &Stage, open: Arc<Notify>, arrived: Arc<Notify>) -> TestServer {
    serve_gated_at(stage, |seen| seen.api_index == Some(0), open, arrived).await
}

/// The same where such requests wait.
async fn serve_gated_at(
    stage: &Stage,
    is_gated: fn(&SeenRequest) -> bool,
    open: Arc<Notify>,
    arrived: Arc<Notify>,
) -> TestServer {
    serve(stage.sandbox.router(), |_| None, arrived, Some((open, is_gated))).await
}

/// What opens, and which requests wait for that.
type Gate = (Arc<Notify>, fn(&SeenRequest) -> bool);

async fn serve(
    rest: Router,
    script: impl Fn(&SeenRequest) -> Option<ScriptedAnswer> + Send + Sync + 'static,
    arrived: Arc<Notify>,
    gate: Option<Gate>,
) -> TestServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let log: Arc<Mutex<Vec<SeenRequest>>> = Arc::default();
    let (script, requests) = (Arc::new(script), Arc::clone(&log));
    let router = Router::new().fallback(move |request: Request<Body>| {
        let (rest, script, requests) = (rest.clone(), Arc::clone(&script), Arc::clone(&requests));
        let (arrived, gate) = (Arc::clone(&arrived), gate.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let seen = {
                let mut requests = requests.lock().unwrap();
                let api = requests.iter().filter(|seen| seen.api_index.is_some()).count();
                let target = parts.uri.to_string();
                let seen = SeenRequest {
                    method: parts.method.to_string(),
                    api_index: target.starts_with("/api/").then_some(api),
                    target,
                    body: String::from_utf8_lossy(&body).into_owned(),
                };
                requests.push(seen.clone());
                seen
            };
            if let Some((gate, _)) = gate.filter(|(_, is_gated)| is_gated(&seen)) {
                arrived.notify_one();
                gate.notified().await;
            }
            match script(&seen) {
                Some(answer) => answer.response(),
                None => rest.oneshot(Request::from_parts(parts, Body::from(body))).await.unwrap(),
            }
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    TestServer { url, seen: log }
}

#[tokio::test]
async fn an_empty_address_of_a_sandbox_never_leads_to_the_real_gitlab() {
    let stage = seeded_stage_without_work();
    let host = serve_sandbox(&stage).await;
    let config = ["apply", "--gitlab", &host.url, "--sandbox=", "--now", NOW];
    let reported = run_podkeeper_with_env(&config, &[("PODKEEPER_TOKEN", "glpat-0123456789abcdefgh")]).await;
    reported.assert_ends(2, &["--sandbox", "is empty"]);
    let reported = run_podkeeper_with_env(&["apply", "--gitlab", &host.url], &[("PODKEEPER_SANDBOX", "")]).await;
    reported.assert_ends(2, &["PODKEEPER_SANDBOX", "is empty"]);
    assert_eq!(host.seen_requests().len(), 0);
}
