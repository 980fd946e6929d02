//! Lists, forms, boards, releases, milestones, wikis and refs, as GitLab answers for them.

use podkeeper::pod::verdict::Verdict;
use podkeeper::sandbox::World;

use super::gitlab::{GITLAB_URL, world_with_harbour_group};
use super::stage::{InMemoryWeb, Stage, observations_by_url, web};

const ALPHA: &str = "harbour/tools/alpha";

/// The harbour with what stands beside code and issues, and a token whose owner has a role in the project and the
/// group.
fn world_with_all_pages(role: u8) -> (World, String) {
    let (mut world, token) = world_with_harbour_group();
    let bot = world.tokens.values().find(|known| known.value == token).unwrap().user;
    let alpha = world.project_by_path(ALPHA).unwrap().id;
    let project = world.projects.get_mut(&alpha).unwrap();
    if role > 0 {
        project.members.insert(bot, role);
    }
    project.stubs.boards.insert(3);
    project.stubs.pipelines.insert(99);
    project.stubs.snippets.insert(8);
    project.stubs.releases.insert("v1".to_owned());
    project.stubs.submodules.insert("linked/module".to_owned());
    project.stubs.wiki.extend(["home".to_owned(), "How-to/Ask-us".to_owned()]);
    world.add_file(alpha, "main", ".gitlab/issue_templates/Pairing session.md", "## Who\n");
    world.add_file(alpha, "main", ".gitlab/merge_request_templates/Fix.md", "## What\n");
    world.add_file(alpha, "v1", "lib/a.yml", "one: 1\n");
    world.add_label(alpha, "bug", "#ff0000", "");
    world.add_label(alpha, "team::old [DEPRECATED]", "#ff0000", "");
    world.add_group_label("harbour", "pod::alpha", "#ff0000", "");
    world.add_milestone(alpha, "Spring");
    let group = world.groups.values().find(|group| group.path == "harbour").unwrap().id;
    world.add_milestone(group, "Summer");
    (world, token)
}

#[tokio::test(start_paused = true)]
async fn each_page_of_a_project_has_its_verdict() {
    use Verdict::{Alive, Dead, Hidden, Moved};
    let table: &[(&str, Verdict, Option<&str>)] = &[
        // Refs.
        ("/-/commits/main", Alive, None),
        ("/-/commits/main/lib/a.yml", Alive, None),
        ("/-/commits/main/lib", Alive, None),
        ("/-/commits/main/gone", Dead, None),
        ("/-/tree/main/linked", Alive, None),
        ("/-/blob/gone/a/b/c.md", Dead, None),
        ("/-/blob/long/name/of/a/branch/a.yml", Hidden, None),
        ("/-/commits/feature/fast/lane", Alive, None),
        ("/-/commits/feature/fast/lane/lib/b.yml", Alive, None),
        ("/-/commits/master/lib/a.yml", Dead, Some("/-/commits/main/lib/a.yml")),
        ("/-/network/master", Dead, Some("/-/network/main")),
        ("/-/edit/main/lib/a.yml", Alive, None),
        ("/-/edit/main/lib/gone.yml", Dead, None),
        ("/-/tags/v1", Alive, None),
        ("/-/tags/v9", Dead, None),
        ("/-/commit/0a1b2c3d4e5f", Dead, None),
        ("/-/compare/v1...main", Alive, None),
        ("/-/compare/v1...gone", Dead, None),
        // Forms.
        ("/-/issues/new", Alive, None),
        ("/-/issues/new?issuable_template=Pairing%20session", Alive, None),
        ("/-/issues/new?issuable_template=Gone", Dead, None),
        ("/-/merge_requests/new?issuable_template=Fix", Alive, None),
        ("/-/merge_requests/new?issuable_template=Gone", Dead, None),
        // Lists: the labels of the project and of the groups above it.
        ("/-/issues?label_name[]=bug&label_name[]=pod::alpha", Alive, None),
        ("/-/issues?label_name[]=Bug", Dead, None),
        ("/-/issues?label_name[]=bug&label_name[]=gone", Dead, None),
        (
            "/-/issues?state=all&label_name[]=team::old",
            Moved,
            Some("/-/issues?state=all&label_name%5B%5D=team%3A%3Aold+%5BDEPRECATED%5D"),
        ),
        ("/-/merge_requests?label_name[]=bug", Alive, None),
        ("/-/labels?search=gone", Alive, None),
        // Things with numbers and names.
        ("/-/milestones/1", Alive, None),
        ("/-/milestones/7", Dead, None),
        ("/-/wikis/home", Alive, None),
        ("/-/wikis/How-to/Ask%20us", Alive, None),
        ("/-/wikis/gone", Hidden, None),
        ("/-/wikis/img/gone.png", Alive, None),
        ("/-/boards/3", Alive, None),
        ("/-/boards/3?label_name[]=gone", Dead, None),
        ("/-/boards/4", Dead, None),
        ("/-/snippets/8", Alive, None),
        ("/-/snippets/9", Dead, None),
        ("/-/releases/v1", Alive, None),
        ("/-/releases/v9", Dead, None),
        ("/-/graphs/main/charts", Alive, None),
        ("/-/releases/v1/downloads/tool.zip", Alive, None),
        ("/-/pipelines/99", Alive, None),
        ("/-/pipelines/98", Dead, None),
    ];
    let urls: Vec<String> = table.iter().map(|(tail, ..)| format!("{GITLAB_URL}/{ALPHA}{tail}")).collect();
    // Whoever plans there sees everything; anybody sees lists, and of single things only that they are there.
    for (role, sees_everything) in [(20, true), (15, true), (0, false)] {
        let (world, token) = world_with_all_pages(role);
        let stage = Stage::new(world, Some(&token));
        let probed =
            stage.check_links(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web(&InMemoryWeb::of(&[]))).await;
        assert_eq!(probed.failure, None);
        let seen = observations_by_url(probed);
        let mut wrong = Vec::new();
        for (url, (tail, verdict, suggestion)) in urls.iter().zip(table) {
            let single =
                ["/-/boards/4", "/-/snippets", "/-/releases", "/-/pipelines"].iter().any(|word| tail.starts_with(word));
            let wanted = match verdict {
                Dead if single && !sees_everything => Hidden,
                // Planners see no pipelines, and who has no role not the labels of every group above.
                Dead if tail.starts_with("/-/pipelines") && role < 20 => Hidden,
                Dead if tail.contains("label_name") && !sees_everything => Alive,
                verdict => *verdict,
            };
            let better = suggestion.map(|tail| format!("{GITLAB_URL}/{ALPHA}{tail}").into());
            let found = &seen[url];
            if (found.assessment.verdict, &found.assessment.suggestion) != (wanted, &better) {
                wrong.push(format!(
                    "{tail} as {role}: {} {:?} ({})",
                    found.assessment.verdict.as_str(),
                    found.assessment.suggestion,
                    found.assessment.reason
                ));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        let requests = stage.reader.request_log().read_count();
        println!("pages={} requests={requests}", table.len());
        // Milestones, wiki and two missing templates are asked over REST; what is hidden is asked with the token, too.
        assert!(requests <= 15, "{requests} requests");
    }
}

/// GitLab does not list the labels of all projects below a group together, so a miss there proves nothing.
#[tokio::test(start_paused = true)]
async fn a_groups_lists_are_never_called_dead_for_a_label_that_is_not_seen() {
    use Verdict::{Alive, Dead, Moved};
    let (mut world, token) = world_with_all_pages(0);
    world.add_group_label("harbour", "group::old [DEPRECATED]", "#ff0000", "");
    let stage = Stage::new(world, Some(&token));
    let table = [
        ("/-/issues?label_name[]=pod::alpha", Alive),
        ("/-/issues?label_name[]=bug", Alive),
        ("/-/epics?label_name[]=gone", Alive),
        ("/-/issues?label_name[]=group::old", Moved),
        ("/-/milestones/1", Alive),
        ("/-/milestones/9", Dead),
    ];
    let urls: Vec<String> = table.iter().map(|(tail, _)| format!("{GITLAB_URL}/groups/harbour{tail}")).collect();
    let probed =
        stage.check_links(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web(&InMemoryWeb::of(&[]))).await;
    let seen = observations_by_url(probed);
    for (url, (_, wanted)) in urls.iter().zip(table) {
        assert_eq!(seen[url].assessment.verdict, wanted, "{url}: {}", seen[url].assessment.reason);
    }
}

/// What is closed is not gone.
#[tokio::test(start_paused = true)]
async fn a_closed_issue_and_a_closed_epic_are_alive() {
    let (mut world, token) = world_with_harbour_group();
    let alpha = world.project_by_path(ALPHA).unwrap().id;
    world.projects.get_mut(&alpha).unwrap().issues.get_mut(&1).unwrap().closed_at = Some(world.now);
    let group = world.groups.values().find(|group| group.path == "harbour").unwrap().id;
    world.add_epic(group, 8, "Done", false);
    let stage = Stage::new(world, Some(&token));
    let urls = [format!("{GITLAB_URL}/{ALPHA}/-/issues/1"), format!("{GITLAB_URL}/groups/harbour/-/epics/8")];
    let seen =
        observations_by_url(stage.check_links(&urls.each_ref().map(String::as_str), &web(&InMemoryWeb::of(&[]))).await);
    assert!(urls.iter().all(|url| seen[url].assessment.verdict == Verdict::Alive), "{seen:?}");
}

/// A GitLab that knows boards, but no releases, still answers for everything else.
#[tokio::test(start_paused = true)]
async fn a_field_that_one_gitlab_has_not_got_hides_nothing_else() {
    let (world, token) = world_with_all_pages(20);
    let stage = Stage::with_altered_answers(world, Some(&token), |query, answer| {
        let unknown =
            serde_json::json!({ "errors": [{ "message": "Field 'release' doesn't exist on type 'Project'" }] });
        if query.contains(":release(") { unknown } else { answer }
    });
    let urls = [
        format!("{GITLAB_URL}/{ALPHA}/-/releases/v1"),
        format!("{GITLAB_URL}/{ALPHA}/-/boards/3"),
        format!("{GITLAB_URL}/{ALPHA}"),
    ];
    let seen =
        observations_by_url(stage.check_links(&urls.each_ref().map(String::as_str), &web(&InMemoryWeb::of(&[]))).await);
    let verdicts = urls.each_ref().map(|url| seen[url].assessment.verdict);
    assert_eq!(verdicts, [Verdict::Unreachable, Verdict::Alive, Verdict::Alive]);
}

/// More milestones than GitLab gives in one answer.
#[tokio::test(start_paused = true)]
async fn each_of_many_milestones_is_asked_for() {
    let (mut world, token) = world_with_all_pages(0);
    let alpha = world.project_by_path(ALPHA).unwrap().id;
    for number in 2..=130 {
        world.add_milestone(alpha, &format!("M{number}"));
    }
    let stage = Stage::new(world, Some(&token));
    let urls: Vec<String> = (1..=131).map(|iid| format!("{GITLAB_URL}/{ALPHA}/-/milestones/{iid}")).collect();
    let probed =
        stage.check_links(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web(&InMemoryWeb::of(&[]))).await;
    let seen = observations_by_url(probed);
    let gone: Vec<&String> = urls.iter().filter(|url| seen[*url].assessment.verdict == Verdict::Dead).collect();
    assert_eq!(gone, [&urls[130]]);
    assert!(urls[..130].iter().all(|url| seen[url].assessment.verdict == Verdict::Alive));
}

/// What a GitLab has not got is asked for once, however much there is to ask.
#[tokio::test(start_paused = true)]
async fn a_field_that_one_gitlab_has_not_got_costs_nothing_else_its_verdict() {
    let (world, token) = world_with_all_pages(20);
    let stage = Stage::with_altered_answers(world, Some(&token), |query, answer| {
        let unknown =
            serde_json::json!({ "errors": [{ "message": "Field 'release' doesn't exist on type 'Project'" }] });
        if query.contains(":release(") { unknown } else { answer }
    });
    let owners = (0..300).map(|number| format!("{GITLAB_URL}/harbour/none{number}"));
    let urls: Vec<String> = owners
        .flat_map(|owner| [format!("{owner}/-/releases/v1"), format!("{owner}/-/blob/main/a.md"), owner])
        .chain([format!("{GITLAB_URL}/{ALPHA}"), format!("{GITLAB_URL}/{ALPHA}/-/boards/3")])
        .collect();
    let probed =
        stage.check_links(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web(&InMemoryWeb::of(&[]))).await;
    let seen = observations_by_url(probed);
    let refused: Vec<&String> =
        urls.iter().filter(|url| seen[*url].assessment.verdict == Verdict::Unreachable).collect();
    assert!(refused.is_empty(), "{} of {}: {:?}", refused.len(), urls.len(), refused.first());
}
