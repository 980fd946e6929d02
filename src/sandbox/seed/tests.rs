mod links;
mod team;

use std::collections::BTreeSet;

use comrak::nodes::NodeValue;
use gitlab_sandbox::world::Visibility;

use super::linked_targets::NO_SUCH_HOST;
use super::{PastSession, Seed, SeedPod, expected_verdicts, render_page};

fn pod(key: &str, label: &str) -> SeedPod {
    let session = |week: &str, day: &str| PastSession {
        key: format!("{key}/weekly/{week}"),
        title: format!("Pairing of {key}, {day}"),
        start: format!("{day}T15:00:00Z").parse().unwrap(),
    };
    SeedPod {
        key: key.to_owned(),
        name: "Secure Pod".to_owned(),
        page_project: "group/handbook".to_owned(),
        page_path: format!("content/{key}.md"),
        page_ref: "main".to_owned(),
        pairing_project: "group/pairing".to_owned(),
        label: label.to_owned(),
        past_sessions: vec![session("2026-W47", "2026-11-19"), session("2026-W46", "2026-11-12")],
        ..SeedPod::default()
    }
}

fn seed() -> Seed {
    Seed {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        pods: vec![pod("secure", "pod::secure"), pod("second", "pod::verify")],
    }
}

#[test]
fn the_page_has_the_shape_of_a_real_one() {
    let text = render_page(&pod("secure", "pod::secure"));
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.front_matter_delimiter = Some("---".to_owned());
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, &text, &options);
    let mut links = Vec::new();
    let mut bare = 0;
    for node in root.descendants() {
        if let NodeValue::Link(link) = &node.data().value {
            let own_text = node
                .first_child()
                .is_some_and(|child| matches!(&child.data().value, NodeValue::Text(text) if *text == link.url));
            bare += usize::from(own_text);
            links.push(link.url.clone());
        }
    }
    let unique: BTreeSet<&String> = links.iter().collect();
    assert_eq!((links.len(), unique.len(), bare, links.len() - bare), (61, 60, 49, 12));
    let labels: Vec<&str> = text.split("~\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let distinct: BTreeSet<&&str> = labels.iter().collect();
    assert_eq!((labels.len(), distinct.len(), distinct.contains(&"")), (18, 12, true));
    assert_eq!(text.matches("member-by-name").count(), 9);
    assert_eq!(text.matches("- Lead: ").count(), 2);
    for defect in [
        "\u{f8ff}üé´",
        "\u{f8ff}üçê",
        "\n GitLab.com label: ~\"devops::secure\"\n",
        "/gitlab/blob/master/",
        "~\"group::container security\",\n",
        "GitLab.com label: ~\"\"\n",
        "currently scheduled Thursdays at 3:00 PM UTC.",
        "`pod::secure`",
        "## Secure Pod members",
    ] {
        assert_eq!(text.matches(defect).count(), 1, "{defect}");
    }
    assert!(!text.contains('%'), "a placeholder was left");
}

#[test]
fn every_host_of_the_page_exists_but_one() {
    let world = super::build_world(&seed());
    let page = render_page(&pod("secure", "pod::secure"));
    let hosts: BTreeSet<&str> =
        page.split("https://").skip(1).filter_map(|rest| rest.split(['/', ')']).next()).collect();
    let missing: Vec<&&str> = hosts.iter().filter(|host| !world.web.hosts.contains(**host)).collect();
    assert_eq!(missing, [&NO_SUCH_HOST]);
}

#[test]
fn every_link_of_the_page_has_one_expected_verdict() {
    let pod = pod("secure", "pod::secure");
    let expected = expected_verdicts(&pod);
    let urls: BTreeSet<&str> = expected.iter().map(|(url, _)| url.as_str()).collect();
    assert_eq!((expected.len(), urls.len()), (60, 60));
    let page = render_page(&pod);
    for url in urls {
        // In brackets, or bare at the end of a line.
        assert!(page.contains(&format!("({url})")) || page.contains(&format!(" {url}\n")), "{url}");
    }
    let words: BTreeSet<&str> = expected.iter().map(|(_, word)| *word).collect();
    assert_eq!(words.len(), 8, "{words:?}");
}

#[test]
fn the_pairing_project_tells_the_story() {
    let world = super::build_world(&seed());
    let project = world.project_by_path("group/pairing").unwrap();
    assert_eq!(project.visibility, Visibility::Private);
    let bot = world.user_by_username("podkeeper-bot").unwrap().id;
    assert_eq!(world.access_level(project.id, Some(bot)), 20);
    let named = |title: &str| project.issues.values().find(|issue| issue.title == title).unwrap();

    let last = named("Pairing of secure, 2026-11-19");
    assert!(last.is_open() && last.author == bot && last.labels.contains("pod::secure"));
    let body = last.description.as_deref().unwrap();
    assert!(body.starts_with(
        "<!-- podkeeper:v1 session secure/weekly/2026-W47 -->\n**When:** Thursday, 19 November 2026, 15:00 UTC\n\
         <!-- podkeeper:v1 state {\"start\":\"2026-11-19T15:00:00Z\"} -->\n<!-- podkeeper:v1 end -->\n\n## Pinned tickets\n"
    ));

    let stripped = named("Pairing of secure, 2026-11-12");
    assert!(!stripped.is_open() && stripped.labels.is_empty());
    assert_eq!(
        stripped.label_events.iter().map(|event| (event.added, event.user == bot)).collect::<Vec<_>>(),
        [(true, true), (false, false)]
    );
    assert!(project.issues.values().any(|issue| issue.author != bot && issue.labels.contains("pod::runners")));
    assert!(
        project.issues.values().any(|issue| issue.assignees.len() == 2 && issue.labels.is_empty() && !issue.is_open())
    );
    assert!(project.issues.values().any(|issue| issue.labels.contains("pairify") && !issue.is_open()));
    let times: Vec<_> = project.issues.values().map(|issue| issue.created_at).collect();
    assert!(times.is_sorted(), "iids do not grow with time: {times:?}");
    assert!(times.iter().all(|&time| time < world.now));
}

#[test]
fn two_pods_may_share_a_project_and_a_users_page_stands_as_it_is() {
    let mut seed = seed();
    seed.pods[1].page = Some("# Mine\n".to_owned());
    let world = super::build_world(&seed);
    assert_eq!(world.project_by_path("group/pairing").unwrap().issues.len(), 7);
    let handbook = world.project_by_path("group/handbook").unwrap();
    assert_eq!(handbook.file_text("HEAD", "content/second.md"), Some("# Mine\n"));
    assert!(handbook.file_text("main", "content/secure.md").unwrap().contains("member-by-name"));
    assert_eq!(super::build_world(&seed), super::build_world(&seed));
}
