//! The example world with more of a web around it, and with what makes trouble there.

use crate::Sandbox;
use crate::world::{FieldChange, IssueEdit, NewIssue, REPORTER, Visibility, WebFault, World};

/// Hosts that exist although no page of theirs is known.
const EXTRA_HOSTS: [&str; 4] = ["gitlab.com", "docs.gitlab.com", "youtu.be", "www.youtube.com"];

pub(super) fn staged_sandbox() -> Sandbox {
    let mut world = World::example("2026-11-23T12:00:00Z".parse().unwrap());
    let work = world.project_by_path("group/tasks").unwrap().id;
    let bot = world.tokens["api"].user;
    let description = "**When:** Thursday, 19 November 2026, 15:00 UTC\n\n- [ ] A report\n";
    let rest = IssueEdit {
        description: FieldChange::Set(description.to_owned()),
        labels: Some(vec!["type::bug".to_owned()]),
        ..IssueEdit::default()
    };
    let new = NewIssue { title: "Last <week>".to_owned(), edit: rest };
    world.at_time("2026-11-13T15:00:00Z".parse().unwrap(), |world| world.open_issue(work, bot, &new));
    populate_gitlab(&mut world, bot);
    populate_web(&mut world);
    Sandbox::new(world)
}

fn populate_gitlab(world: &mut World, bot: u64) {
    world.add_group("lantern-images", Visibility::Public);
    let support = world.add_group("harbour-desk/support", Visibility::Public);
    world.add_group_member(support, bot, REPORTER);
    world.add_epic(support, 41, "Pods", true);
    let renamed = world.add_project("harbour-desk/support/playground/dependencies", Visibility::Public);
    world.add_file(renamed, "main", "README.md", "# It had another name once\n");
    let formerly = "harbour-desk/support/playground/dependency-scanning".to_owned();
    world.projects.get_mut(&renamed).unwrap().formerly.push(formerly);
}

fn populate_web(world: &mut World) {
    for host in EXTRA_HOSTS {
        world.web.hosts.insert(host.to_owned());
    }
    let dast = "/user/application_security/dast";
    world.add_web_page_with_headings("docs.gitlab.com", dast, "DAST", &["Overview", "Turn it on", "Troubleshooting"]);
    let to = format!("https://docs.gitlab.com{dast}/");
    world.add_web_redirect("docs.gitlab.com", &format!("/ee{dast}"), 301, &to);
    world.add_web_page("docs.gitlab.com", "/user/project/labels", "Labels");
    let headings = ["Plan stage", "Secure stage"];
    world.add_web_page_with_headings(
        "handbook.gitlab.com",
        "/handbook/product/categories",
        "Product categories",
        &headings,
    );
    world.add_web_redirect("github.com", "/zricethezav/gitleaks", 301, "https://github.com/gitleaks/gitleaks");
    world.add_web_page("www.youtube.com", "/watch", "YouTube");
    world.web.hosts.insert("img.youtube.com".to_owned());
    for (id, there) in [("bOxSeEd-D01", false), ("bOxAlIvE-02", true)] {
        let watch = format!("https://www.youtube.com/watch?v={id}&feature=youtu.be");
        world.add_web_redirect("youtu.be", &format!("/{id}"), 303, &watch);
        if there {
            world.add_web_page("img.youtube.com", &format!("/vi/{id}/0.jpg"), "A picture");
        }
    }
    world.add_web_fault("slack.com", "/help/articles/205239997-Pin-messages-and-bookmark-links", WebFault::Status(403));
    world.add_web_fault("slow.lantern.example", "", WebFault::Slow(1_500));
    world.add_web_fault("fuzzing.lantern.example", "", WebFault::TooMany(120));
    world.add_web_page("manual.lantern.example", "/coverage-fuzzing", "Coverage fuzzing");
    world.add_web_fault("manual.lantern.example", "/coverage-fuzzing", WebFault::Recovers(1));
}
