use super::*;
use crate::decide::tests::{account, issue, now, pod, seen};
use crate::pod::PodKey;
use crate::pod::marker::parse_body;
use crate::pod::observed::{FailureCause, ReadFailure};
use crate::pod::snapshot::Project;

fn finding(url: &str) -> Finding {
    let mut finding = Finding::new(Rule::LinkDead, url, format!("{url}: gone"));
    finding.since = Some(now().date_naive());
    finding
}

fn wanted(urls: &[&str]) -> DesiredReport {
    let failing = RememberedFailure { dead_since: Some(now().date_naive()), ..RememberedFailure::starting_at(now()) };
    DesiredReport {
        kind: ReportKind::Links,
        findings: urls.iter().map(|url| finding(url)).collect(),
        text: urls.join("\n"),
        remember: urls.iter().map(|url| ((*url).to_owned(), failing)).collect(),
        keeps_text: false,
    }
}

fn reports(issues: Vec<ObservedIssue>) -> Observed<ReportsProjectState> {
    let project = Project {
        id: 9,
        path: "g/reports".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: false,
        access_level: None,
        url: "https://gitlab.example/g/reports".to_owned(),
    };
    let others = Observed::Present(Vec::new());
    Observed::Present(ReportsProjectState { project, bot: account(7), issues, foreign_issues: others })
}

/// A report as podkeeper left it, saying what `told` says.
fn report(iid: u64, reported: &DesiredReport, open: bool) -> ObservedIssue {
    let body =
        format!("{}\n\nwords of a person\n", render_block(&build_block(&pod(), reported, BlockState::default())));
    let mut issue = issue(iid, "links", &body);
    issue.open = open;
    issue.closed_at = (!open).then(|| now() + Duration::hours(1));
    issue
}

fn plan(wanted: &DesiredReport, reports: Observed<ReportsProjectState>) -> String {
    plan_at(now(), wanted, reports)
}

fn plan_at(at: DateTime<Utc>, wanted: &DesiredReport, reports: Observed<ReportsProjectState>) -> String {
    let mut snapshot = seen(Vec::new());
    snapshot.now = at;
    snapshot.reports_project = reports;
    let mut parts = DecisionParts::default();
    update_report(&pod(), &snapshot, wanted, &mut parts);
    parts.actions.iter().fold(String::new(), |out, action| out + action.kind() + " " + &action.subject() + "\n")
}

/// The table of [`plan_change`], row by row.
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
    let unseen =
        Observed::Unknown(ReadFailure { what: String::new(), why: String::new(), cause: FailureCause::Unavailable });
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
    let failing = RememberedFailure::starting_at(now() + Duration::days(2));
    new.remember.insert("https://b.example/".to_owned(), failing);
    assert_eq!(plan_at(now() + Duration::days(2), &new, reports(vec![by_hand])), "reopen-report #4\n");
}

#[test]
fn what_is_only_remembered_makes_a_report_that_closes_at_once() {
    let mut silent = wanted(&[]);
    let failing = RememberedFailure::starting_at(now());
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

/// A report that is left alone because it is damaged is reported, under a former key of the pod too.
#[test]
fn a_damaged_report_is_told_of_under_every_key_of_the_pod() {
    let some = wanted(&["https://a.example/"]);
    let renamed = Pod { former_keys: vec![PodKey::parse("before").unwrap()], ..pod() };
    for (key, reported) in [("alpha", 1), ("before", 1), ("other", 0)] {
        let body = format!("<!-- podkeeper:v1 report {key}/links -->\nno end");
        let mut snapshot = seen(Vec::new());
        snapshot.reports_project = reports(vec![issue(4, "x", &body)]);
        let mut parts = DecisionParts::default();
        check_reports_project(&renamed, &snapshot, &mut parts);
        let damaged = parts.findings.iter().filter(|found| found.rule == Rule::MarkerDamaged).count();
        update_report(&renamed, &snapshot, &some, &mut parts);
        assert_eq!((damaged, parts.actions.is_empty()), (reported, reported == 1), "{key}");
    }
}

#[test]
fn the_roster_is_told_only_where_only_members_see_it() {
    let mut roster = wanted(&["@someone"]);
    roster.kind = ReportKind::Roster;
    let mut snapshot = seen(Vec::new());
    snapshot.reports_project = reports(Vec::new());
    let mut open = pod();
    open.reports.confidential = false;
    let mut parts = DecisionParts::default();
    update_report(&open, &snapshot, &roster, &mut parts);
    assert!(parts.actions.is_empty());
    assert_eq!(parts.findings[0].rule, Rule::ReportRefused);
    let mut parts = DecisionParts::default();
    update_report(&pod(), &snapshot, &roster, &mut parts);
    assert!(matches!(parts.actions[0].change, Change::OpenReport { confidential: true, .. }));
    // A report is as confidential as it is today, whatever the configuration says.
    for (confidential, writes) in [(true, 1), (false, 0)] {
        let mut old = wanted(&["@somebody-else"]);
        old.kind = ReportKind::Roster;
        snapshot.reports_project = reports(vec![ObservedIssue { confidential, ..report(4, &old, true) }]);
        let mut parts = DecisionParts::default();
        update_report(&pod(), &snapshot, &roster, &mut parts);
        assert_eq!((parts.actions.len(), parts.findings.len()), (writes, 1 - writes));
        assert!(parts.findings.iter().all(|found| found.rule == Rule::ReportRefused && found.message.contains("#4")));
    }
}

#[test]
fn the_body_is_a_function_of_the_findings_and_reads_back() {
    let some = wanted(&["https://a.example/", "https://b.example/"]);
    let first = render_block(&build_block(&pod(), &some, BlockState::default()));
    assert_eq!(first, render_block(&build_block(&pod(), &some, BlockState::default())));
    let ParsedBody::Block(found) = parse_body(&first) else { panic!("{first}") };
    assert_eq!(found.state.failing, some.remember);
    insta::assert_snapshot!(found.text, @r"
    https://a.example/
    https://b.example/

    <sub>podkeeper · alpha/links · closes itself when nothing is left · below this line is yours</sub>
    ");
}

/// Whoever can edit the issue edits the dates in it.
fn remembered_of_edited_report(
    edit: impl Fn(&mut RememberedFailure),
    opened: Option<DateTime<Utc>>,
) -> RememberedFailure {
    let mut edited = wanted(&["https://a.example/"]);
    edited.remember.values_mut().for_each(edit);
    let issue = ObservedIssue { created_at: opened, ..report(4, &edited, true) };
    let mut snapshot = seen(Vec::new());
    snapshot.now = now();
    snapshot.reports_project = reports(vec![issue]);
    let memory = remembered_failures(&pod(), &snapshot, ReportKind::Links);
    assert_eq!(report_memory(&pod(), &snapshot).unwrap()[&ReportKind::Links], memory);
    memory["https://a.example/"]
}

fn years(count: i64) -> Duration {
    Duration::days(365 * count)
}

fn silent(reports_in_years: Option<i64>) -> RememberedFailure {
    RememberedFailure { reported: reports_in_years.map(|n| now() + years(n)), ..RememberedFailure::starting_at(now()) }
}

#[test]
fn a_failure_that_begins_in_the_future_begins_now() {
    for dead_since in [None, Some(now().date_naive())] {
        let found = remembered_of_edited_report(
            |failing| *failing = RememberedFailure { failed_since: now() + years(9), dead_since, ..silent(None) },
            None,
        );
        // Neither silent for nine years nor reported at once: six hours later, like any other.
        assert_eq!(found, silent(None));
    }
}

#[test]
fn a_failure_that_was_reported_in_the_future_was_not_reported() {
    let yesterday = now() - Duration::days(1);
    let found = remembered_of_edited_report(
        |failing| *failing = RememberedFailure { failed_since: yesterday, ..silent(Some(9)) },
        None,
    );
    assert_eq!(found, RememberedFailure { failed_since: yesterday, ..silent(None) });
}

#[test]
fn a_failure_that_counts_as_broken_from_the_future_on_is_judged_anew() {
    let tomorrow = now().date_naive() + Duration::days(1);
    let yesterday = now() - Duration::days(1);
    let found = remembered_of_edited_report(
        |failing| {
            *failing = RememberedFailure { failed_since: yesterday, dead_since: Some(tomorrow), ..silent(Some(-1)) };
        },
        None,
    );
    assert_eq!(found, RememberedFailure { failed_since: yesterday, ..silent(None) });
}

#[test]
fn what_nobody_could_see_since_the_future_is_not_kept_for_years() {
    let tomorrow = now().date_naive() + Duration::days(1);
    let found = remembered_of_edited_report(|failing| failing.unseen_since = Some(tomorrow), None);
    assert_eq!(found.unseen_since, None);
}

#[test]
fn nothing_is_remembered_of_a_time_before_the_issue_was_there() {
    let long_ago = |failing: &mut RememberedFailure| {
        failing.failed_since = now() - years(200);
        failing.dead_since = Some((now() - years(200)).date_naive());
    };
    let opened = now() - Duration::days(3);
    for (created_at, earliest) in
        [(Some(opened), now() - Duration::days(4)), (None, "2025-01-01T00:00:00Z".parse().unwrap())]
    {
        let found = remembered_of_edited_report(long_ago, created_at);
        assert_eq!((found.failed_since, found.dead_since), (earliest, Some(earliest.date_naive())));
    }
    // What podkeeper wrote itself stays as it is, whichever clock opened the issue.
    let own = remembered_of_edited_report(|_| {}, Some(now() + Duration::minutes(5)));
    assert_eq!(own, wanted(&["https://a.example/"]).remember["https://a.example/"]);
}
