//! The token appears in no place but the one header of the one origin it belongs to (threat T6).
//!
//! The real program is led through servers that echo its token in every form, redirect, and put it into titles and
//! pages; afterwards every byte it wrote, and every request it sent, is searched for it. The detector does not know the
//! product's redactor; that it can fire is shown on outputs that leak. Redirects have a file of their own.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use podkeeper::gitlab::{
    ConnectionOptions, Exchange, ExchangeError, IssueFilter, TokenPurpose, new_reader, new_reader_and_writer,
};
use podkeeper::pod::snapshot::Project;
use url::Url;

use crate::exit_codes::{
    ProgramOutput, ScriptedAnswer, SeenRequest, command, config_of_gitlab, copy_config, empty_temp_folder,
    replace_in_file, run_podkeeper_with_env, serve_with_script,
};
use crate::redirects::{OtherOrigin, access_to};
use crate::support::{NOW, Stage, now};
use crate::token_search::{all_token_forms, find_token_forms, map_bytes, percent_encode, percent_encode_all};

/// A token as GitLab.com makes them, and one of an instance that has a prefix of its own and characters that URLs
/// escape.
const TOKENS: [&str; 2] = ["glpat-CANARY7fQ2xVnB9sLw4K", "desk-CANARY+8gR3/yWoC0=tMx5L"];

// ---- The detector of `token_search` ----

/// Sabotage: an output that leaks is caught, in each form.
#[test]
fn a_sink_that_leaks_is_caught() {
    let mut caught = 0;
    for token in TOKENS {
        for form in all_token_forms(token) {
            let leaking = format!("error: 403 no access with {form}, says the server\n");
            assert!(!find_token_forms(&leaking, token).is_empty(), "{form}");
            caught += 1;
        }
        assert_eq!(find_token_forms(&format!("cut: {}", &token[..20]), token), ["a piece"]);
        assert_eq!(
            find_token_forms("error: 403 no access with [redacted]; a glpat- prefix or CANARY says nothing", token),
            [""; 0]
        );
    }
    println!("{caught} leaks caught");
}

// ---- The program among servers that echo ----

#[tokio::test]
async fn no_output_shows_the_token_whatever_the_server_says() {
    let (mut runs, mut hidden) = (0, 0);
    for token in TOKENS {
        for (number, status) in [400, 401, 403, 404, 429, 200, 302].into_iter().enumerate() {
            for form in [TokenForm::Json, TokenForm::Escaped, TokenForm::Text, TokenForm::Html, TokenForm::CutAtTheCap]
            {
                let body = form.body(token);
                let stage = Stage::seeded();
                let host = serve_with_script(&stage, move |_| {
                    let mut answer = ScriptedAnswer::json(status, &body);
                    answer.headers[0].1 = form.kind().to_owned();
                    answer
                        .headers
                        .push(("location", format!("http://127.0.0.1:1/?private_token={}", percent_encode_all(token))));
                    // Longer than is waited, so that the run ends at once.
                    answer.headers.push(("retry-after", "100000".to_owned()));
                    answer.headers.push(("x-request-id", token.to_owned()));
                    Some(answer)
                })
                .await;
                // Each server meets another way of running.
                let way = &OUTPUT_FLAGS[(number + form as usize) % OUTPUT_FLAGS.len()];
                let reported = run_with(token, &host.url, way, number % 2 == 0).await;
                assert_output_without_token(&reported, token, &format!("{status} {form:?} {way:?}"));
                assert_only_in_header(&host.seen_requests(), token);
                assert_ne!(reported.code, Some(0), "{reported:?}");
                hidden += usize::from(format!("{}{}", reported.out, reported.err).contains("[redacted]"));
                runs += 1;
            }
        }
    }
    println!("{runs} runs among servers that echo: 0 sightings; in {hidden} of them something was hidden");
    assert!(hidden >= 40, "{hidden}");
}

#[tokio::test]
async fn no_output_shows_a_token_that_stands_in_issues_and_on_the_page() {
    let mut runs = 0;
    for token in TOKENS {
        for by_file in [false, true] {
            for way in OUTPUT_FLAGS {
                let stage = stage_full_of_token(token);
                let host = serve_with_script(&stage, |_| None).await;
                let reported = run_with(token, &host.url, way, by_file).await;
                assert_output_without_token(&reported, token, &format!("{way:?}, by file: {by_file}"));
                assert_eq!(reported.code, Some(0), "{reported:?}");
                assert!(
                    reported.out.contains("[redacted]"),
                    "the texts came to where they are shown: {}",
                    reported.out
                );
                assert_only_in_header(&host.seen_requests(), token);
                runs += 1;
            }
        }
    }
    println!("{runs} runs in a world that is full of the token: 0 sightings");
}

/// Sabotage: the same world shows its texts when the token in them is no secret of the run. What is quiet above is
/// quiet because of what the program knows, not because nothing was to be shown.
#[tokio::test]
async fn the_same_texts_are_seen_when_they_hold_no_secret_of_the_run() {
    let token = TOKENS[1];
    let stage = stage_full_of_token(token);
    stage.sandbox.change_world(|world| TOKENS[0].clone_into(&mut world.tokens.get_mut("api").unwrap().value));
    let host = serve_with_script(&stage, |_| None).await;
    let reported = run_with(TOKENS[0], &host.url, OUTPUT_FLAGS[0], true).await;
    assert_eq!(reported.code, Some(0), "{reported:?}");
    let seen = find_token_forms(&reported.out, token);
    assert!(seen.contains(&"plain") && seen.contains(&"hex"), "{seen:?}: {}", reported.out);
}

/// What `apply` writes to GitLab is read by more people than may know the token.
#[tokio::test]
async fn a_token_that_leaked_onto_the_page_is_not_written_into_an_issue() {
    for token in TOKENS {
        let stage = stage_full_of_token(token);
        let host = serve_with_script(&stage, |_| None).await;
        let reported = apply_with(token, &host.url).await;
        assert_output_without_token(&reported, token, "apply");
        assert_only_in_header(&host.seen_requests(), token);
        let journal = stage.sandbox.journal();
        let opened = journal.iter().find(|entry| entry.method == "POST" && entry.path.ends_with("/issues")).unwrap();
        assert!(opened.body.contains("[redacted]"), "the page's text is there, the token is not: {}", opened.body);
        for entry in &journal {
            assert_eq!(find_token_forms(&format!("{} {}", entry.path, entry.body), token), [""; 0]);
        }
        // And the issue that was opened stays as it is: what was taken out is not taken for a change.
        let writes = journal.len();
        apply_with(token, &host.url).await;
        assert_eq!(stage.sandbox.journal().len(), writes);
    }
}

#[tokio::test]
async fn a_token_in_an_address_or_a_file_is_not_shown() {
    let folder = empty_temp_folder("canary-config");
    let stage = Stage::seeded();
    let host = serve_with_script(&stage, |_| None).await;
    let port = host.url.rsplit_once(':').unwrap().1.to_owned();
    let mut runs = 0;
    for token in TOKENS {
        let safe = percent_encode(token);
        let addresses = [
            format!("https://user:{safe}@gitlab.example/"),
            format!("http://user:{safe}@gitlab.example/"),
            format!("http://user:{safe}@127.0.0.1:{port}/"),
            format!("https://{safe}@gitlab.example/"),
            format!("https://gitlab.example/?private_token={safe}"),
            format!("http://127.0.0.1:{port}/?private_token={safe}"),
            format!("http://gitlab.example/?private_token={safe}"),
            format!("https://gitlab.example/#{safe}"),
            format!("ftp://user:{safe}@gitlab.example/"),
        ];
        for address in &addresses {
            // The token is no secret of the environment here: nothing but manners keeps it out of the message.
            for (args, env) in [
                (vec!["plan", "--gitlab", address.as_str()], vec![("PODKEEPER_TOKEN", "another-token-than-this")]),
                (vec!["plan"], vec![("PODKEEPER_TOKEN", "another-token-than-this"), ("PODKEEPER_GITLAB", address)]),
                (vec!["-vv", "plan"], vec![("PODKEEPER_SANDBOX", address)]),
                (vec!["-vv", "page", "secure"], vec![("PODKEEPER_SANDBOX", address)]),
            ] {
                let reported = run_podkeeper_with_env(&args, &env).await;
                assert_output_without_token(&reported, token, &format!("{args:?} {env:?}"));
                assert_eq!(reported.code, Some(2), "{reported:?}");
                runs += 1;
            }
        }
        // Help shows what variables are set to, unless it is told not to.
        let env = [("PODKEEPER_GITLAB", addresses[0].as_str()), ("PODKEEPER_NOW", token), ("PODKEEPER_CONFIG", token)];
        let reported = run_podkeeper_with_env(&["plan", "--help"], &env).await;
        assert_output_without_token(&reported, token, "--help");
        assert_eq!(reported.code, Some(0));
        for args in [
            vec!["plan", "--gitlab", &format!("https://user:{safe}@exa[mple/")],
            vec!["plan", "--gitlab", &format!("https://exa[mple/?private_token={safe}")],
            vec!["page", "--sandbox", &format!("https://user:{safe}@docs.gitlab.com/x.md")],
            vec!["page", "--sandbox", &format!("https://docs.gitlab.com/x.md?private_token={safe}")],
            vec!["page", "--sandbox", &format!("https://docs.gitlab.com/user/application_security/dast/?token={safe}")],
            vec!["page", "--sandbox", &format!("https://no-such-host.example/x.md?private_token={safe}#{safe}")],
        ] {
            let reported = run_podkeeper_with_env(&args, &[]).await;
            assert_output_without_token(&reported, token, &format!("{args:?}"));
            assert_ne!(reported.code, Some(0), "{reported:?}");
            runs += 1;
        }
        // Somebody puts the token itself where its variable's name belongs.
        let folder = copy_config(&format!("canary-config/{}", &token[..5]), |folder| {
            replace_in_file(
                &folder.join("podkeeper.toml"),
                "default = \"PODKEEPER_TOKEN\"",
                &format!("default = \"{token}\""),
            );
        });
        for args in [["plan", "--sandbox"], ["config", "validate"]] {
            let reported = run_podkeeper_with_env(&args, &[("PODKEEPER_CONFIG", &folder)]).await;
            assert_output_without_token(&reported, token, &format!("{args:?}"));
            assert_eq!(reported.code, Some(2));
            assert!(
                reported.err.contains("podkeeper.toml") && reported.err.contains("environment variable"),
                "{}",
                reported.err
            );
            runs += 1;
        }
    }
    assert!(folder.exists());
    assert_eq!(host.seen_requests().len(), 0, "nothing was asked of anybody");
    println!("{runs} runs with the token in an address or a file: 0 sightings");
}

// ---- Panics ----

/// The hook is the program's own; it runs in a process of its own, because a hook is the whole process's.
#[tokio::test]
async fn a_panic_tells_no_token() {
    let own = std::env::current_exe().unwrap();
    for backtrace in ["0", "full"] {
        let output = tokio::process::Command::new(&own)
            .args(["token_leaks::panics_in_a_process_of_its_own", "--exact", "--ignored", "--nocapture"])
            .env("RUST_BACKTRACE", backtrace)
            .output()
            .await
            .unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}");
        assert_eq!(text.matches("this is a bug in podkeeper").count(), 20, "{text}");
        for token in TOKENS {
            assert_eq!(find_token_forms(&text, token), [""; 0], "{text}");
        }
    }
}

#[test]
#[ignore = "run by a_panic_tells_no_token, in a process of its own"]
fn panics_in_a_process_of_its_own() {
    let env: BTreeMap<String, String> =
        TOKENS.iter().enumerate().map(|(n, token)| (format!("CANARY_{n}_TOKEN"), (*token).to_owned())).collect();
    podkeeper::cli::install_panic_hook(podkeeper::cli::redactor_from_env(&env));
    for token in TOKENS {
        let forms = all_token_forms(token).join(" ");
        let panics: [Box<dyn Fn() + std::panic::UnwindSafe>; 10] = [
            Box::new({
                let forms = forms.clone();
                move || panic!("all forms: {forms}")
            }),
            Box::new(|| {
                black_box(Err::<(), _>(token)).unwrap();
            }),
            Box::new(|| {
                black_box(Err::<(), _>(token)).expect(token);
            }),
            Box::new(|| {
                black_box(None::<()>).expect(token);
            }),
            Box::new(|| assert_eq!(token, "something else", "{token}")),
            Box::new(|| {
                token.parse::<Url>().map_err(|error| format!("{token}: {error}")).unwrap();
            }),
            Box::new(|| {
                std::thread::scope(|scope| {
                    scope.spawn(|| panic!("{token}")).join().unwrap_err();
                });
            }),
            Box::new(|| std::panic::panic_any(token.to_owned())),
            Box::new(|| {
                token.get(..2).map(|cut| &cut[5..]).map(str::len).unwrap_or_default();
            }),
            Box::new(|| unreachable!("header {}", STANDARD.encode(format!("x:{token}")))),
        ];
        for panics in panics {
            std::panic::catch_unwind(panics).map_or_else(drop, |()| {});
        }
    }
}

// ---- Moved projects and next pages: no second origin is ever asked ----

/// A moved project's new number is asked of the origin that is configured, wherever the redirect points.
#[tokio::test]
async fn only_the_number_of_a_redirect_is_used() {
    let second = OtherOrigin::listen().await;
    let target = format!("http://127.0.0.1:{}/api/v4/projects/7", second.port);
    let stage = Stage::seeded();
    let host = serve_with_script(&stage, move |seen| {
        if seen.target.ends_with("/projects/7") {
            Some(ScriptedAnswer::json(
                200,
                r#"{"id":7,"path_with_namespace":"a/b","web_url":"https://gitlab.example/a/b"}"#,
            ))
        } else {
            Some(redirect(301, &target))
        }
    })
    .await;
    let reader = new_reader(&access_to(&host.url)).unwrap();
    let project = reader.read_project(TokenPurpose::Pairing, "old/path").await;
    assert_eq!(project.present().map(|project| project.id), Some(7), "{project:?}");
    assert_eq!((second.connections().await, host.seen_requests().len()), (0, 2));
}

#[tokio::test]
async fn a_next_page_is_asked_of_the_own_origin_whatever_host_its_link_names() {
    let second = OtherOrigin::listen().await;
    let port = second.port;
    let stage = Stage::seeded();
    let mut cases = 0;
    for target in [
        format!("http://127.0.0.1:{port}/api/v4/projects/1/issues?page=2"),
        format!("http://localhost:{port}/api/v4/projects/1/issues?page=2"),
        format!("https://127.0.0.1:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("http:\\\\127.0.0.1:{port}/"),
        format!("http://OWN@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}\t/"),
    ] {
        let header = format!("<{target}>; rel=\"next\"");
        let host = serve_with_script(&stage, move |_| {
            let mut answer = ScriptedAnswer::json(200, "[]");
            answer.headers.push(("link", header.clone()));
            Some(answer)
        })
        .await;
        let reader = new_reader(&access_to(&host.url)).unwrap();
        let listed =
            reader.list_issues(TokenPurpose::Pairing, &project(), IssueFilter::ByAuthorId(1), Some(now())).await;
        // The same page again and again is no end of a listing; where the link names no page at all, that is so at
        // once.
        let failure = listed.unwrap_err();
        assert!(failure.why.contains("leads back to a page"), "{target}: {failure:?}");
        let pages = if target.ends_with("page=2") { 2 } else { 1 };
        assert_eq!((second.connections().await, host.seen_requests().len()), (0, pages), "{target}");
        cases += 1;
    }
    // A page's number is a number in our own query, whatever it looks like.
    for page in [format!("http://127.0.0.1:{port}/"), "2&private_token=x".to_owned(), format!("@127.0.0.1:{port}")] {
        let host = serve_with_script(&stage, move |seen| {
            let mut answer = ScriptedAnswer::json(200, "[]");
            if !seen.target.contains("&page=") {
                answer.headers.push(("x-next-page", page.clone()));
            }
            Some(answer)
        })
        .await;
        let reader = new_reader(&access_to(&host.url)).unwrap();
        assert_eq!(
            reader.list_issues(TokenPurpose::Pairing, &project(), IssueFilter::ByAuthorId(1), Some(now())).await,
            Ok(Vec::new())
        );
        assert_eq!((second.connections().await, host.seen_requests().len()), (0, 2));
        cases += 1;
    }
    println!("{cases} next pages: 0 connections to the second origin");
}

/// The origin table of the threat sheet, as links to a next page of `https://gitlab.com`.
#[tokio::test]
async fn a_next_page_comes_from_the_own_host_or_not_at_all() {
    for (target, goes_on) in [
        ("https://gitlab.com/x?page=2", true),
        ("https://GITLAB.com/x?page=2", true),
        ("https://gitlab.com:443/x?page=2", true),
        ("/api/v4/x?page=2", true),
        ("?page=2", true),
        ("http://gitlab.com/?page=2", true),
        ("https://gitlab.com:8443/?page=2", true),
        ("https://gitlab.com./?page=2", true),
        ("https://gitlab.com.evil.example/?page=2", true),
        ("https://gitlab.com@evil.example/?page=2", true),
        ("https://user:pw@gitlab.com/?page=2", true),
        ("https://evil.example\\gitlab.com/?page=2", true),
        ("//evil.example/x?page=2", true),
        // A header that is no text names no page.
        ("https://gitl\u{430}b.com/?page=2", false),
        ("ftp://gitlab.com/?page=2", true),
        ("https://gitlab.com/x", false),
        ("https://gitlab.com\t.evil.example/", false),
        ("data:text/plain,x", false),
        ("javascript:alert(1)", false),
    ] {
        let recorder = Arc::new(Recorder { next: target.to_owned(), asked: Mutex::default() });
        let access = ConnectionOptions { exchange: recorder.clone(), ..access_to("https://gitlab.com/") };
        let reader = new_reader(&access).unwrap();
        let listed =
            reader.list_issues(TokenPurpose::Pairing, &project(), IssueFilter::ByAuthorId(1), Some(now())).await;
        let asked = recorder.asked.lock().unwrap().clone();
        assert!(asked.iter().all(|host| host == "gitlab.com"), "{target}: {asked:?}");
        assert_eq!((listed.is_ok(), asked.len()), (goes_on, if goes_on { 2 } else { 1 }), "{target}: {listed:?}");
    }
}

#[test]
fn an_address_that_must_not_see_a_token_is_refused() {
    for good in [
        "https://gitlab.com",
        "https://GITLAB.example:8443/sub/path",
        "http://127.0.0.1:8080",
        "http://127.8.9.1",
        "http://[::1]:8080",
    ] {
        assert!(new_reader(&access_to(good)).is_ok(), "{good}");
    }
    for bad in [
        "http://gitlab.com",
        "http://192.0.2.7",
        "http://0.0.0.0",
        "http://[::ffff:127.0.0.1]",
        "http://localhost:3000",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://gitlab.com@evil.example/",
        "https://user:canary@gitlab.example/",
        "https://canary@gitlab.example/",
        "https://gitlab.example/?private_token=canary",
        "http://gitlab.example/?private_token=canary",
        "http://user:canary@gitlab.example/",
        "https://gitlab.example/#canary",
        "ftp://gitlab.example/",
        "file:///etc/passwd",
        "data:text/html,canary",
    ] {
        let sentence = new_reader(&access_to(bad)).err().unwrap_or_else(|| panic!("{bad} was taken"));
        assert!(sentence.contains("https"), "{bad}: {sentence}");
        assert!(!sentence.contains("canary") || bad.starts_with("data:"), "{bad}: {sentence}");
        assert!(new_reader_and_writer(&access_to(bad), now()).is_err(), "{bad}");
    }
}

// ---- What the stories are made of ----

/// Ways to run, one of them for each place where a text can come out.
const OUTPUT_FLAGS: [&[&str]; 4] =
    [&["-vv"], &["-vv", "--log-format", "json"], &["--format", "json", "-vv"], &["-v", "--color", "always"]];

/// How a server writes the token into its answer.
#[derive(Clone, Copy, Debug)]
enum TokenForm {
    Json,
    /// JSON in which every character of the token is escaped.
    Escaped,
    Text,
    Html,
    /// The token lies across the place where long texts are cut.
    CutAtTheCap,
}

impl TokenForm {
    fn kind(self) -> &'static str {
        match self {
            Self::Json | Self::Escaped | Self::CutAtTheCap => "application/json",
            Self::Text => "text/plain",
            Self::Html => "text/html",
        }
    }

    fn body(self, token: &str) -> String {
        let all = all_token_forms(token).join(" ");
        match self {
            Self::Json => serde_json::json!({"message": {"token": all}, "error": all, "scope": token}).to_string(),
            Self::Escaped => {
                let escaped = map_bytes(token, |byte| format!("\\u{byte:04x}"));
                format!(r#"{{"message":"no access with {escaped}"}}"#)
            }
            Self::Text => format!("no access with {all}"),
            Self::Html => format!("<html><title>{token}</title><body>{all}</body></html>"),
            Self::CutAtTheCap => serde_json::json!({"message": format!("{}{token}", "x".repeat(181))}).to_string(),
        }
    }
}

/// `plan` with the token in its variable or in a file.
async fn run_with(token: &str, url: &str, way: &[&str], by_file: bool) -> ProgramOutput {
    let file = scratch_token(token);
    let (name, value) = if by_file { ("PODKEEPER_TOKEN_FILE", file.as_str()) } else { ("PODKEEPER_TOKEN", token) };
    let config = config_of_gitlab(url);
    let args = [way, &["plan", "--now", NOW, "--config", &config]].concat();
    run_podkeeper_with_env(&args, &[(name, value), ("RUST_BACKTRACE", "full")]).await
}

async fn apply_with(token: &str, url: &str) -> ProgramOutput {
    let mut apply = command(&["-vv", "apply", "--config", &config_of_gitlab(url)]);
    let output = apply.env("PODKEEPER_TOKEN", token).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    ProgramOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A file that holds the token; its path says nothing about it.
fn scratch_token(token: &str) -> String {
    // Of this call's own: tests run side by side, and a file that is being written is empty for a moment.
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("canary-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, format!("{token}\n")).unwrap();
    path.display().to_string()
}

#[track_caller]
fn assert_output_without_token(reported: &ProgramOutput, token: &str, what: &str) {
    let text = format!("{}{}", reported.out, reported.err);
    assert_eq!(find_token_forms(&text, token), [""; 0], "{what}: {text}");
    assert!(!text.contains("this is a bug"), "{what}: {text}");
}

/// Requests name the token in no address and no body.
#[track_caller]
fn assert_only_in_header(seen: &[SeenRequest], token: &str) {
    assert!(!seen.is_empty());
    for request in seen {
        assert_eq!(find_token_forms(&format!("{} {}", request.target, request.body), token), [""; 0], "{request:?}");
    }
}

/// A stage whose token, title, texts, labels and page are all full of the token, in every form.
fn stage_full_of_token(token: &str) -> Stage {
    let stage = Stage::seeded();
    let (pod, all) = (&stage.pods[0], all_token_forms(token).join(" "));
    stage.sandbox.change_world(|world| {
        token.clone_into(&mut world.tokens.get_mut("api").unwrap().value);
        let pairing = world.project_by_path(&pod.pairing_project).unwrap().id;
        for issue in world.projects.get_mut(&pairing).unwrap().issues.values_mut() {
            issue.title = format!("{token} {}", issue.title);
            issue.labels.insert(format!("pod::{token}"));
            issue.labels.remove(pod.label.name.as_str());
            // What moves on is shown in the plan.
            let text = issue.description.take().unwrap_or_default().replace("Ask why", &all);
            issue.description = Some(format!("{text}\n{all}"));
        }
        let page = world.project_by_path(&pod.page.project).unwrap().id;
        for files in world.projects.get_mut(&page).unwrap().files.values_mut() {
            let text = files[&pod.page.path].replace("Ada Quill", token).replace("currently scheduled", &all);
            let text =
                text.replace("title: ", &format!("title: {token} ")).replace("## Purpose", &format!("## {token}"));
            let text = format!(
                "{text}\n- Slack channel: [#{token}](https://gitlab.slack.com/archives/{token})\n- ~\"{token}\",\n"
            );
            files.insert(pod.page.path.clone(), text);
        }
    });
    stage
}

fn project() -> Project {
    Project {
        id: 1,
        path: "a/b".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: true,
        access_level: None,
        url: "https://gitlab.example/a/b".to_owned(),
    }
}

fn redirect(status: u16, target: &str) -> ScriptedAnswer {
    ScriptedAnswer { status, headers: vec![("location", target.to_owned())], body: String::new() }
}

/// Records which hosts are asked, and names one next page.
struct Recorder {
    next: String,
    asked: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Exchange for Recorder {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(request.uri().host().unwrap().to_owned());
        let mut response = Response::builder().status(200);
        if asked.len() == 1 {
            let link = format!("<{}>; rel=\"next\"", self.next);
            response = response.header("link", http::HeaderValue::from_bytes(link.as_bytes()).unwrap());
        }
        Ok(response.body(Bytes::from_static(b"[]")).unwrap())
    }
}
