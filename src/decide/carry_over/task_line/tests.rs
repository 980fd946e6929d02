use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::pod::session_notes::SessionNotes;

fn links(gitlab: &Url) -> LinkPolicy<'_> {
    LinkPolicy { gitlab, own_project: "desk/pairing" }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The lines that a task's Markdown moves on as, as a pin and as a task.
fn carry(markdown: &str) -> [TaskLine; 2] {
    let gitlab: Url = "https://gitlab.example/".parse().unwrap();
    let notes = SessionNotes::parse(&format!("# Pinned tickets\n- [ ] {markdown}\n"));
    let task = notes.pinned.first().unwrap_or_else(|| panic!("no task: {markdown:?}"));
    let (date, url) = (day("2026-12-03"), "https://gitlab.example/desk/pairing/-/issues/7");
    [TaskLine::of_pin(task, date, &links(&gitlab)), TaskLine::of_task(task, date, url, &links(&gitlab))]
}

#[test]
fn a_pin_moves_as_its_address_alone() {
    for (written, moved) in [
        ("ACME is angry: https://tickets.example/482913", "[482913](https://tickets.example/482913)"),
        (
            "[ACME](https://tickets.example/agent/tickets/7/) and https://b.example/1",
            "[7](https://tickets.example/agent/tickets/7/)",
        ),
        ("https://tickets.example/a/b?c=d", "[tickets.example](https://tickets.example/a/b?c=d)"),
        (
            "[482913](https://tickets.example/482913) · since 12 November, third session · **still needed?**",
            "[482913](https://tickets.example/482913)",
        ),
        ("no address, @ada", "no address, `@ada`"),
        ("[5](https://gitlab.example/a/b/-/issues/5)", "5 `https://gitlab.example/a/b/-/issues/5`"),
    ] {
        assert_eq!(carry(written)[0].text, moved, "{written}");
    }
}

#[test]
fn a_task_moves_with_its_words_and_no_power() {
    for (written, moved) in [
        ("Ask **the team** about `x.y` (Mateo)", "Ask the team about x.y (Mateo)"),
        ("@all look at #12 and g/p!3 /close", "`@all` look at `#12` and `g/p!3` `/close`"),
        (
            "see [docs](https://docs.example/a(b)), then [x](javascript:alert(1))",
            "see [docs](https://docs.example/a%28b%29), then x",
        ),
        (
            "review https://gitlab.example/a/b/-/merge_requests/5",
            "review `https://gitlab.example/a/b/-/merge_requests/5`",
        ),
        (
            "as in https://gitlab.example/desk/pairing/-/issues/3",
            "as in <https://gitlab.example/desk/pairing/-/issues/3>",
        ),
        ("read https://gitlab.example/a/b/-/blob/main/x.md", "read <https://gitlab.example/a/b/-/blob/main/x.md>"),
        (
            "two lines\n  of text\n\n  and a paragraph",
            "two lines of text [more](https://gitlab.example/desk/pairing/-/issues/7)",
        ),
        ("<!-- x --> shown", "shown"),
    ] {
        assert_eq!(carry(written)[1].text, moved, "{written}");
    }
}

#[test]
fn since_when_it_waits_is_read_and_written() {
    let task = |text: &str| carry(text)[1].clone();
    for (written, text, since) in [
        ("a · since 12 November", "a", Some("2026-11-12")),
        ("a · since 12 November, third session · **still needed?**", "a", Some("2026-11-12")),
        ("a · since 31 December, 13th session · **still needed?** yes (Ada)", "a yes (Ada)", Some("2025-12-31")),
        ("a · since 12 November 2024, second session", "a", Some("2024-11-12")),
        ("a · since 29 February", "a", Some("2024-02-29")),
        ("a · since 1 January 2099", "a", None),
        ("waits since 12 November", "waits since 12 November", None),
        ("a · since yesterday", "a `·` since yesterday", None),
    ] {
        let line = task(written);
        assert_eq!((line.text.as_str(), line.since), (text, since.map(day)), "{written}");
    }
    let (line, at) = (task("a"), day("2026-12-03"));
    for (since, sessions, rendered) in [
        ("2026-11-26", 1, "- [ ] a · since 26 November"),
        ("2026-11-19", 2, "- [ ] a · since 19 November, second session"),
        ("2026-11-12", 3, "- [ ] a · since 12 November, third session · **still needed?**"),
        ("2025-11-12", 55, "- [ ] a · since 12 November 2025, 55th session · **still needed?**"),
    ] {
        assert_eq!(line.render(day(since), at, sessions), rendered);
        assert_eq!(task(rendered.strip_prefix("- [ ] ").unwrap()).since, Some(day(since)));
    }
    assert_eq!(["21st", "22nd", "23rd", "111th"], [21, 22, 23, 111].map(ordinal));
}

#[test]
fn an_editors_spelling_is_the_same_task() {
    for (one, other) in [
        ("ask about a\\_b", "ask about a_b"),
        ("see https://a.example/x", "see <https://a.example/x>"),
        ("a **bold** word · since 12 November", "a __bold__ word &middot; since 12 November"),
        ("long\n  lines", "long lines"),
    ] {
        assert_eq!(carry(one)[1].key, carry(other)[1].key, "{one}");
    }
}

proptest! {
    /// What has moved once moves on as it is: the same words, the same key, whatever people wrote.
    #[test]
    fn moving_on_again_changes_nothing(text in "[a-z@#!&~*_`<>\\[\\]()\\\\ .,:;/0-9·…é|$^{}=+'\"-]{0,60}[a-z]") {
        let gitlab: Url = "https://gitlab.example/".parse().unwrap();
        let notes = SessionNotes::parse(&format!("# Pinned tickets\n- [ ] {text}\n"));
        prop_assume!(!notes.pinned.is_empty());
        for (pin, line) in carry(&text).into_iter().enumerate() {
            prop_assume!(!line.text.is_empty());
            let rendered = line.render(day("2026-11-12"), day("2026-12-03"), 3);
            let again = carry(rendered.strip_prefix("- [ ] ").unwrap())[pin].clone();
            prop_assert_eq!(&again.text, &line.text);
            prop_assert_eq!(&again.key, &line.key);
            prop_assert_eq!(again.since, Some(day("2026-11-12")));
            prop_assert!(links(&gitlab).own_project == "desk/pairing");
        }
    }
}
