use super::*;
use crate::decide::tests::{account, issue, now, pod, seen};
use crate::pod::PodKey;
use crate::pod::marker::parse;
use crate::pod::observed::{Blind, Cause};
use crate::pod::snapshot::Project;

fn finding(url: &str) -> (String, Finding) {
    let mut finding = Finding::new(Rule::LinkDead, url, format!("{url}: gone"));
    finding.since = Some(now().date_naive());
    ("Docs".to_owned(), finding)
}

fn wanted(urls: &[&str]) -> Wanted {
    let failing = Failing { dead_since: Some(now().date_naive()), ..Failing::from(now()) };
    Wanted {
        kind: ReportKind::Links,
        told: urls.iter().map(|url| finding(url)).collect(),
        remember: urls.iter().map(|url| ((*url).to_owned(), failing)).collect(),
        keeps_words: false,
    }
}

fn reports(issues: Vec<PairingIssue>) -> Observed<ReportsSeen> {
    let project = Project {
        id: 9,
        path: "g/reports".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: false,
        role: None,
        url: "https://gitlab.example/g/reports".to_owned(),
    };
    let others = Observed::Present(Vec::new());
    Observed::Present(ReportsSeen { project, bot: account(7), issues, others })
}

/// A report as podkeeper left it, saying what `told` says.
fn report(iid: u64, told: &Wanted, open: bool) -> PairingIssue {
    let body = format!("{}\n\nwords of a person\n", render(&block(&pod(), told, State::default())));
    let mut issue = issue(iid, "links", &body);
    issue.open = open;
    issue.closed_at = (!open).then(|| now() + Duration::hours(1));
    issue
}

fn plan(wanted: &Wanted, reports: Observed<ReportsSeen>) -> String {
    plan_at(now(), wanted, reports)
}

fn plan_at(at: DateTime<Utc>, wanted: &Wanted, reports: Observed<ReportsSeen>) -> String {
    let mut snapshot = seen(Vec::new());
    snapshot.now = at;
    snapshot.reports = reports;
    let mut parts = Parts::default();
    keep(&pod(), &snapshot, wanted, &mut parts);
    parts.actions.iter().fold(String::new(), |out, action| out + action.kind() + " " + &action.subject() + "\n")
}

/// style.md §7: the table, row by row.
#[test]
fn the_table_of_the_living_report() {
    let (none, some) = (wanted(&[]), wanted(&["https://a.example/"]));
    let other = wanted(&["https://b.example/"]);
    let closed_when_clean = |iid| report(iid, &none, false);
    assert_eq!(plan(&none, reports(vec![])), "", "nothing to tell and no report");
    assert_eq!(plan(&none, reports(vec![closed_when_clean(4)])), "", "nothing to tell and it is closed");
    assert_eq!(plan(&none, reports(vec![report(4, &some, true)])), "close-report #4\n");
    assert_eq!(plan(&some, reports(vec![])), "open-report report alpha/links\n");
    assert_eq!(plan(&some, reports(vec![report(4, &some, true)])), "", "it says so already");
    assert_eq!(plan(&some, reports(vec![report(4, &other, true)])), "rewrite-report #4\n");
    let unseen = Observed::Unknown(Blind { what: String::new(), why: String::new(), cause: Cause::Unavailable });
    assert_eq!(plan(&some, unseen), "", "what was not seen is left alone");
    assert_eq!(plan(&some, Observed::Absent), "", "none is configured: it is printed only");
    let twins = vec![report(4, &some, true), report(6, &some, true)];
    assert_eq!(plan(&some, reports(twins)), "close-report #6\n");
}

#[test]
fn a_report_reopens_on_evidence_that_is_newer_than_the_close() {
    let old = wanted(&["https://a.example/"]);
    let by_hand = report(4, &old, false);
    assert_eq!(plan_at(now() + Duration::days(13), &old, reports(vec![by_hand.clone()])), "", "a person closed it");
    assert_eq!(plan_at(now() + Duration::days(15), &old, reports(vec![by_hand.clone()])), "reopen-report #4\n");
    let mut new = wanted(&["https://a.example/", "https://b.example/"]);
    let failing = Failing::from(now() + Duration::days(2));
    new.remember.insert("https://b.example/".to_owned(), failing);
    assert_eq!(plan_at(now() + Duration::days(2), &new, reports(vec![by_hand])), "reopen-report #4\n");
}

#[test]
fn what_is_only_remembered_makes_a_report_that_closes_at_once() {
    let mut silent = wanted(&[]);
    let failing = Failing::from(now());
    silent.remember.insert("https://a.example/".to_owned(), failing);
    assert_eq!(plan(&silent, reports(vec![])), "open-report report alpha/links\n");
    assert_eq!(plan(&silent, reports(vec![report(4, &silent, true)])), "close-report #4\n");
    assert_eq!(plan(&silent, reports(vec![report(4, &silent, false)])), "", "its block is the memory");
    assert_eq!(plan(&wanted(&[]), reports(vec![report(4, &silent, false)])), "rewrite-report #4\n", "it is forgotten");
}

#[test]
fn a_report_by_somebody_else_and_a_damaged_one_are_left_alone() {
    let some = wanted(&["https://a.example/"]);
    let mut foreign = report(4, &some, true);
    foreign.author = account(9);
    assert_eq!(plan(&some, reports(vec![foreign])), "open-report report alpha/links\n");
    let body = "<!-- podkeeper:v1 report alpha/links -->\nno end";
    assert_eq!(plan(&some, reports(vec![issue(4, "x", body)])), "");
}

/// A report that is left alone because it is damaged is told of, under a former key of the pod too.
#[test]
fn a_damaged_report_is_told_of_under_every_key_of_the_pod() {
    let some = wanted(&["https://a.example/"]);
    let renamed = Pod { formerly: vec![PodKey::parse("before").unwrap()], ..pod() };
    for (key, told) in [("alpha", 1), ("before", 1), ("other", 0)] {
        let body = format!("<!-- podkeeper:v1 report {key}/links -->\nno end");
        let mut snapshot = seen(Vec::new());
        snapshot.reports = reports(vec![issue(4, "x", &body)]);
        let mut parts = Parts::default();
        project(&renamed, &snapshot, &mut parts);
        let damaged = parts.findings.iter().filter(|found| found.rule == Rule::MarkerDamaged).count();
        keep(&renamed, &snapshot, &some, &mut parts);
        assert_eq!((damaged, parts.actions.is_empty()), (told, told == 1), "{key}");
    }
}

#[test]
fn the_roster_is_told_only_where_only_members_see_it() {
    let mut roster = wanted(&["@someone"]);
    roster.kind = ReportKind::Roster;
    let mut snapshot = seen(Vec::new());
    snapshot.reports = reports(Vec::new());
    let mut open = pod();
    open.reports.confidential = false;
    let mut parts = Parts::default();
    keep(&open, &snapshot, &roster, &mut parts);
    assert!(parts.actions.is_empty());
    assert_eq!(parts.findings[0].rule, Rule::ReportRefused);
    let mut parts = Parts::default();
    keep(&pod(), &snapshot, &roster, &mut parts);
    assert!(matches!(parts.actions[0].change, Change::OpenReport { confidential: true, .. }));
    // A report is as confidential as it is today, whatever the configuration says.
    for (confidential, writes) in [(true, 1), (false, 0)] {
        let mut old = wanted(&["@somebody-else"]);
        old.kind = ReportKind::Roster;
        snapshot.reports = reports(vec![PairingIssue { confidential, ..report(4, &old, true) }]);
        let mut parts = Parts::default();
        keep(&pod(), &snapshot, &roster, &mut parts);
        assert_eq!((parts.actions.len(), parts.findings.len()), (writes, 1 - writes));
        assert!(parts.findings.iter().all(|found| found.rule == Rule::ReportRefused && found.message.contains("#4")));
    }
}

#[test]
fn the_body_is_a_function_of_the_findings_and_reads_back() {
    let some = wanted(&["https://a.example/", "https://b.example/"]);
    let first = render(&block(&pod(), &some, State::default()));
    assert_eq!(first, render(&block(&pod(), &some, State::default())));
    let Marked::Block(found) = parse(&first) else { panic!("{first}") };
    assert_eq!(found.state.failing, some.remember);
    insta::assert_snapshot!(found.text, @r"
    **Docs**

    - **link-dead**, since 2026-11-24: `https://a.example/`: gone\
      Replace the link or take it out.
    - **link-dead**, since 2026-11-24: `https://b.example/`: gone\
      Replace the link or take it out.

    <sub>podkeeper · alpha/links · closes itself when nothing is left · below this line is yours</sub>
    ");
}

#[test]
fn nothing_of_a_finding_acts() {
    let hostile = "https://a.example/\n/close @all #1 ~bug <!-- podkeeper:v1 end -->";
    let mut some = wanted(&[hostile]);
    some.told[0].0 = "/close\n/assign @all".to_owned();
    let text = block(&pod(), &some, State::default()).text;
    assert!(text.lines().all(|line| !line.trim_start().starts_with('/')), "{text}");
    let rendered = render(&block(&pod(), &some, State::default()));
    assert!(matches!(parse(&rendered), Marked::Block(_)), "{rendered}");
    assert_eq!(rendered.matches("<!-- podkeeper:v1 end -->").count(), 1);
}
