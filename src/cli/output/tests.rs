//! No character that deceives a reader leaves the program, in whatever text it came in.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::collect::handbook::parse_pod_page;
use crate::pod::PodKey;
use crate::pod::action::{Action, Change};
use crate::pod::audit_trail::AuditEntry;
use crate::pod::finding::{Finding, Place};
use crate::pod::label::LabelName;
use crate::pod::observed::{FailureCause, ReadFailure};
use crate::pod::outcome::Outcome;
use crate::pod::plan::Plan;
use crate::pod::pod_page::LinkKind;
use crate::pod::rule::Rule;
use crate::pod::run::{PodRun, Sentence};
use crate::pod::verdict::{Assessment, Deprecation, LinkPlace, Observation, Redirect, Verdict};
use crate::report::check::{CheckReport, RequestCounts, UnreadDocument};
use crate::report::terminal::DetailLevel;
use crate::report::{
    Confidential, Public, ReportAudience as _, RunReport, Team, annotations, audit, check, json, junit, page, slack,
    terminal,
};

/// The ranges of Unicode that nobody sees, as they are listed beside the product: not by its own word.
const DECEIVING: [(u32, u32); 26] = [
    (0x7f, 0x9f),
    (0xad, 0xad),
    (0x34f, 0x34f),
    (0x61c, 0x61c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x2066, 0x2069),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe00ff),
    (0xe0100, 0xe01ef),
    (0xe01f0, 0xe0fff),
    (0x1bca0, 0x1bca3),
    (0x00, 0x08),
    (0x0b, 0x0c),
    (0x0e, 0x1a),
    (0x1c, 0x1f),
];

fn deceives(c: char) -> bool {
    DECEIVING.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}

fn hostile_text() -> impl Strategy<Value = String> {
    let deceiving = prop::sample::select(DECEIVING.to_vec()).prop_flat_map(|(first, last)| first..=last);
    let piece = prop_oneof![
        deceiving.prop_filter_map("no character", char::from_u32).prop_map(String::from),
        any::<char>().prop_map(String::from),
        prop::sample::select(vec!["a", " ", "\"", "\\", "<", "é", "https://a.example/"]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// What is written to an output is what its reader gets.
fn written(write: impl FnOnce(&mut Output)) -> String {
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let all = Shared::default();
    let mut output = Output::new((Box::new(all.clone()), false), Box::new(all.clone()), Redactor::default());
    write(&mut output);
    let bytes = all.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn observation(text: &str, verdict: Verdict) -> Observation {
    let redirect = Redirect { status: 301, url: text.to_owned().into(), permanent: true };
    let deprecated = Deprecation { notice: text.to_owned().into(), successor: Some(text.to_owned().into()) };
    let assessment = Assessment {
        redirects: vec![redirect],
        suggestion: Some(text.to_owned().into()),
        deprecated: Some(Box::new(deprecated)),
        ..Assessment::new(verdict, text.to_owned())
    }
    .into();
    let place = LinkPlace { path: text.into(), document: 0, line: 7, column: 3 };
    Observation { url: text.to_owned().into(), kind: LinkKind::Web, assessment, places: vec![place.clone(), place] }
}

fn finding(text: &str, rule: Rule) -> Finding {
    let mut finding = Finding::new(rule, text, text).with_advice(text);
    finding.place = Some(Place { path: text.to_owned(), line: 1, column: 1 });
    finding
}

/// A run with the text wherever one fits.
fn run_of(text: &str) -> PodRun {
    let label = LabelName::parse(text).or_else(|_| LabelName::parse("a")).unwrap();
    let change = Change::AddLabel { iid: 3, label };
    let action = Action {
        project: text.to_owned(),
        project_id: 1,
        because: text.to_owned(),
        on_confidential_issue: false,
        change,
    };
    let outcomes = [
        Outcome::Done(format!("http{text}")),
        Outcome::Refused(FailureCause::Human, text.to_owned()),
        Outcome::Unknown(text.to_owned()),
        Outcome::NotTried(text.to_owned()),
    ];
    PodRun {
        pod: PodKey::parse("alpha").unwrap(),
        name: text.to_owned(),
        plan: Plan { actions: vec![action.clone()], ..Plan::default() },
        outcomes: outcomes.map(|outcome| (action.clone(), outcome)).into(),
        rounds: 1,
        later_changes: vec![Sentence::public(text)],
        status_sentences: vec![Sentence::public(text)],
        upcoming_sessions: Vec::new(),
        findings: vec![finding(text, Rule::LinkDead), finding(text, Rule::LabelMissing)],
        observations: [Verdict::Dead, Verdict::Unreachable, Verdict::Hidden].map(|is| observation(text, is)).into(),
        read_failures: vec![ReadFailure { what: text.to_owned(), why: text.to_owned(), cause: FailureCause::Human }],
        restricted_failures: std::collections::BTreeMap::new(),
        unfinished: false,
    }
}

/// Every JSON text and every other text that is made of a text from outside.
fn outputs_of(text: &str) -> (Vec<String>, Vec<String>) {
    let runs = [run_of(text)];
    let now = "2026-11-24T06:00:00Z".parse().unwrap();
    let [mut json_texts, mut texts] = [Vec::new(), Vec::new()];
    for plan_only in [true, false] {
        let report = RunReport {
            runs: Confidential::restrict(&runs[..]),
            plan_only,
            now,
            stamp: "",
            read_requests: 0,
            public_read_requests: 0,
            write_requests: 0,
            took_ms: 0,
        };
        json_texts.extend([json::render(&report), annotations::render(&report.for_audience::<Public>())]);
        texts.extend([
            terminal::render(&report, DetailLevel::Verbose),
            terminal::render(&report, DetailLevel::Quiet),
            junit::render(&report.for_audience::<Public>()),
            slack::render(&report.for_audience::<Public>()),
        ]);
    }
    let entry = AuditEntry {
        time: now,
        method: text.to_owned(),
        path: text.to_owned(),
        iid: None,
        status: None,
        request_id: Some(text.to_owned()),
    };
    json_texts.push(audit::render(Team::restrict(&[entry][..])));
    let check_report = CheckReport {
        link_count: 1,
        unique_url_count: 1,
        observations: Team::restrict(runs[0].observations.as_slice()),
        findings: Team::restrict(&runs[0].findings[..]),
        inconclusive_reason: Some(text),
        unread: &[UnreadDocument { path: text.to_owned(), why: text.to_owned() }],
        requests: RequestCounts { read: 0, write: 0, web: 0 },
        public_requests: RequestCounts { read: 0, write: 0, web: 0 },
        host_traffic: [].as_slice().into(),
        took_ms: 0,
        detail: DetailLevel::Verbose,
        shard: None,
        change: None,
    };
    let mut check_json = Vec::new();
    check::write_json(&check_report, &mut check_json).unwrap();
    json_texts.push(String::from_utf8(check_json).unwrap());
    texts.extend([Some(80), None].map(|width| check::render_text(&check_report, width)));
    let source =
        format!("---\ntitle: \"{text}\"\n---\n\n## Members\n\n- {text}\n\n[{text}]({text}) ~\"{text}\" {text}\n");
    let pod_page = parse_pod_page(&source, text);
    json_texts.push(page::render_json(Public::restrict(&pod_page)));
    texts.push(page::render_text(Public::restrict(&pod_page), text));
    (json_texts, texts)
}

fn first_deceiving(text: &str) -> Option<String> {
    text.chars().find(|c| deceives(*c) || matches!(c, '\u{2028}' | '\u{2029}')).map(|c| c.escape_unicode().to_string())
}

proptest! {
    #[test]
    fn no_text_whatever_shows_a_character_that_is_not_seen(text in hostile_text()) {
        let (json_texts, texts) = outputs_of(&text);
        for json in json_texts {
            // By the serializer alone; the way out then changes nothing but secrets, and the values are the same.
            prop_assert_eq!(first_deceiving(&json), None, "{}", json);
            prop_assert!(json.lines().all(|line| serde_json::from_str::<Value>(line).is_ok())
                || serde_json::from_str::<Value>(&json).is_ok(), "{}", json);
            prop_assert_eq!(written(|out| out.print(&json)), written(|out| out.print_stream(|to| to.write_all(json.as_bytes()))));
        }
        for text in texts {
            for shown in [
                written(|out| out.print(&text)),
                written(|out| out.print_report(&text)),
                written(|out| out.print_note(&text)),
                written(|out| out.print_error_line(&text)),
                written(|out| out.print_stream(|to| to.write_all(text.as_bytes()))),
                written(|out| assert_eq!(out.clean(&text), out.clean(&out.clean(&text)))),
            ] {
                let hidden = shown.chars().find(|c| !c.is_ascii() && deceives(*c));
                prop_assert_eq!(hidden, None, "{}", shown);
            }
        }
    }
}

#[test]
fn the_property_sees_a_character_that_is_not_seen() {
    for (first, last) in DECEIVING {
        for code in [first, last] {
            let c = char::from_u32(code).unwrap();
            assert!(first_deceiving(&format!("a{c}b")).is_some());
            let shown = written(|out| out.print(&format!("a{c}b")));
            assert!(c.is_ascii() || !shown.contains(c), "{shown}");
        }
    }
}
