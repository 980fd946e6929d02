use super::*;
use crate::pod::pod_page::LinkKind;
use crate::pod::verdict::{Assessment, LinkPlace};

fn seen(url: &str, verdict: Verdict) -> Observation {
    let place = LinkPlace { path: "page.md".into(), document: 0, line: 7, column: 3 };
    let status = (verdict != Verdict::Unreachable).then_some(200);
    let assessment = Assessment { status, ..Assessment::new(verdict, "a reason") }.into();
    Observation { url: url.into(), kind: LinkKind::Web, assessment, places: vec![place] }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn codes(assessment: &LinksAssessment) -> Vec<&'static str> {
    assessment.findings.iter().map(|finding| finding.rule.code()).collect()
}

const MORNING: &str = "2026-11-24T06:00:00Z";
const NOON: &str = "2026-11-24T12:00:00Z";

#[test]
fn what_the_authority_calls_gone_is_told_at_once_and_remembered() {
    let first = assess(&[seen("https://a.example/", Verdict::Dead)], &BTreeMap::new(), at(MORNING));
    assert_eq!(codes(&first), ["link-dead"]);
    assert_eq!(first.findings[0].since, at(MORNING).date_naive().into());
    let next_week = assess(&[seen("https://a.example/", Verdict::Dead)], &first.remember, at("2026-12-01T06:00:00Z"));
    assert_eq!(next_week, first, "a second check of the same world says the same, byte for byte");
}

#[test]
fn a_silence_is_told_when_it_lasts() {
    let links = [seen("https://a.example/", Verdict::Unreachable)];
    let first = assess(&links, &BTreeMap::new(), at(MORNING));
    assert_eq!(codes(&first), Vec::<&str>::new());
    assert_eq!(first.remember.len(), 1, "but remembered");
    let soon = assess(&links, &first.remember, at("2026-11-24T11:59:00Z"));
    assert_eq!((codes(&soon), &soon.remember), (Vec::new(), &first.remember));
    let lasting = assess(&links, &first.remember, at(NOON));
    assert_eq!(codes(&lasting), ["link-unreachable"]);
    let later = assess(&links, &lasting.remember, at("2026-12-24T12:00:00Z"));
    assert_eq!(later, lasting, "its date does not move");
}

#[test]
fn what_was_gone_stays_told_for_two_weeks_while_nobody_can_see_it() {
    let dead = assess(&[seen("https://a.example/", Verdict::Dead)], &BTreeMap::new(), at(MORNING));
    for verdict in [Verdict::Hidden, Verdict::Login, Verdict::Refused, Verdict::Blocked] {
        let mut memory = dead.remember.clone();
        for (day, reported) in [("2026-11-24", true), ("2026-12-07", true), ("2026-12-08", false)] {
            let unseen = assess(&[seen("https://a.example/", verdict)], &memory, at(&format!("{day}T12:00:00Z")));
            assert_eq!(codes(&unseen), if reported { vec!["link-dead"] } else { Vec::new() }, "{verdict:?} {day}");
            assert_eq!(unseen.remember.is_empty(), !reported, "{verdict:?} {day}");
            memory = unseen.remember;
        }
    }
    for verdict in [Verdict::Alive, Verdict::Moved, Verdict::FragmentUnverifiable, Verdict::Skipped] {
        assert!(assess(&[seen("https://a.example/", verdict)], &dead.remember, at(NOON)).remember.is_empty());
    }
    assert!(assess(&[], &dead.remember, at(NOON)).remember.is_empty(), "a link that is off the page is forgotten");
}

/// A DNS failure, three weeks of 403, a second DNS failure: that is no silence of three weeks.
#[test]
fn any_answer_disproves_a_silence() {
    for verdict in [Verdict::Refused, Verdict::Hidden, Verdict::Login, Verdict::FragmentUnverifiable] {
        let silent = [seen("https://a.example/", Verdict::Unreachable)];
        let first = assess(&silent, &BTreeMap::new(), at(MORNING));
        let answered = assess(&[seen("https://a.example/", verdict)], &first.remember, at("2026-12-01T06:00:00Z"));
        assert!(answered.remember.is_empty(), "{verdict:?}");
        let again = assess(&silent, &answered.remember, at("2026-12-15T06:00:00Z"));
        assert_eq!(codes(&again), Vec::<&str>::new(), "{verdict:?}");
        // A silence that was reported ends in the same way.
        let reported = assess(&silent, &first.remember, at(NOON));
        assert_eq!(codes(&reported), ["link-unreachable"]);
        assert_eq!(
            codes(&assess(&[seen("https://a.example/", verdict)], &reported.remember, at(NOON))),
            Vec::<&str>::new()
        );
    }
}

#[test]
fn what_was_never_seen_failing_is_not_told() {
    for verdict in [Verdict::Hidden, Verdict::Login, Verdict::Refused, Verdict::Blocked, Verdict::Skipped] {
        let seen = assess(&[seen("https://a.example/", verdict)], &BTreeMap::new(), at(MORNING));
        assert_eq!(seen, LinksAssessment::default(), "{verdict:?}");
    }
}

#[test]
fn when_much_fails_at_once_the_fault_is_on_this_side() {
    let world = |failing: usize, verdict: Verdict| -> Vec<Observation> {
        (0..20)
            .map(|n| seen(&format!("https://{n}.example/"), if n < failing { verdict } else { Verdict::Alive }))
            .collect()
    };
    for verdict in [Verdict::Dead, Verdict::Unreachable, Verdict::FragmentDead] {
        assert!(assess(&world(5, verdict), &BTreeMap::new(), at(MORNING)).inconclusive_reason.is_none(), "25 %");
        let held = assess(&world(18, verdict), &BTreeMap::new(), at(MORNING));
        assert_eq!((codes(&held), held.remember.len()), (vec!["links-inconclusive"], 18));
        // It is not held for ever.
        let soon = assess(&world(18, verdict), &held.remember, at("2026-11-24T11:59:00Z"));
        assert_eq!((codes(&soon), &soon.remember), (vec!["links-inconclusive"], &held.remember));
        let lasting = assess(&world(18, verdict), &held.remember, at(NOON));
        assert_eq!((lasting.findings.len(), lasting.inconclusive_reason), (18, None), "{verdict:?}");
    }
    // What failed before is no news.
    let known = assess(&world(5, Verdict::Dead), &BTreeMap::new(), at(MORNING)).remember;
    assert!(assess(&world(6, Verdict::Dead), &known, at(NOON)).inconclusive_reason.is_none());
    let held = assess(&world(18, Verdict::Dead), &known, at(NOON));
    assert_eq!(codes(&held), ["link-dead", "link-dead", "link-dead", "link-dead", "link-dead", "links-inconclusive"]);
}

/// A page with much that is gone: the rest of it still shows that a proxy says 404 to everything.
#[test]
fn what_was_told_before_does_not_hide_that_all_the_rest_fails_at_once() {
    let world = |failing: usize| -> Vec<Observation> {
        let verdict = |n: usize| if n < failing { Verdict::Dead } else { Verdict::Alive };
        (0..40).map(|n| seen(&format!("https://{n}.example/"), verdict(n))).collect()
    };
    let held = assess(&world(30), &BTreeMap::new(), at(MORNING));
    let reported = assess(&world(30), &held.remember, at(NOON));
    assert_eq!((reported.findings.len(), &reported.inconclusive_reason), (30, &None));
    let bad_hour = assess(&world(40), &reported.remember, at("2026-11-24T13:00:00Z"));
    assert_eq!((codes(&bad_hour).len(), codes(&bad_hour)[30]), (31, "links-inconclusive"));
}

/// A host that comes and goes is reported once in a week, and again when it has lasted all the same.
#[test]
fn a_silence_that_is_seen_again_a_week_later_is_told() {
    let silent = [seen("https://a.example/", Verdict::Unreachable)];
    let mut memory = assess(&silent, &BTreeMap::new(), at(MORNING)).remember;
    for (verdict, time, reported) in [
        (Verdict::Unreachable, "2026-11-24T12:00:00Z", true),
        (Verdict::Alive, "2026-11-24T18:00:00Z", false),
        (Verdict::Unreachable, "2026-11-25T06:00:00Z", false),
        (Verdict::Unreachable, "2026-11-25T18:00:00Z", false),
        (Verdict::Unreachable, "2026-12-02T06:00:00Z", true),
    ] {
        let look = assess(&[seen("https://a.example/", verdict)], &memory, at(time));
        assert_eq!(!codes(&look).is_empty(), reported, "{verdict:?} at {time}");
        memory = look.remember;
    }
}

/// What is gone in a bad hour was reported as silent before and has answered since: that makes it no older.
#[test]
fn what_was_told_as_silent_and_is_gone_later_is_held_and_told_like_everything_else() {
    let world = |verdict: Verdict| -> Vec<Observation> {
        (0..10).map(|n| seen(&format!("https://{n}.example/"), verdict)).collect()
    };
    let mut memory = BTreeMap::new();
    for (verdict, time, reported) in [
        (Verdict::Unreachable, MORNING, 0),
        (Verdict::Unreachable, NOON, 10),
        (Verdict::Alive, "2026-11-24T18:00:00Z", 0),
        (Verdict::Dead, "2026-11-25T06:00:00Z", 0),
        (Verdict::Dead, "2026-11-25T12:00:00Z", 10),
    ] {
        let look = assess(&world(verdict), &memory, at(time));
        let codes = codes(&look).into_iter().filter(|code| *code != "links-inconclusive");
        assert_eq!(codes.count(), reported, "{verdict:?} at {time}");
        memory = look.remember;
    }
}

/// A place that was gone, a silence, a refusal: nobody has said that it is there again.
#[test]
fn a_silence_says_nothing_against_what_was_gone_before() {
    let world = |verdict: Verdict| -> Vec<Observation> {
        (0..10).map(|n| seen(&format!("https://{n}.example/"), verdict)).collect()
    };
    let mut memory = BTreeMap::new();
    for (verdict, time) in [
        (Verdict::FragmentDead, MORNING),
        (Verdict::Unreachable, NOON),
        (Verdict::Refused, "2026-11-25T06:00:00Z"),
        (Verdict::FragmentDead, "2026-11-26T06:00:00Z"),
    ] {
        let look = assess(&world(verdict), &memory, at(time));
        let reported = codes(&look).into_iter().filter(|code| *code != "links-inconclusive").count();
        assert_eq!(reported, if time == MORNING { 0 } else { 10 }, "{verdict:?} at {time}");
        memory = look.remember;
    }
}

/// What GitLab's API says is reported at once, however much it is; only where all of a kind are gone it waits for a
/// look.
#[test]
fn what_an_authority_vouches_for_is_told_at_once() {
    let files = |gone: usize, of: usize| -> Vec<Observation> {
        let file = |n: usize| {
            let verdict = if n < gone { Verdict::Dead } else { Verdict::Alive };
            Observation { kind: LinkKind::File, ..seen(&format!("https://gitlab.example/{n}"), verdict) }
        };
        (0..of).map(file).collect()
    };
    assert_eq!(codes(&assess(&files(9, 10), &BTreeMap::new(), at(MORNING))), ["link-dead"; 9]);
    assert_eq!(codes(&assess(&files(4, 4), &BTreeMap::new(), at(MORNING))), ["link-dead"; 4]);
    let first = assess(&files(5, 5), &BTreeMap::new(), at(MORNING));
    assert_eq!((codes(&first), first.remember.len()), (vec!["links-common-cause"], 5));
    let next = assess(&files(5, 5), &first.remember, at(MORNING));
    assert_eq!((codes(&next), next.inconclusive_reason), (vec!["link-dead"; 5], None));
}

#[test]
fn a_moved_link_is_information_with_its_new_address() {
    let seen = seen("https://a.example/old", Verdict::Moved);
    let with_address =
        Assessment { suggestion: Some("https://a.example/new".into()), ..Assessment::clone(&seen.assessment) };
    let moved = Observation { assessment: with_address.into(), ..seen };
    let assessment = assess(&[moved], &BTreeMap::new(), at(MORNING));
    assert_eq!(codes(&assessment), ["link-moved"]);
    assert_eq!(assessment.findings[0].advice, "Write https://a.example/new instead.");
}

/// GitLab makes a label of a word if there is one, and leaves it as text otherwise.
#[test]
fn a_word_behind_a_tilde_is_no_missing_label() {
    use crate::pod::pod_page::LabelReference;
    use crate::pod::text::Untrusted;
    let label = |name: &str, may_be_prose| {
        let (name, section) = (Untrusted::new(name), Untrusted::default());
        LabelReference { name, may_be_prose, line: 1, section }
    };
    let labels = vec![label("twenty", true), label("bug", true), label("a::b", false), label("two words", false)];
    let page = PodPage { labels, ..PodPage::default() };
    let retired = LabelVerdict::Retired("defect".to_owned());
    let missing = ["twenty", "a::b", "two words"].map(|name| (name, LabelVerdict::Missing));
    let all = missing.into_iter().chain([("bug", retired)]).map(|(name, verdict)| (name.to_owned(), verdict));
    let verdicts = LabelVerdicts { by_name: all.collect(), ..LabelVerdicts::default() };
    let told = label_findings(&page, "page.md", &verdicts);
    let told: Vec<_> = told.iter().map(|finding| (finding.rule.code(), finding.subject.as_str())).collect();
    assert_eq!(told, [("label-retired", "bug"), ("label-missing", "a::b"), ("label-missing", "two words")]);
}
