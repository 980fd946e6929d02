//! Each output shows what its audience may read and nothing else (design law 13).
//!
//! First on a run made by hand, in which every rule has fired and every text is a canary of its own audience; then by
//! the program itself in a seeded world, in every kind of output. What is nobody's business stands nowhere; what is for
//! some stands where it is declared for them, so that the search is known to find it.

use std::collections::BTreeMap;
use std::path::Path;

use podkeeper::pod::action::{Action, BlockRewrite, Change};
use podkeeper::pod::audit_trail::AuditEntry;
use podkeeper::pod::finding::Finding;
use podkeeper::pod::marker::{BlockState, ManagedBlock, Marker, ReportKind as LivingReport};
use podkeeper::pod::observed::{FailureCause, ReadFailure};
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::rule::{Audience, Rule};
use podkeeper::pod::run::{ExitStatus, PodRun, Sentence};
use podkeeper::pod::session::SessionKey;
use podkeeper::report::terminal::DetailLevel;
use podkeeper::report::{
    Confidential, Public, ReportAudience, RunReport, Team, annotations, audit, json, junit, slack, terminal,
};
use podkeeper::sandbox::all_canary_texts;
use serde_json::Value;

use crate::exit_codes::{ScriptedAnswer, empty_temp_folder, run_podkeeper_with_env, serve_with_script};
use crate::support::{NOW, Stage, now, shipped_config};

/// A text that was shown, by the name of its output, and whom it is for.
struct Shown {
    output: String,
    audience: Audience,
    text: String,
}

/// A text that is searched for, and whom it is for.
struct Canary {
    audience: Audience,
    text: String,
}

/// Without blanks and line ends, because a terminal's text is wrapped, and without the backslashes of JSON.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\\').collect()
}

/// Where a canary stands in an output whose audience may not read it.
fn find_sightings(shown: &[Shown], canaries: &[Canary]) -> Vec<String> {
    let canaries: Vec<(&Canary, String)> = canaries.iter().map(|canary| (canary, squeeze(&canary.text))).collect();
    let mut found = Vec::new();
    for Shown { output, audience, text } in shown {
        let text = squeeze(text);
        let forbidden = canaries.iter().filter(|(canary, _)| !audience.may_read(canary.audience));
        let seen = forbidden.filter(|(_, needle)| text.contains(needle));
        found.extend(seen.map(|(canary, _)| format!("{} in {output}", canary.text)));
    }
    found
}

// ---- Every rule and every text, in a run made by hand ----

/// A run in which every text is a canary, and these canaries.
#[derive(Default)]
struct CanaryRun {
    canaries: Vec<Canary>,
}

impl CanaryRun {
    /// A new canary for these readers.
    fn text(&mut self, audience: Audience, what: &str) -> String {
        let text = format!("canary-{}-{what}-end", audience.as_str());
        self.canaries.push(Canary { audience, text: text.clone() });
        text
    }

    fn action(&mut self, change: Change, on_confidential_issue: bool, what: &str) -> Action {
        let mut action = Action {
            project: "group/project".to_owned(),
            project_id: 7,
            because: String::new(),
            on_confidential_issue,
            change,
        };
        action.because = self.text(action.audience(), &format!("because-{what}"));
        action
    }

    fn rewrite(&mut self, marker: &Marker, audience: Audience, what: &str) -> BlockRewrite {
        let block = |text| ManagedBlock::new(marker.clone(), text, BlockState::default());
        let (old, new) = (self.text(audience, &format!("old-{what}")), self.text(audience, &format!("new-{what}")));
        BlockRewrite::new(&block(old), block(new))
    }

    /// Changes of every kind that has a text, for each audience that it can have.
    fn actions(&mut self) -> Vec<Action> {
        let pod = shipped_config().pods.remove(0).key;
        let session = SessionKey { pod: pod.clone(), slot: "weekly".to_owned(), year: 2026, week: 48 };
        let mut actions = Vec::new();
        let (title, body) = ("A title".to_owned(), self.text(Audience::Team, "body"));
        let change = Change::OpenPairingIssue {
            session: session.clone(),
            title,
            body,
            labels: Vec::new(),
            confidential: false,
            milestone: None,
        };
        actions.push(self.action(change, false, "open-pairing"));
        for (confidential, audience) in [(false, Audience::Team), (true, Audience::Confidential)] {
            let what = format!("pairing-{confidential}");
            let rewrite = self.rewrite(&Marker::Session(session.clone()), audience, &what);
            let change = Change::RewritePairingIssue { iid: 3, rewrite, title: None };
            actions.push(self.action(change, confidential, &what));
        }
        for (kind, audience) in [(LivingReport::Links, Audience::Team), (LivingReport::Roster, Audience::Confidential)]
        {
            let (marker, kind) = (Marker::Report(pod.clone(), kind), kind.as_str());
            // That of the links is for everybody.
            let title = match audience {
                Audience::Confidential => self.text(audience, "title"),
                Audience::Public | Audience::Team => "A title".to_owned(),
            };
            let body = self.text(audience, &format!("body-{kind}"));
            let change = Change::OpenReport { marker: marker.clone(), title, body, confidential: true };
            actions.push(self.action(change, false, &format!("open-{kind}")));
            let rewrite = self.rewrite(&marker, audience, &format!("close-{kind}"));
            actions.push(self.action(Change::CloseReport { iid: 8, rewrite }, false, &format!("close-{kind}")));
            let rewrite = self.rewrite(&marker, audience, &format!("reopen-{kind}"));
            actions.push(self.action(Change::ReopenReport { iid: 8, rewrite }, false, &format!("reopen-{kind}")));
            let rewrite = self.rewrite(&marker, audience, &format!("rewrite-{kind}"));
            actions.push(self.action(Change::RewriteReport { iid: 8, rewrite }, false, &format!("rewrite-{kind}")));
        }
        actions
    }

    fn run(&mut self) -> PodRun {
        let mut run = PodRun::new(&shipped_config().pods[0]);
        run.rounds = 1;
        for rule in Rule::ALL {
            let subject = self.text(rule.audience(), &format!("subject-{}", rule.code()));
            let message = self.text(rule.audience(), &format!("message-{}", rule.code()));
            let advice = self.text(rule.audience(), &format!("advice-{}", rule.code()));
            run.findings.push(Finding::new(*rule, subject, message).with_advice(advice));
        }
        for audience in Audience::ALL {
            let (then, outlook) = (self.text(audience, "then"), self.text(audience, "outlook"));
            run.later_changes.push(Sentence::new(audience, then));
            run.status_sentences.push(Sentence::new(audience, outlook));
            let (what, why) = (self.text(audience, "unread-what"), self.text(audience, "unread-why"));
            let failure = ReadFailure { what, why, cause: FailureCause::Unavailable };
            if audience != Audience::Public {
                run.restricted_failures.insert(failure.clone(), audience);
            }
            run.read_failures.push(failure);
        }
        for (at, action) in self.actions().into_iter().enumerate() {
            run.plan.actions.push(action.clone());
            let why = self.text(action.audience(), &format!("reason-{at}"));
            let outcome = match at % 3 {
                0 => Outcome::Refused(FailureCause::Human, why),
                1 => Outcome::Unknown(why),
                _ => Outcome::NotTried(why),
            };
            run.outcomes.push((action.clone(), outcome));
            run.outcomes.push((action, Outcome::Done("https://gitlab.example/group/project/-/issues/8".to_owned())));
        }
        run
    }
}

/// Every kind of report at one audience, of a plan and of what was done.
fn show_for<A: ReportAudience>(run: &PodRun) -> Vec<Shown> {
    let runs = std::slice::from_ref(run);
    let trail = [AuditEntry {
        time: now(),
        method: "POST".to_owned(),
        path: "/api/v4/projects/7/issues".to_owned(),
        iid: None,
        status: Some(201),
        request_id: None,
    }];
    let mut shown = Vec::new();
    let mut show = |output: &str, text: String| {
        shown.push(Shown { output: format!("{output} for {}", A::AUDIENCE.as_str()), audience: A::AUDIENCE, text });
    };
    for plan_only in [true, false] {
        let report = RunReport {
            runs: A::restrict(runs),
            plan_only,
            now: now(),
            stamp: "the-stamp",
            read_requests: 1,
            public_read_requests: 1,
            write_requests: 1,
            took_ms: 1,
        };
        for detail in [DetailLevel::Quiet, DetailLevel::Normal, DetailLevel::Verbose] {
            show(&format!("text {detail:?}"), terminal::render(&report, detail));
        }
        show("json", json::render(&report));
        show("junit", junit::render(&report));
        show("annotations", annotations::render(&report));
        show("slack", slack::render(&report));
        show("audit", audit::render(A::restrict(&trail[..])));
    }
    shown
}

fn show_for_all(run: &PodRun) -> Vec<Shown> {
    [show_for::<Public>(run), show_for::<Team>(run), show_for::<Confidential>(run)].into_iter().flatten().collect()
}

#[test]
fn each_format_shows_what_its_audience_may_read_of_every_rule_and_text() {
    let mut made = CanaryRun::default();
    let run = made.run();
    let shown = show_for_all(&run);
    println!("{} canaries in {} texts", made.canaries.len(), shown.len());
    assert!(made.canaries.len() > 3 * Rule::ALL.len() && shown.len() == 48);
    assert_eq!(find_sightings(&shown, &made.canaries), [""; 0]);
    // Each stands in the JSON of its own audience.
    for canary in &made.canaries {
        let own = |shown: &&Shown| shown.audience == canary.audience && shown.output.starts_with("json");
        assert!(shown.iter().filter(own).any(|shown| shown.text.contains(&canary.text)), "{} is lost", canary.text);
    }
    // Sabotage: what is for larger audiences, given to everybody, is found in each format that has findings.
    for shown in shown.into_iter().filter(|shown| shown.audience == Audience::Confidential) {
        let has_words = ["text", "json", "junit", "slack"].iter().any(|kind| shown.output.starts_with(kind));
        let leaked = [Shown { audience: Audience::Public, ..shown }];
        assert_eq!(!find_sightings(&leaked, &made.canaries).is_empty(), has_words, "{}", leaked[0].output);
    }
}

/// The stamp and the exit code are those of the whole run; what is left out is counted.
#[test]
fn whoever_reads_it_the_end_is_the_same_and_what_is_left_out_is_counted() {
    let run = CanaryRun::default().run();
    let counts: BTreeMap<Audience, usize> = Audience::ALL
        .map(|audience| (audience, Rule::ALL.iter().filter(|rule| rule.audience() == audience).count()))
        .into();
    let shown = show_for_all(&run);
    let mut seen = 0;
    for Shown { audience, text, output } in shown.iter().filter(|shown| shown.output.starts_with("json")) {
        let report: Value = serde_json::from_str(text).unwrap();
        let pod = &report["pods"][0];
        let readable: usize = counts.iter().filter(|(of, _)| audience.may_read(**of)).map(|(_, count)| count).sum();
        assert_eq!(pod["findings"].as_array().unwrap().len(), readable, "{output}");
        assert_eq!(pod["withheld"], Rule::ALL.len() - readable, "{output}");
        assert_eq!((&report["stamp"], pod["actions"].as_array().unwrap().len()), (&"the-stamp".into(), 11));
        seen += 1;
    }
    assert_eq!(seen, 6);
    for kind in ["text Normal", "text Verbose", "junit", "slack"] {
        for shown in shown.iter().filter(|shown| shown.output.starts_with(kind)) {
            let says_so = squeeze(&shown.text).contains("findingsleftouthere:");
            assert_eq!(says_so, shown.audience != Audience::Confidential, "{}", shown.output);
        }
    }
    let runs = [run];
    let [public, team, confidential] = [
        Public::restrict(&runs[..]).exit_status(),
        Team::restrict(&runs[..]).exit_status(),
        Confidential::restrict(&runs[..]).exit_status(),
    ];
    assert_eq!((public, team), (confidential, confidential));
    // A template that fails is among them.
    assert_eq!(public, ExitStatus::Usage);
}

// ---- The program in a seeded world ----

const KINDS: [&str; 5] = ["json", "junit", "annotations", "slack", "audit"];

/// Runs the program in a sandbox of its own, with every report for every audience; gives all that it wrote.
async fn run_and_read_all(command: &str, way: &[&str], audience: Option<Audience>, folder: &Path) -> Vec<Shown> {
    let mut args: Vec<String> = way.iter().map(|word| (*word).to_owned()).collect();
    args.extend([command, "--sandbox", "--now", NOW].map(str::to_owned));
    let mut files = Vec::new();
    for (kind, audience) in KINDS.iter().flat_map(|kind| Audience::ALL.map(|audience| (kind, audience))) {
        let path = folder.join(format!("{kind}-{}", audience.as_str()));
        args.extend(["--report".to_owned(), format!("{kind}:{}={}", audience.as_str(), path.display())]);
        files.push((format!("{kind} for {}", audience.as_str()), audience, path));
    }
    for kind in KINDS {
        let path = folder.join(format!("{kind}-undeclared"));
        args.extend(["--report".to_owned(), format!("{kind}={}", path.display())]);
        files.push((format!("{kind}, undeclared"), Audience::Public, path));
    }
    let mut env = vec![("PODKEEPER_TASK", "sessions,labels,roster,links"), ("CI", "true"), ("GITLAB_CI", "true")];
    env.extend(audience.map(|audience| ("PODKEEPER_AUDIENCE", audience.as_str())));
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let ended = run_podkeeper_with_env(&words, &env).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let of = format!("of {way:?} {command}");
    let stdout = Shown {
        output: format!("standard output for {audience:?} {of}"),
        audience: audience.unwrap_or(Audience::Public),
        text: ended.out,
    };
    let log = Shown { output: format!("the log {of}"), audience: Audience::Public, text: ended.err };
    let files = files.into_iter().map(|(output, audience, path)| Shown {
        output: format!("{output} {of}"),
        audience,
        text: std::fs::read_to_string(path).unwrap(),
    });
    [stdout, log].into_iter().chain(files).collect()
}

/// The findings of a report that are for others than everybody, as canaries: what they say, and who they are about.
fn canaries_of(report: &str) -> Vec<Canary> {
    let report: Value = serde_json::from_str(report).unwrap();
    let mut canaries = Vec::new();
    for finding in report["pods"][0]["findings"].as_array().unwrap() {
        let audience = match finding["audience"].as_str().unwrap() {
            "public" => continue,
            "team" => Audience::Team,
            _ => Audience::Confidential,
        };
        let texts = ["message", "fingerprint"].map(|key| finding[key].as_str().unwrap().to_owned());
        canaries.extend(texts.map(|text| Canary { audience, text }));
    }
    // An agent who is not on the page.
    for text in ["Kasimir Oduya", "koduya", "kasimir-oduya"] {
        canaries.push(Canary { audience: Audience::Confidential, text: text.to_owned() });
    }
    canaries
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_shows_each_output_no_more_than_it_was_declared_for() {
    let folder = empty_temp_folder("audiences");
    let mut shown = Vec::new();
    let json: &[&str] = &["-vv", "--format", "json"];
    let all: &[&[&str]] = &[&["-q", "--color", "never"], &[], &["-v", "--log-format", "json"], json];
    for command in ["plan", "apply"] {
        for (audience, ways) in [
            (None, all),
            (Some(Audience::Public), &[json][..]),
            (Some(Audience::Team), &[&[], json]),
            (Some(Audience::Confidential), &[&[], json]),
        ] {
            for way in ways {
                shown.extend(run_and_read_all(command, way, audience, &folder).await);
            }
        }
    }
    let personal = all_canary_texts();
    for shown in &shown {
        let seen: Vec<&String> = personal.iter().filter(|canary| shown.text.contains(canary.as_str())).collect();
        assert_eq!(seen, Vec::<&String>::new(), "{}", shown.output);
    }
    let whole = shown.iter().find(|shown| shown.output.starts_with("json for confidential")).unwrap();
    let canaries = canaries_of(&whole.text);
    println!("{} outputs, {} personal texts, {} texts of findings", shown.len(), personal.len(), canaries.len());
    assert!(shown.len() > 390 && canaries.len() > 20, "{} {}", shown.len(), canaries.len());
    assert_eq!(find_sightings(&shown, &canaries), [""; 0]);
    // They are all there where it is declared for them, in a file and on standard output.
    for output in ["json for confidential", "standard output for Some(Confidential) of [\"-vv\""] {
        for declared in shown.iter().filter(|shown| shown.output.starts_with(output)) {
            let text = squeeze(&declared.text);
            for canary in &canaries {
                assert!(text.contains(&squeeze(&canary.text)), "{} is not in {}", canary.text, declared.output);
            }
        }
    }
}

/// Without CI standard output is a person's own; in CI it is everybody's, whatever its form.
#[tokio::test(flavor = "multi_thread")]
async fn standard_output_is_for_everybody_in_ci_and_for_oneself_elsewhere() {
    for command in [&["plan"][..], &["apply"], &["--format", "json", "plan"]] {
        for (env, declared, shows_people) in [
            (&[][..], &[][..], true),
            (&[("CI", "true")], &[], false),
            (&[("GITLAB_CI", "true")], &[], false),
            (&[("CI", "true")], &["--audience", "confidential"], true),
            (&[("CI", "true")], &["--audience", "team"], false),
            (&[], &["--audience", "public"], false),
        ] {
            // Without -v no more is shown than fits a screen.
            let args = [declared, command, &["-v", "--sandbox", "--now", NOW, "--task", "roster"]].concat();
            let ended = run_podkeeper_with_env(&args, env).await;
            assert_eq!(ended.code, Some(0), "{ended:?}");
            assert_eq!(ended.out.contains("Kasimir Oduya"), shows_people, "{args:?} {env:?}: {}", ended.out);
        }
    }
    let ended = run_podkeeper_with_env(&["plan", "--sandbox", "--report", "json:nobody=x.json"], &[]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("public, team or confidential"), "{}", ended.err);
}

/// What a server says of an agent's file may name the agent: the job's log and its reports learn that it was refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_servers_words_about_an_agents_file_are_for_those_who_may_read_of_people() {
    const WORDS: &str = "cannot open the file of kasimir oduya";
    let folder = empty_temp_folder("words-of-a-server");
    let stage = Stage::seeded();
    let host = serve_with_script(&stage, |seen| {
        let (by_graphql, file) = (seen.target.contains("/graphql"), seen.target.contains("agents%2F"));
        let body = format!(r#"{{"message":"{WORDS}"}}"#);
        let mut answer = ScriptedAnswer::json(if by_graphql { 403 } else { 500 }, &body);
        // Longer than is waited, so that the run ends at once.
        answer.headers.push(("retry-after", "100000".to_owned()));
        (by_graphql || file).then_some(answer)
    })
    .await;
    let url = format!("--sandbox={}", host.url);
    let path = |audience: &str| folder.join(audience).display().to_string();
    let report = |audience: &str| format!("json:{audience}={}", path(audience));
    let (public, team, confidential) = (report("public"), report("team"), report("confidential"));
    let env = [("CI", "true"), ("PODKEEPER_TASK", "roster")];
    for log in ["text", "json"] {
        let ended = run_podkeeper_with_env(
            &[
                "-vv",
                "--log-format",
                log,
                "plan",
                &url,
                "--report",
                &public,
                "--report",
                &team,
                "--report",
                &confidential,
            ],
            &env,
        )
        .await;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        assert!(ended.err.contains("500"), "{}", ended.err);
        assert!(ended.out.contains("something of the roster (confidential)"), "{}", ended.out);
        for (output, text) in [
            ("the job's log", ended.out.clone()),
            ("the log", ended.err.clone()),
            ("the public report", std::fs::read_to_string(path("public")).unwrap()),
            ("the team's report", std::fs::read_to_string(path("team")).unwrap()),
        ] {
            assert!(!text.contains("oduya"), "{output}: {text}");
        }
        let whole = std::fs::read_to_string(path("confidential")).unwrap();
        assert!(whole.contains(WORDS), "{whole}");
    }
}
