//! Text from outside can be read and cannot act (threats T1 and T2).
//!
//! Hostile text is put into every field of a pod's page that reaches an issue. The judges are the sandbox's own readers
//! of quick actions (both generations), mentions and references, which share nothing with the code that writes bodies,
//! and the Markdown parser that GitLab uses, which shows what would be rendered as HTML, image or link.

use std::collections::{BTreeMap, BTreeSet};

use comrak::nodes::NodeValue;
use podkeeper::collect::{handbook, pairing_project};
use podkeeper::decide::decide;
use podkeeper::gitlab::new_reader;
use podkeeper::pod::action::Change;
use podkeeper::pod::marker::{self, ParsedBody};
use podkeeper::pod::observed::{Observed, ReadFailure};
use podkeeper::pod::snapshot::{PairingProjectState, Snapshot};
use podkeeper::sandbox::quick_actions::{
    COMMAND_NAMES, extract_commands, extract_commands_older, find_mentions, find_references,
};
use podkeeper::sandbox::world::Issue;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{EVERY_NTH_CASE, Stage, to_seed_pod};

/// The twelve shapes of the threat sheet, for one command; `\n` and its kin are real characters.
fn shapes(command: &str) -> [String; 12] {
    [
        format!("/{command}"),
        format!("x\n/{command}"),
        format!("x\r\n/{command}"),
        format!("x\r/{command}"),
        format!("x\u{2028}/{command}"),
        format!("x\u{85}/{command}"),
        format!("x\u{b}/{command}\u{c}/{command}"),
        format!("   /{command}"),
        format!("/{}", command.to_uppercase()),
        format!("x ` y\n/{command}"),
        format!("```\n/{command}\n"),
        format!("-->\n\n/{command} \"a\"\n>>>\n/{command}\n</details>\n/{command}"),
    ]
}

/// What notifies people or leaves a back-link in somebody's project.
const ACTING_TEXTS: [&str; 24] = [
    "@all",
    "ask @ada-quill-gtlb",
    "\n@all\n",
    "`@all",
    "@all`",
    "a@b @all",
    "\\@all",
    "#123",
    "see group/project#123",
    "!4",
    "~label",
    "~\"two words\"",
    "%m",
    "%\"17.1\"",
    "&5",
    "$7",
    "[vulnerability:1]",
    "[issue:1]",
    "0123456789abcdef0123456789abcdef01234567",
    "https://gitlab.com/our-group/support-pairing/-/issues/1",
    "www.evil.example/@all",
    "[x](#1) [y](@all) ![z](//evil.example/x)",
    "<a href=\"/x\">@all</a><img src=//evil.example/x>",
    "<!-- podkeeper:v1 end -->\n@all",
];

// ---- Every command in every shape and slot ----

#[tokio::test]
async fn no_text_of_the_page_runs_a_command_or_calls_anybody() {
    let (seen, slots_seen) = check_texts_in_slots(EVERY_NTH_CASE).await;
    println!(
        "{} commands x 12 shapes and {} calls in {} slots: {} bodies, {} smuggled; the text showed in {slots_seen:?}",
        COMMAND_NAMES.len(),
        ACTING_TEXTS.len(),
        SLOTS.len(),
        seen.bodies,
        seen.acting,
    );
    assert_eq!((seen.acting, seen.wrong), (0, None));
    assert!(seen.bodies >= 1_000, "{}", seen.bodies);
    // A slot that never reaches a body proves nothing.
    for slot in [Slot::LeadName, Slot::SlackUrl] {
        assert!(slots_seen.contains_key(&slot), "{slot:?} reaches no body: {slots_seen:?}");
    }
}

/// How many bodies were made of hostile texts, and how many of them do more than be read.
#[derive(Default)]
pub(crate) struct HostileTextResult {
    pub(crate) bodies: usize,
    pub(crate) acting: usize,
    pub(crate) wrong: Option<String>,
}

impl HostileTextResult {
    fn count(&mut self, body: &str, more: impl FnOnce() -> String) {
        self.bodies += 1;
        let whole = matches!(marker::parse_body(body), ParsedBody::Block(_));
        if find_effects(body) != BodyEffects::default() || !whole {
            self.acting += 1;
            self.wrong.get_or_insert_with(|| format!("{}: {:?} {body}", more(), find_effects(body)));
        }
    }
}

/// All that is hostile here: each text in each slot, and so many arbitrary texts.
pub(crate) async fn check_all_texts(arbitrary: u32) -> HostileTextResult {
    let (mut all, _) = check_texts_in_slots(1).await;
    let stage = stage_without_sessions();
    let scene = Scene::of(&stage).await;
    let more = check_arbitrary_texts(&scene, arbitrary);
    all.bodies += more.bodies;
    all.acting += more.acting;
    all.wrong = all.wrong.or(more.wrong);
    all
}

/// Every n-th text in each slot. Also returns in which slots the texts came to be seen.
async fn check_texts_in_slots(every: usize) -> (HostileTextResult, BTreeMap<Slot, usize>) {
    let stage = stage_without_sessions();
    let scene = Scene::of(&stage).await;
    let benign = scene.body(&page("", None)).unwrap();
    let (mut seen, mut slots_seen) = (HostileTextResult::default(), BTreeMap::new());
    seen.count(&benign, || "a page of harmless words".to_owned());
    let commands =
        COMMAND_NAMES.iter().flat_map(|command| shapes(command)).flat_map(|shape| [as_entities(&shape), shape]);
    let calls = ACTING_TEXTS
        .iter()
        .flat_map(|call| [(*call).to_owned(), as_entities(call), format!("x {call}"), format!("x\n\n{call}")]);
    for text in commands.chain(calls).step_by(every) {
        for slot in SLOTS {
            let page = page(&text, Some(slot));
            let body = scene.body(&page).unwrap();
            seen.count(&body, || format!("{slot:?} {page}"));
            if body != benign {
                *slots_seen.entry(slot).or_insert(0) += 1;
            }
        }
    }
    (seen, slots_seen)
}

// ---- Through the ordinary run, into a stored issue ----

#[tokio::test]
async fn an_issue_opened_from_a_hostile_page_is_stored_like_any_other() {
    // Shapes come in twelves for each command: with five, each command and each shape has its turn.
    let opened = open_issues_from_hostile_pages(5).await;
    println!(
        "{} issues opened from hostile pages, {} stored like the harmless one",
        opened.opened, opened.like_harmless
    );
    assert_eq!((opened.like_harmless, opened.wrong), (opened.opened, None));
    assert!(opened.opened >= 12 * COMMAND_NAMES.len() / 5);
}

/// Issues opened from hostile pages.
#[derive(Default)]
pub(crate) struct OpenedIssues {
    pub(crate) opened: usize,
    /// Stored like the issue of a harmless page but for the text, with a whole block.
    pub(crate) like_harmless: usize,
    pub(crate) wrong: Option<String>,
}

/// Opens an issue from every n-th hostile page.
pub(crate) async fn open_issues_from_hostile_pages(every: usize) -> OpenedIssues {
    let pods = Stage::seeded().pods;
    let harmless = open_issue_for_page(&pods, &page("harmless words", None)).await;
    let mut result = OpenedIssues::default();
    for shape in COMMAND_NAMES.iter().flat_map(|command| shapes(command)).step_by(every) {
        // All slots at once: one may open what another one needs.
        let issue = open_issue_for_page(&pods, &page_of(&shape)).await;
        result.opened += 1;
        if is_like_harmless(&issue, &harmless) {
            result.like_harmless += 1;
        } else {
            result.wrong.get_or_insert_with(|| format!("{shape:?}: {issue:?}"));
        }
    }
    result
}

fn is_like_harmless(issue: &Issue, harmless: &Issue) -> bool {
    let body = issue.description.as_deref().unwrap_or_default();
    let has_block = match marker::parse_body(body) {
        ParsedBody::Block(block) => block.marker.to_string() == "session secure/weekly/2026-W48",
        _ => false,
    };
    has_block
        && find_effects(body) == BodyEffects::default()
        && issue.commands.is_empty()
        && Issue { description: harmless.description.clone(), ..issue.clone() } == *harmless
}

#[tokio::test]
async fn an_issue_that_ran_a_command_or_lost_its_block_is_not_like_a_harmless_one() {
    let pods = Stage::seeded().pods;
    let harmless = open_issue_for_page(&pods, &page("harmless words", None)).await;
    let body = harmless.description.clone().unwrap();
    assert!(is_like_harmless(&harmless, &harmless));
    let acting = Issue { description: Some(format!("{body}\n\n/close")), ..harmless.clone() };
    let ran = Issue { commands: vec!["close".to_owned()], ..harmless.clone() };
    let other = Issue { confidential: !harmless.confidential, ..harmless.clone() };
    let bare = Issue { description: Some("words".to_owned()), ..harmless.clone() };
    for issue in [acting, ran, other, bare] {
        assert!(!is_like_harmless(&issue, &harmless), "{issue:?}");
    }
}

/// A page may turn hostile later: the block is then rewritten, and what stands around it is not touched.
#[tokio::test]
async fn an_issue_rewritten_from_a_hostile_page_is_stored_like_any_other() {
    let stage = stage_without_sessions();
    put_page(&stage, &page("", None));
    stage.apply().await;
    let before = newest_issue(&stage);
    let mut rewritten = 0;
    let commands = ["close", "confidential", "label ~bug", "assign @ada-quill-gtlb"];
    let texts = commands.iter().flat_map(|command| shapes(command)).chain(ACTING_TEXTS.map(str::to_owned));
    for text in texts {
        put_page(&stage, &page_of(&text));
        let runs = stage.apply().await;
        let issue = newest_issue(&stage);
        let body = issue.description.clone().unwrap();
        assert_eq!(find_effects(&body), BodyEffects::default(), "{body}");
        assert_eq!(
            marker::text_outside_block(&body),
            marker::text_outside_block(before.description.as_deref().unwrap()),
            "{body}"
        );
        assert!(issue.notes.values().all(|note| note.body == "changed the description"), "{:?}", issue.notes);
        let (description, notes) = (before.description.clone(), before.notes.clone());
        assert_eq!(Issue { description, notes, updated_at: before.updated_at, ..issue }, before, "{text:?}");
        rewritten += usize::from(runs[0].plan.to_string().contains("rewrite the block"));
        // What is stored is what was meant: the next read finds nothing to change.
        assert!(stage.plan().await[0].plan.is_empty(), "{text:?}");
    }
    println!("{rewritten} rewrites from hostile pages: all stored like the harmless one");
    assert!(rewritten >= 40, "{rewritten}");
}

// ---- Any text at all ----

#[test]
fn no_text_whatever_gets_through() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let stage = stage_without_sessions();
    let scene = runtime.block_on(Scene::of(&stage));
    let seen = check_arbitrary_texts(&scene, 3_000);
    println!("{} bodies of arbitrary texts: {} smuggled", seen.bodies, seen.acting);
    assert_eq!((seen.acting, seen.wrong), (0, None));
    assert!(seen.bodies >= 6_000);
}

#[tokio::test]
#[ignore = "100,000 texts take a while: cargo test --test it -- --ignored gets_through_at_length"]
async fn no_text_whatever_gets_through_at_length() {
    let seen = check_all_texts(40_000).await;
    println!("{} hostile texts: {} act", seen.bodies, seen.acting);
    assert_eq!((seen.acting, seen.wrong), (0, None));
    assert!(seen.bodies >= 100_000);
}

/// Two pages of each of so many texts, the same at every time.
fn check_arbitrary_texts(scene: &Scene<'_>, cases: u32) -> HostileTextResult {
    let seen = std::cell::RefCell::new(HostileTextResult::default());
    // No file of old failures is kept: a text that got through becomes a case of its own.
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    )
    .run(&(prop_oneof![any::<String>(), hostile_text_strategy()], 0..SLOTS.len()), |(text, slot)| {
        for page in [page(&text, Some(SLOTS[slot])), page_of(&text)] {
            let body = scene.body(&page).unwrap();
            seen.borrow_mut().count(&body, || page.clone());
        }
        Ok(())
    })
    .unwrap();
    seen.into_inner()
}

/// Texts out of what Markdown, GitLab and our own marker are made of.
fn hostile_text_strategy() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/close",
        "/cc @all",
        "\n",
        "\n\n",
        "\r",
        "`",
        "```",
        "~~~",
        "@all",
        "#1",
        "!1",
        "&1",
        "$1",
        "%m",
        "~label",
        "<",
        ">",
        "<!-- ",
        "<!-- podkeeper:v1 end -->",
        "<!-- podkeeper:v1 session secure/weekly/2026-W48 -->",
        "-->",
        "[x](",
        ")",
        "](",
        "![",
        "<details>",
        "</details>",
        ">>>",
        "---",
        "    ",
        "\t",
        "| a |",
        "{{ block }}",
        "{% raw %}",
        "{{<",
        ">}}",
        "\"",
        "\\",
        "&#47;",
        "&#64;",
        "\u{2028}",
        "\u{85}",
        "\u{b}",
        "\u{202e}",
        "\u{200b}",
        "\u{e0040}",
        "\u{2066}",
        "\u{3164}",
        "\u{2800}",
        "\u{fe0f}",
        "\u{200d}",
        "\u{115f}",
        "\u{34f}",
        "\u{e0101}",
        "\u{1d173}",
        "https://ada:pw@a.example/",
        "?private_token=abc",
        "https://a.example/",
        "www.a.example",
        "http://a@b",
        "x",
        "é",
        "*",
        "_",
        "1. ",
        "- ",
        "# ",
        "[^1]",
        "$`",
        "`$",
        ":smile:",
        "[[a]]",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

// ---- Sabotage: the judges can find what they look for ----

#[tokio::test]
async fn a_body_that_shows_raw_text_is_caught() {
    let stage = stage_without_sessions();
    let scene = Scene::of(&stage).await;
    let body = scene.body(&page("harmless words", None)).unwrap();
    let (mut caught, mut shapes_caught) = (0, BTreeSet::new());
    for command in COMMAND_NAMES {
        for (index, shape) in shapes(command).into_iter().enumerate() {
            if find_effects(&insert_unescaped(&body, &shape)) != BodyEffects::default() {
                caught += 1;
                shapes_caught.insert(index);
            }
        }
    }
    let calls = ACTING_TEXTS
        .iter()
        .filter(|call| find_effects(&format!("{body}\n\n{call}\n")) != BodyEffects::default())
        .count();
    println!(
        "raw rendering: {caught} of {} caught, shapes {shapes_caught:?}; {calls} of {} calls",
        COMMAND_NAMES.len() * 12,
        ACTING_TEXTS.len()
    );
    let hidden = format!("{body}\n\na\u{202e}b\n");
    assert_ne!(find_effects(&hidden), BodyEffects::default());
    // A shape that is none of these is inert in GitLab even raw, such as a slash behind U+2028.
    assert!([0, 1, 2, 8, 9, 10, 11].iter().all(|index| shapes_caught.contains(index)), "{shapes_caught:?}");
    assert!(calls >= 20, "{calls}");
}

/// What a writer without the product's care would have sent.
fn insert_unescaped(body: &str, text: &str) -> String {
    body.replacen("harmless words", text, 1).replacen("\n\n<sub>", &format!("\n\n{text}\n\n<sub>"), 1)
}

/// Sabotage: the count of the sweep, over bodies that show the texts as they are.
pub(crate) async fn count_acting_when_raw() -> usize {
    let stage = stage_without_sessions();
    let scene = Scene::of(&stage).await;
    let body = scene.body(&page("harmless words", None)).unwrap();
    let mut seen = HostileTextResult::default();
    for text in COMMAND_NAMES.iter().flat_map(|command| shapes(command)) {
        seen.count(&insert_unescaped(&body, &text), || text.clone());
    }
    seen.acting
}

// ---- The judges ----

/// What a body would do beside being read.
#[derive(Debug, Default, PartialEq)]
struct BodyEffects {
    commands: Vec<String>,
    mentions: Vec<String>,
    references: Vec<String>,
    /// Images, HTML that is no marker of ours, and links to other places than the page's and Slack's.
    shown: Vec<String>,
    /// Characters that are not seen.
    hidden: String,
    /// Secrets of other people that are shown again.
    secrets: Vec<&'static str>,
}

fn find_effects(body: &str) -> BodyEffects {
    let commands =
        extract_commands(body).into_iter().chain(extract_commands_older(body)).map(|found| found.name).collect();
    BodyEffects {
        commands,
        mentions: find_mentions(body),
        references: find_references(body),
        shown: visible_lines(body),
        hidden: body.chars().filter(|c| is_hidden(*c)).collect(),
        secrets: ["ada:pw", "token=abc"].into_iter().filter(|secret| body.contains(secret)).collect(),
    }
}

/// What turns a line round, hides in it or looks like a blank (threat sheet T3, `hidden_unicode`).
fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff)
}

fn visible_lines(body: &str) -> Vec<String> {
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.math_code = true;
    options.extension.wikilinks_title_after_pipe = true;
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, body, &options);
    let ours = ["https://handbook.example.com/", "https://gitlab.slack.com/"];
    root.descendants()
        .filter_map(|node| match &node.data().value {
            NodeValue::Image(image) => Some(format!("image {}", image.url)),
            // The small print that every block ends with.
            NodeValue::HtmlInline(html) if matches!(html.as_str(), "<sub>" | "</sub>") => None,
            NodeValue::HtmlInline(html) => Some(format!("html {html}")),
            NodeValue::HtmlBlock(block) => {
                let foreign = block.literal.lines().find(|line| {
                    let marker = line.starts_with("<!-- podkeeper:v1 ") && line.ends_with(" -->");
                    !marker && !line.is_empty()
                });
                foreign.map(|line| format!("html {line}"))
            }
            NodeValue::Link(link) if !ours.iter().any(|own| link.url.starts_with(own)) => {
                Some(format!("link {}", link.url))
            }
            NodeValue::WikiLink(link) => Some(format!("link {}", link.url)),
            NodeValue::Math(math) => Some(format!("math {}", math.literal)),
            NodeValue::FootnoteReference(note) => Some(format!("footnote {}", note.name)),
            NodeValue::CodeBlock(block) => Some(format!("block {}", block.literal)),
            NodeValue::Table(_) => Some("table".to_owned()),
            _ => None,
        })
        .collect()
}

// ---- Hostile pages ----

/// Where a text stands on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Title,
    LeadName,
    LeadHandle,
    RoleText,
    SessionLine,
    SlackChannel,
    SlackUrl,
    Heading,
}

const SLOTS: [Slot; 8] = [
    Slot::Title,
    Slot::LeadName,
    Slot::LeadHandle,
    Slot::RoleText,
    Slot::SessionLine,
    Slot::SlackChannel,
    Slot::SlackUrl,
    Slot::Heading,
];

/// A page with a text in one slot and harmless ones in the others; with none, the text is the title.
fn page(text: &str, slot: Option<Slot>) -> String {
    let slot = slot.unwrap_or(Slot::Title);
    write_page(|here| if here == slot { text } else { "" })
}

/// A page with the text in all slots.
fn page_of(text: &str) -> String {
    write_page(|_| text)
}

fn write_page<'a>(text: impl Fn(Slot) -> &'a str) -> String {
    let or = |slot: Slot, harmless: &'a str| if text(slot).is_empty() { harmless } else { text(slot) };
    // A JSON string is a YAML string, so that every character gets into the title.
    let title = serde_json::to_string(or(Slot::Title, "Secure Support Pod")).unwrap();
    format!(
        "---\ntitle: {title}\n---\n\n\
         ## Secure Pod members\n\n\
         - Lead: {{{{< member-by-name \"{name}\" >}}}} (`@{handle}`)\n\
         - Lead {role}: {{{{< member-by-name \"Sorin Vale\" >}}}} (`@svale`)\n\n\
         ## {heading}\n\n\
         - Weekly session: {session} Thursdays at 3:00 PM UTC. {session}\n\
         - Slack channel: [#spt_pod_secure{channel}](https://gitlab.slack.com/archives/C0{url})\n\
         - Slack: `#spt_pod_secure`\n",
        name = or(Slot::LeadName, "Ada Quill"),
        handle = or(Slot::LeadHandle, "ada-quill-gtlb"),
        role = text(Slot::RoleText),
        heading = or(Slot::Heading, "Resources"),
        session = text(Slot::SessionLine),
        channel = text(Slot::SlackChannel),
        url = text(Slot::SlackUrl),
    )
}

/// The text with its line breaks and its first characters as HTML entities, which Markdown turns back.
fn as_entities(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => "&#10;".to_owned(),
            '\r' => "&#13;".to_owned(),
            '/' => "&#47;".to_owned(),
            '@' => "&#64;".to_owned(),
            '#' => "&#35;".to_owned(),
            '<' => "&lt;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

/// What the run would see, but for the page.
struct Scene<'a> {
    stage: &'a Stage,
    tracker: PairingProjectState,
}

impl<'a> Scene<'a> {
    async fn of(stage: &'a Stage) -> Self {
        let reader = new_reader(&stage.access("api")).unwrap();
        let mut tracker = pairing_project::read(&reader, &stage.pods[0], &BTreeSet::new(), stage.now).await;
        tracker.foreign_issues = Some(pairing_project::read_foreign_issues(&reader, &tracker, stage.now).await);
        // Whoever the page names has an account, as far as anybody knows.
        let failure = ReadFailure::from_bug("the accounts of the members");
        tracker.further.member_accounts = Some(Observed::Unknown(failure));
        Self { stage, tracker }
    }

    /// The body of the issue that is opened when the page reads so.
    fn body(&self, page: &str) -> Option<String> {
        let pod = &self.stage.pods[0];
        let page = Observed::Present(handbook::parse_pod_page(page, &pod.page.path));
        let snapshot = Snapshot::new(self.stage.now, page, self.tracker.clone());
        let actions = decide(pod, &snapshot).plan.actions;
        actions.into_iter().find_map(|action| match action.change {
            Change::OpenPairingIssue { body, .. } => Some(body),
            _ => None,
        })
    }
}

/// The seeded world, in which nobody has met yet: a link to the session before would be a reference.
fn stage_without_sessions() -> Stage {
    let stage = Stage::seeded();
    stage.sandbox.change_world(|world| world.projects.values_mut().for_each(|project| project.issues.clear()));
    stage
}

/// The issue that the ordinary run opens in a world whose page reads so.
async fn open_issue_for_page(pods: &[podkeeper::pod::Pod], page: &str) -> Issue {
    let stage = Stage { pods: pods.to_vec(), ..stage_without_sessions() };
    put_page(&stage, page);
    let runs = stage.apply().await;
    assert!(runs[0].read_failures.is_empty(), "{:?}", runs[0].read_failures);
    newest_issue(&stage)
}

fn put_page(stage: &Stage, page: &str) {
    let at = to_seed_pod(&stage.pods[0], stage.now);
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&at.page_project).unwrap().id;
        world.add_file(id, &at.page_ref, &at.page_path, page);
    });
}

fn newest_issue(stage: &Stage) -> Issue {
    let world = stage.sandbox.world();
    let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
    project.issues.values().next_back().unwrap().clone()
}
