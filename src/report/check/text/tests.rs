use super::*;
use crate::pod::pod_page::LinkKind;
use crate::pod::rule::Rule;
use crate::pod::verdict::{LinkPlace, Observation, Verdict};
use crate::report::Team;
use crate::report::check::RequestCounts;

const OLD: &str = "https://docs.example.com/a-rather-long-path/to-a-page/that-has-moved/somewhere-else.html";
const NEW: &str = "https://docs.example.com/the-new-place/of-that-same-page.html";

fn at(finding: Finding, path: &str, line: usize, column: usize) -> Finding {
    finding.with_place(Place { path: path.to_owned(), line, column })
}

/// Two pages and something about none.
fn findings() -> Vec<Finding> {
    let moved = Finding::new(Rule::LinkMoved, OLD, format!("{OLD}: it moved for good"));
    let words = "„Grüße“ steht hier als „GrÃ¼ÃŸe“, in der falschen Kodierung";
    vec![
        at(moved.with_advice(format!("Write {NEW} instead.")), "docs/größe.md", 12, 3),
        at(Finding::new(Rule::TextMojibake, "x", words), "docs/größe.md", 2, 10),
        at(Finding::new(Rule::LabelEmpty, "~\"\"", "a label reference\nwithout a name"), "b.md", 7, 1),
        Finding::new(Rule::ExceptionUnused, "x", "the exception for x matches nothing"),
    ]
}

fn reported(findings: &[Finding], width: Option<usize>) -> String {
    let alive = [Observation::new(NEW.to_owned(), LinkKind::Web, Verdict::Alive, String::new())];
    let report = CheckReport {
        change: None,
        link_count: 3,
        unique_url_count: 2,
        observations: Team::restrict(alive.as_slice()),
        findings: Team::restrict(findings),
        unread: &[],
        inconclusive_reason: Some("5 of 9 links fail that did not fail before"),
        requests: RequestCounts { read: 0, write: 0, web: 2 },
        public_requests: RequestCounts { read: 0, write: 0, web: 2 },
        host_traffic: [].as_slice().into(),
        took_ms: 1,
        detail: DetailLevel::Normal,
        shard: Some((2, 8)),
    };
    render_text(&report, width)
}

#[test]
fn without_a_terminal_a_finding_is_two_lines_that_hold_all_of_it() {
    let expected = format!(
        "  ! exception-unused: the exception for x matches nothing\n\
         \x20     fix: Remove it.\n\
         1 finding in b.md\n\
         \x20 ! b.md:7:1 label-empty: a label reference without a name\n\
         \x20     fix: Name the label or take the reference out.\n\
         2 findings in docs/größe.md\n\
         \x20 ! docs/größe.md:2:10 text-mojibake: „Grüße“ steht hier als „GrÃ¼ÃŸe“, in der falschen Kodierung\n\
         \x20     fix: Replace them by the mended text.\n\
         \x20 ! docs/größe.md:12:3 link-moved: {OLD}: it moved for good\n\
         \x20     fix: Write {NEW} instead.\n\
         Inconclusive: 5 of 9 links fail that did not fail before.\n\
         3 links, 2 different: 1 alive\n\
         Shard 2 of 8: these are its own links; labels and the rest of the pages are not its business.\n"
    );
    assert_eq!(reported(&findings(), None), expected);
}

#[test]
fn a_terminal_of_80_columns_has_the_fault_and_the_fix_below_the_place() {
    let expected = format!(
        "  ! exception-unused\n\
         \x20     the exception for x matches nothing\n\
         \x20     fix: Remove it.\n\
         \n\
         1 finding in b.md\n\
         \x20 ! b.md:7:1 label-empty\n\
         \x20     a label reference without a name\n\
         \x20     fix: Name the label or take the reference out.\n\
         \n\
         2 findings in docs/größe.md\n\
         \x20 ! docs/größe.md:2:10 text-mojibake\n\
         \x20     „Grüße“ steht hier als „GrÃ¼ÃŸe“, in der falschen Kodierung\n\
         \x20     fix: Replace them by the mended text.\n\
         \x20 ! docs/größe.md:12:3 link-moved\n\
         \x20     {OLD}:\n\
         \x20     it moved for good\n\
         \x20     fix: Write {NEW}\n\
         \x20          instead.\n\
         \n\
         Inconclusive: 5 of 9 links fail that did not fail before.\n\
         3 links, 2 different: 1 alive\n\
         Shard 2 of 8: these are its own links; labels and the rest of the pages are not\n\
         its business.\n"
    );
    assert_eq!(reported(&findings(), Some(80)), expected);
}

#[test]
fn a_narrow_terminal_cuts_sentences_and_never_an_address_or_a_place() {
    let narrow = reported(&findings(), Some(40));
    assert!(narrow.contains("      „Grüße“ steht hier als „GrÃ¼ÃŸe“,\n      in der falschen Kodierung\n"), "{narrow}");
    for whole in [OLD, NEW, "docs/größe.md:12:3 "] {
        assert!(narrow.contains(whole), "{whole} is cut in\n{narrow}");
    }
    // Only what cannot be broken is longer than the terminal is wide.
    for line in narrow.lines().filter(|line| line.chars().count() > 40) {
        assert!(line.trim().split(' ').count() == 1, "{line}");
    }
}

#[test]
fn what_would_move_the_cursor_is_not_shown() {
    let hostile = at(Finding::new(Rule::LabelEmpty, "x", "m"), "a\u{1b}[2J\u{202e}.md", 1, 1);
    for width in [None, Some(80)] {
        let reported = reported(std::slice::from_ref(&hostile), width);
        assert!(
            reported.contains(r"a[2J\u{202e}.md:1:1 ") && !reported.contains(['\u{1b}', '\u{202e}']),
            "{reported:?}"
        );
    }
}

/// Links of all kinds that nobody can say anything of.
fn unseen(verbose: bool, silent: usize, width: Option<usize>) -> String {
    let place = |line| LinkPlace { path: "a.md".into(), document: 0, line, column: 3 };
    let seen = |url: &str, verdict, reason: &'static str, lines: &[usize]| Observation {
        places: lines.iter().map(|line| place(*line)).collect(),
        ..Observation::new(url, LinkKind::Web, verdict, reason)
    };
    let mut observations: Vec<_> = (0..silent)
        .map(|n| {
            seen(&format!("https://down.example/{n:02}"), Verdict::Unreachable, "its name is unknown", &[n + 1, 99])
        })
        .collect();
    observations.push(seen("https://private.example/", Verdict::Refused, "HTTP 403", &[7]));
    observations.push(seen("https://team.example/", Verdict::Login, "", &[5]));
    let report = CheckReport {
        link_count: 4,
        unique_url_count: observations.len(),
        observations: Team::restrict(observations.as_slice()),
        findings: Team::restrict(&[]),
        unread: &[],
        inconclusive_reason: None,
        requests: RequestCounts { read: 0, write: 0, web: 2 },
        public_requests: RequestCounts { read: 0, write: 0, web: 2 },
        host_traffic: [].as_slice().into(),
        took_ms: 1,
        detail: if verbose { DetailLevel::Verbose } else { DetailLevel::Normal },
        shard: None,
        change: None,
    };
    render_text(&report, width)
}

#[test]
fn a_silent_link_is_named_and_what_is_private_only_for_those_who_ask() {
    assert_eq!(
        unseen(false, 1, None),
        "1 link gave no useful answer, which may pass\n\
         \x20 ? a.md:1:3, and in 1 other place: https://down.example/00: its name is unknown\n\
         4 links, 3 different: 1 login, 1 refused, 1 unreachable\n\
         With -v each of these is named: login, refused.\n"
    );
    assert_eq!(
        unseen(true, 1, Some(80)),
        "1 link gave no useful answer, which may pass\n\
         \x20 ? a.md:1:3, and in 1 other place\n\
         \x20     https://down.example/00: its name is unknown\n\
         \n\
         login: 1 link\n\
         \x20 ? a.md:5:3\n\
         \x20     https://team.example/\n\
         \n\
         refused: 1 link\n\
         \x20 ? a.md:7:3\n\
         \x20     https://private.example/: HTTP 403\n\
         \n\
         4 links, 3 different: 1 login, 1 refused, 1 unreachable\n"
    );
}

#[test]
fn of_many_silent_links_the_first_are_named() {
    let reported = unseen(false, 30, None);
    assert!(
        reported.contains("30 links gave no useful answer")
            && reported.contains("/19: ")
            && !reported.contains("/20: "),
        "{reported}"
    );
    assert!(reported.contains("\n  and 10 more, which -v names\n"), "{reported}");
    assert!(unseen(true, 30, None).contains("/29: "));
}

#[test]
fn a_dead_link_is_told_with_all_its_places() {
    let place = |line| LinkPlace { path: "a.md".into(), document: 0, line, column: 3 };
    let reported = |last, verbose| {
        let places = (1..=last).map(place).collect();
        let seen = [Observation { places, ..Observation::new("x.md", LinkKind::Path, Verdict::Dead, "gone") }];
        let finding = Finding::new(Rule::LinkDead, "x.md", "x.md: gone").with_place((&place(1)).into());
        let findings = [finding.with_advice("Write another.")];
        let report = CheckReport {
            link_count: last,
            unique_url_count: 1,
            observations: Team::restrict(&seen[..]),
            findings: Team::restrict(&findings),
            unread: &[],
            inconclusive_reason: None,
            requests: RequestCounts { read: 0, write: 0, web: 0 },
            public_requests: RequestCounts { read: 0, write: 0, web: 0 },
            host_traffic: [].as_slice().into(),
            took_ms: 1,
            detail: if verbose { DetailLevel::Verbose } else { DetailLevel::Normal },
            shard: None,
            change: None,
        };
        render_text(&report, None)
    };
    assert!(
        reported(3, false).contains("\n      fix: Write another.\n      also at: a.md:2:3, a.md:3:3\n"),
        "{}",
        reported(3, false)
    );
    assert!(
        reported(9, false)
            .contains("also at: a.md:2:3, a.md:3:3, a.md:4:3, a.md:5:3, a.md:6:3, 3 more, which -v names\n")
    );
    assert!(reported(9, true).contains(", a.md:9:3\n") && !reported(1, false).contains("also at"));
}
