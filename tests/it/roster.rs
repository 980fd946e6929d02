//! Page against data: what a cut page proves, and what stays in the files.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use podkeeper::collect::agents::{parse_agent, parse_agent_bytes};
use podkeeper::collect::handbook;
use podkeeper::decide::decide;
use podkeeper::pod::Pod;
use podkeeper::pod::agent::{AgentFile, MembershipRule, ObservedAccount};
use podkeeper::pod::finding::Finding;
use podkeeper::pod::observed::{FailureCause, Observed, ReadFailure};
use podkeeper::pod::pod_page::{MembersSection, PodPage};
use podkeeper::pod::rule::{Audience, Rule};
use podkeeper::pod::snapshot::{PairingProjectState, Snapshot};
use podkeeper::pod::verdict::LabelVerdicts;
use proptest::prelude::*;

use crate::support::{now, shipped_config};

const GROUP: &str = "Support Focus: Juniper";

/// A page with the shapes of a real one; its people are invented.
const JUNIPER: &str = include_str!("../data/pages/juniper-pod.md");
const TAMARIND: &str = include_str!("../data/pages/tamarind-pod.md");

fn membership_rules() -> BTreeSet<MembershipRule> {
    BTreeSet::from([MembershipRule::ZendeskGroup(GROUP.to_owned())])
}

fn pod() -> Pod {
    let mut pod = shipped_config().pods.remove(0);
    pod.membership = MembershipRule::ZendeskGroup(GROUP.to_owned());
    pod.exceptions.clear();
    pod
}

fn read_failure<T>() -> Observed<T> {
    Observed::Unknown(ReadFailure { what: "x".to_owned(), why: "502".to_owned(), cause: FailureCause::Unavailable })
}

/// What the audit reports about a page beside these files and accounts.
fn reported(pod: &Pod, page: Observed<PodPage>, files: &[AgentFile], accounts: &[ObservedAccount]) -> Vec<Finding> {
    let snapshot = Snapshot {
        now: now(),
        server_time: Observed::Absent,
        read_only_projects: Vec::new(),
        page,
        pairing_project: PairingProjectState {
            project: read_failure(),
            bot: read_failure(),
            label: read_failure(),
            similar_labels: Observed::Absent,
            related_labels: Vec::new(),
            issues: read_failure(),
            foreign_issues: None,
            further: podkeeper::pod::snapshot::FurtherPairingReads::default(),
            recent: podkeeper::pod::snapshot::RecentIssues::not_read(),
        },
        agents: Observed::Present(files.to_vec()),
        accounts: Observed::Present(accounts.to_vec()),
        link_observations: Observed::Absent,
        label_verdicts: LabelVerdicts::default(),
        read_failures: Vec::new(),
        reports_project: Observed::Absent,
        memory_at_start: None,
        attempted_actions: BTreeSet::new(),
        writes_left: 10,
    };
    let findings = decide(pod, &snapshot).findings;
    findings.into_iter().filter(|finding| finding.audience == Audience::Confidential).collect()
}

/// The data of a page's members, with one of each difference.
fn agent_data(page: &str) -> (Vec<AgentFile>, Vec<ObservedAccount>) {
    let members = handbook::parse_pod_page(page, "p.md").members;
    let (mut files, mut accounts) = (Vec::new(), Vec::new());
    let agent = |path: &str, name: &str, id: u64, handle: &str, group: &str| {
        let text = format!(
            "name: \"{}\"\ngitlab:\n  id: {id}\n  username: {handle}\nzendesk:\n  main:\n    groups:\n    - '{group}'\n",
            name.replace('"', "\\\"")
        );
        parse_agent(path, &text, &membership_rules())
    };
    for (index, member) in members.iter().enumerate() {
        let id = index as u64 + 1;
        let handle =
            member.handle.as_ref().map_or_else(|| format!("nobody{index}"), |handle| handle.as_str().to_owned());
        let name = podkeeper::pod::agent::without_parenthetical(member.name.raw());
        let path = format!("data/agents/{index}.yaml");
        let (file, account) = match index {
            1 => (Some(agent(&path, name, id, &handle, "Another")), handle.clone()), // without focus
            2 => (Some(agent(&path, name, id, &handle, GROUP)), format!("{handle}-new")), // renamed
            3 => (Some(agent(&path, "Somebody Else", id, &handle, GROUP)), handle.clone()), // another name
            4 => (None, handle.clone()),                                             // a stranger
            5 => (Some(agent(&path, name, id + 100, "another.handle", GROUP)), handle.clone()), // another handle
            _ => (Some(agent(&path, name, id, &handle, GROUP)), handle.clone()),
        };
        files.extend(file);
        accounts.push(ObservedAccount { id, username: account, active: index != 6 });
    }
    files.push(agent("data/agents/zz.yaml", "Imani Okonkwo", 900, "iokonkwo", GROUP));
    (files, accounts)
}

/// F31: a page may break off anywhere. What is reported of a part is reported of the whole, and nobody is said to
/// have gone from it.
#[test]
fn f31_a_page_that_was_cut_anywhere_tells_nothing_that_the_whole_does_not() {
    let cuts = cut_pages_everywhere(Observed::Present);
    println!(
        "{} cuts, {} of them with findings about members seen so far; {} false",
        cuts.of, cuts.partial, cuts.false_alarms
    );
    assert_eq!((cuts.false_alarms, cuts.wrong), (0, None));
    assert!(cuts.of > 4_000 && cuts.partial > 300, "{} {}", cuts.of, cuts.partial);
}

/// Sabotage: one that takes every page for whole calls people missing whose lines were cut off.
#[test]
fn a_worker_that_takes_every_page_for_whole_is_caught() {
    let cuts = cut_pages_everywhere(take_for_whole);
    println!("sabotage: {} of {} cuts told falsely", cuts.false_alarms, cuts.of);
    assert!(cuts.false_alarms > 100, "{}", cuts.false_alarms);
}

/// What came of pages that were cut at each of their characters.
#[derive(Default)]
pub(crate) struct CutPageResult {
    pub(crate) of: usize,
    /// Cuts of which something was reported that the whole page does not show, or somebody was called missing.
    pub(crate) false_alarms: usize,
    /// Cuts of which something was reported all the same.
    pub(crate) partial: usize,
    pub(crate) wrong: Option<String>,
}

impl CutPageResult {
    fn count(&mut self, wrong: Option<String>) {
        self.of += 1;
        self.false_alarms += usize::from(wrong.is_some());
        self.wrong = self.wrong.take().or(wrong);
    }
}

/// Sabotage: a page as if a heading behind the members proved that it was seen to its end.
pub(crate) fn take_for_whole(mut page: PodPage) -> Observed<PodPage> {
    if page.members_section == MembersSection::OpenEnded {
        page.members_section = MembersSection::Closed;
    }
    Observed::Present(page)
}

/// Cuts two pages everywhere; `seen` is what the worker makes of what is left.
pub(crate) fn cut_pages_everywhere(seen: fn(PodPage) -> Observed<PodPage>) -> CutPageResult {
    let (pod, mut cuts) = (pod(), CutPageResult::default());
    for page in [JUNIPER, TAMARIND] {
        let (files, accounts) = agent_data(page);
        let tell = |page: &str| reported(&pod, seen(handbook::parse_pod_page(page, &pod.page.path)), &files, &accounts);
        let whole = tell(page);
        let codes: BTreeSet<&str> = whole.iter().map(|finding| finding.rule.code()).collect();
        assert!(!codes.contains("roster-inconclusive"), "{codes:?}");
        let section = page.find("od members").or_else(|| page.find("od Members")).unwrap();
        let heading = section + page[section..].find("\n## ").unwrap() + 1;
        let behind = heading + page[heading..].find('\n').unwrap();
        for (end, _) in page.char_indices() {
            let part = tell(&page[..end]);
            let others: Vec<&Finding> =
                part.iter().filter(|finding| finding.rule != Rule::RosterInconclusive).collect();
            let new = others.iter().find(|finding| !whole.contains(finding));
            let mut wrong = new.map(|finding| format!("cut at {end}: {finding:?}"));
            if end > behind {
                wrong =
                    wrong.or((part != whole).then(|| format!("cut at {end}, which is behind the members: {part:?}")));
            } else if handbook::parse_pod_page(&page[..end], "p.md").members_section != MembersSection::Closed {
                let missing = |finding: &&&Finding| {
                    matches!(
                        finding.rule,
                        Rule::MemberWithoutFocus | Rule::MemberUnknownAgent | Rule::FocusWithoutMember
                    )
                };
                let gone = others.iter().find(missing).map(|finding| format!("cut at {end}: {finding:?}"));
                let held = part.iter().any(|finding| finding.rule == Rule::RosterInconclusive);
                wrong = wrong.or(gone).or((!held).then(|| format!("cut at {end}: nothing says that it was cut")));
                cuts.partial += usize::from(!others.is_empty());
            }
            cuts.count(wrong);
        }
    }
    cuts
}

/// An agent file in which every personal field holds a text of its own, and these texts: none may come out anywhere.
fn canaries() -> (String, Vec<String>) {
    let fields = [
        "email",
        "title",
        "entity",
        "working_hours",
        "region",
        "location",
        "tzdata_timezone",
        "country",
        "reports_to",
        "start_date",
        "calendly",
        "pronouns",
        "nonsense",
    ];
    let mut text = "name: 'Imani Okonkwo'\n".to_owned();
    let mut canaries = Vec::new();
    let mut canary = |key: &str| {
        let word = format!("canary{}", key.replace('_', ""));
        canaries.push(word.clone());
        word
    };
    for (index, field) in fields.iter().enumerate() {
        let quote = if index % 2 == 0 { "'" } else { "" };
        writeln!(text, "{field}: {quote}{}{quote}", canary(field)).unwrap();
    }
    writeln!(
        text,
        "languages:\n- {}\nfocuses:\n- name: 'ASE'\n  percentage: 50\n  organizations:\n  - id: {}",
        canary("language"),
        canary("organisation")
    )
    .unwrap();
    writeln!(
        text,
        "zendesk:\n  main:\n    id: {}\n    groups:\n    - '{}'\n    - '{GROUP}'\n    alias: {}",
        canary("contact"),
        canary("group"),
        canary("alias")
    )
    .unwrap();
    writeln!(text, "gitlab:\n  id: 1000001\n  username: iokonkwo\n  notes_link: {}", canary("notes")).unwrap();
    writeln!(text, "slack:\n  id: {}\n  username: {}", canary("chatid"), canary("chatname")).unwrap();
    writeln!(text, "pagerduty: {{id: {}}}\nknowledge_areas:\n- name: {}\n  level: 2", canary("pager"), canary("area"))
        .unwrap();
    (text, canaries)
}

const PAGE: &str = "## Juniper Pod members\n\n- Lead: {{< member-by-name \"Imani Okonkwo\" >}} (`@iokonkwo`)\n\
    - {{< member-by-name \"Ada Quill\" >}} (`@aquill`)\n\n## Purpose\n";

/// Everything that may be shown of a file: itself, and what is reported because of it.
fn all_shown_text(pod: &Pod, bytes: &[u8]) -> String {
    let file = parse_agent_bytes("data/agents/imani.yaml", bytes, &membership_rules());
    let ada = parse_agent("data/agents/ada.yaml", "name: Ada Quill\ngitlab: {username: aquill}\n", &membership_rules());
    let mut text = format!("{file:?}");
    for page in [PAGE, "## Juniper Pod members\n\n- {{< member-by-name \"Ada Quill\" >}} (`@aquill`)\n\n## Purpose\n"] {
        let page = Observed::Present(handbook::parse_pod_page(page, &pod.page.path));
        for finding in reported(pod, page, &[ada.clone(), file.clone()], &[]) {
            write!(text, "{finding:?}").unwrap();
        }
    }
    text
}

fn assert_no_canary(pod: &Pod, bytes: &[u8], canaries: &[String]) {
    let shown = all_shown_text(pod, bytes);
    for canary in canaries {
        assert!(!shown.contains(canary.as_str()), "{canary} in {shown}\nfrom {}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn nothing_personal_comes_out_of_a_file_cut_anywhere() {
    let (pod, (text, canaries)) = (pod(), canaries());
    assert!(matches!(parse_agent("a.yaml", &text, &membership_rules()), AgentFile::Agent(_)));
    for end in 0..=text.len() {
        assert_no_canary(&pod, &text.as_bytes()[..end], &canaries);
    }
    println!("{} canaries, {} cuts, 0 found", canaries.len(), text.len() + 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_file(bytes in proptest::collection::vec(any::<u8>(), 0..400), yaml in "[-a:{}\\[\\]&*!|>'\"%@`#,? \n]{0,200}") {
        for bytes in [bytes.as_slice(), yaml.as_bytes()] {
            let file = parse_agent_bytes("data/agents/a.yaml", bytes, &membership_rules());
            if let AgentFile::Broken(broken) = &file {
                prop_assert!(broken.problem.is_ascii() && broken.problem.len() < 60);
            }
        }
    }

    #[test]
    fn nothing_personal_comes_out_of_a_damaged_file(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(b"\n '\":-[]{}#&*!|>@,?%\t\0\xff".to_vec())), 1..6),
    ) {
        let (pod, (text, canaries)) = (pod(), canaries());
        let mut bytes = text.into_bytes();
        for (at, how, byte) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        let shown = all_shown_text(&pod, &bytes);
        for canary in &canaries {
            prop_assert!(!shown.contains(canary.as_str()), "{} in {}\nfrom {}", canary, shown, String::from_utf8_lossy(&bytes));
        }
    }
}
