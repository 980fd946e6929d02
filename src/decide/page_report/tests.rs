use super::*;
use crate::decide::tests::{now, page, pod};
use crate::pod::finding::Place;
use crate::pod::pod_page::{Link, LinkForm, LinkKind};
use crate::pod::text::Untrusted;
use crate::pod::verdict::{Assessment, LinkPlace, Verdict};

const SITE: &str = "https://handbook.example";

struct Listed {
    page: PodPage,
    observations: Vec<Observation>,
    findings: Vec<Finding>,
}

impl Listed {
    fn new() -> Self {
        let page = PodPage { last_commit: Some("4f1c2a9e".to_owned()), ..page() };
        Self { page, observations: Vec::new(), findings: Vec::new() }
    }

    /// A link in a line, with what was found out about it and what is reported of that.
    fn link(mut self, line: usize, text: &str, url: &str, assessment: Assessment, rule: Option<Rule>) -> Self {
        let section = Untrusted::new("Secret Detection").into();
        let (text, form) = (Untrusted::new(text), LinkForm::Inline);
        self.page.links.push(Link { url: url.to_owned(), text, line, column: 3, section, form, kind: None });
        if let Some(rule) = rule {
            let mut finding = Finding::new(rule, url, format!("{url}: {}", assessment.reason.as_str()));
            if let Some(better) = &assessment.suggestion {
                finding = finding.with_advice(format!("Write {better} instead."));
            }
            finding.since = (rule != Rule::LinkMoved).then(|| now().date_naive());
            self.findings.push(finding.with_place(Place { path: pod().page.path, line, column: 3 }));
        }
        let place = LinkPlace { path: "p".into(), document: 0, line, column: 3 };
        let url = url.into();
        self.observations.push(Observation {
            url,
            kind: LinkKind::Web,
            assessment: assessment.into(),
            places: vec![place],
        });
        self
    }

    fn text(&self) -> String {
        let mut pod = pod();
        pod.page.site = SITE.parse().ok();
        PageReport {
            pod: &pod,
            page: &self.page,
            observations: &self.observations,
            listed: &self.findings,
            for_team: 0,
            project: "g/reports",
        }
        .build_text()
    }
}

fn verdict(verdict: Verdict, reason: &'static str) -> Assessment {
    Assessment::new(verdict, reason)
}

fn moved(to: &str) -> Assessment {
    Assessment { suggestion: Some(to.into()), ..verdict(Verdict::Moved, "it moved for good") }
}

#[test]
fn what_is_wrong_and_what_to_do_comes_first_and_the_worst_before_the_rest() {
    let gone = verdict(Verdict::FragmentDead, "the page is there, the place `#old` is not");
    let listed = Listed::new()
        .link(44, "ooo", "/handbook/ooo.html", moved("/handbook/ooo/"), Some(Rule::LinkMoved))
        .link(62, "Features", "https://docs.example/features/#old", gone, Some(Rule::LinkFragmentDead))
        .link(
            67,
            "the epic",
            "https://gitlab.example/groups/g/-/epics/52",
            verdict(Verdict::Dead, "there is no epic 52"),
            Some(Rule::LinkDead),
        )
        .link(89, "tool", "https://github.com/old/tool", moved("https://github.com/new/tool"), Some(Rule::LinkMoved))
        .link(90, "", "https://docs.example/ee/a.html", moved("https://docs.example/a/"), Some(Rule::LinkMoved))
        .link(91, "shop", "https://shop.example/a", moved("https://store.example/b"), Some(Rule::LinkMoved))
        .link(43, "#spt", "https://slack.example/archives/C1", verdict(Verdict::Login, "it wants a login"), None)
        .link(52, "#spt", "https://slack.example/archives/C2", verdict(Verdict::Login, "it wants a login"), None);
    insta::assert_snapshot!(listed.text());
}

#[test]
fn moves_alone_decide_nothing() {
    let listed =
        Listed::new().link(44, "", "https://a.example/ee/x", moved("https://a.example/x/"), Some(Rule::LinkMoved));
    assert_eq!(listed.text(), "There is nothing to decide any more.");
}

#[test]
fn nothing_of_the_page_acts() {
    let url = "https://a.example/\n/close @all #1 ~bug <!-- podkeeper:v1 end -->";
    let hostile = Listed::new()
        .link(1, "/close\n/assign @all", url, verdict(Verdict::Dead, "gone"), Some(Rule::LinkDead))
        .link(2, "[x](javascript:y)", "javascript:alert(1)", verdict(Verdict::Dead, "gone"), Some(Rule::LinkDead));
    let text = hostile.text();
    assert!(text.lines().all(|line| !line.trim_start().starts_with('/')), "{text}");
    assert!(!text.contains("podkeeper:v1 end -->") || text.contains("<! -- podkeeper"), "{text}");
    assert!(!text.contains("](javascript"), "{text}");
}
