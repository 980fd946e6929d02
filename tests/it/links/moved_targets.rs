//! What is no longer where a link says: refs that went, a former default branch, projects that were renamed, archived
//! labels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use linkcheck::web::{WebClient, WebSettings};
use podkeeper::pod::verdict::{LabelVerdict, Observation, Verdict};
use podkeeper::sandbox::World;
use podkeeper::sandbox::world::Visibility;

use super::gitlab::{GITLAB_URL, world_with_harbour_group};
use super::stage::{InMemoryWeb, SandboxWeb, Stage, observations_by_url, web};

const ALPHA: &str = "harbour/tools/alpha";

/// Checks links in a world, with the sandbox's own web beside its API.
async fn check_in_world(world: World, token: &str, urls: &[&str]) -> BTreeMap<String, Observation> {
    let mut world = world;
    let bot = world.user_by_username("bot").unwrap().id;
    world.add_token("api", bot, &["read_api"], None);
    let stage = Stage::new(world, Some(token));
    let web = WebClient::with_fetch(Arc::new(SandboxWeb(stage.sandbox.clone())), WebSettings::default());
    observations_by_url(stage.check_links(urls, &web).await)
}

#[tokio::test(start_paused = true)]
async fn a_ref_that_is_not_there_is_dead_and_the_file_at_the_default_branch_is_suggested() {
    let (world, token) = world_with_harbour_group();
    let gone = ["gone-branch", "v9.9.9", "abcdef0123456789abcdef0123456789abcdef01"];
    let urls = gone.map(|name| format!("{GITLAB_URL}/{ALPHA}/-/blob/{name}/lib/a.yml"));
    let [one, two, three] = urls.each_ref().map(String::as_str);
    let seen = check_in_world(world, &token, &[one, two, three]).await;
    let today = format!("{GITLAB_URL}/{ALPHA}/-/blob/main/lib/a.yml");
    for url in [one, two, three] {
        let found = &seen[url];
        assert_eq!(
            (found.assessment.verdict, found.assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str)),
            (Verdict::Dead, Some(today.as_str())),
            "{url}: {}",
            found.assessment.reason
        );
        assert!(
            found.assessment.reason.as_str().contains("is not there, but the file is at main"),
            "{}",
            found.assessment.reason
        );
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_former_default_branch_leads_on_and_only_to_files_and_folders() {
    let (mut world, token) = world_with_harbour_group();
    let alpha = world.project_by_path(ALPHA).unwrap().id;
    world.projects.get_mut(&alpha).unwrap().previous_default_branch = Some("trunk".to_owned());
    let at = |page: &str| format!("{GITLAB_URL}/{ALPHA}/-/{page}");
    let (query, old_form) =
        (at("blob/trunk/lib/a.yml?ref_type=heads"), format!("{GITLAB_URL}/{ALPHA}/blob/trunk/lib/a.yml"));
    let (file, folder, other, history, raw) = (
        at("blob/trunk/lib/a.yml"),
        at("tree/trunk/lib"),
        at("blob/master/lib/a.yml"),
        at("commits/trunk/lib/a.yml"),
        at("raw/trunk/lib/a.yml"),
    );
    let seen =
        check_in_world(world.clone(), &token, &[&file, &folder, &other, &history, &raw, &query, &old_form]).await;
    assert_eq!([&query, &old_form].map(|url| seen[url].assessment.verdict), [Verdict::Moved; 2], "{seen:?}");
    let verdicts = [&file, &folder, &other, &history, &raw]
        .map(|url| (seen[url].assessment.verdict, seen[url].assessment.suggestion.clone()));
    let main = |page: &str| Some(at(page).into());
    assert_eq!(
        verdicts,
        [
            (Verdict::Moved, main("blob/main/lib/a.yml")),
            (Verdict::Moved, main("tree/main/lib")),
            (Verdict::Dead, main("blob/main/lib/a.yml")),
            (Verdict::Dead, main("commits/main/lib/a.yml")),
            (Verdict::Dead, main("raw/main/lib/a.yml")),
        ]
    );
    // Where nobody but members sees it, the API does not say so: the file is not where the link says, and that is all
    // there is.
    world.projects.get_mut(&alpha).unwrap().visibility = Visibility::Private;
    let bot = world.user_by_username("bot").unwrap().id;
    world.set_project_role("bot", alpha, 20).unwrap();
    assert!(world.access_level(alpha, Some(bot)) > 0);
    let seen = check_in_world(world, &token, &[&file]).await;
    assert_eq!(
        (seen[&file].assessment.verdict, seen[&file].assessment.suggestion.clone()),
        (Verdict::Dead, main("blob/main/lib/a.yml"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_ref_that_can_be_none_is_dead() {
    let (world, token) = world_with_harbour_group();
    let urls = ["a..b", "x~y", "-x", "a^b"].map(|name| format!("{GITLAB_URL}/{ALPHA}/-/blob/{name}/lib/a.yml"));
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let seen = check_in_world(world, &token, &urls).await;
    for url in urls {
        assert_eq!(seen[url].assessment.verdict, Verdict::Dead, "{url}: {}", seen[url].assessment.reason);
    }
}

/// Milestones want somebody signed in even where the project is public (`lib/api/project_milestones.rb`); files do not.
#[tokio::test(start_paused = true)]
async fn a_401_without_a_token_concerns_one_thing_alone() {
    let (world, _) = world_with_harbour_group();
    let stage = Stage::new(world, None);
    let [milestone, file, wiki] =
        ["milestones/1", "blob/main/lib/a.yml", "wikis/home"].map(|page| format!("{GITLAB_URL}/{ALPHA}/-/{page}"));
    let seen = observations_by_url(stage.check_links(&[&milestone, &file, &wiki], &web(&InMemoryWeb::of(&[]))).await);
    let verdicts = [&milestone, &file, &wiki].map(|url| seen[url].assessment.verdict);
    assert_eq!(verdicts, [Verdict::Hidden, Verdict::Alive, Verdict::Alive]);
}

#[tokio::test(start_paused = true)]
async fn a_public_project_that_was_renamed_is_followed_as_anybody_would_be() {
    let (world, token) = world_with_harbour_group();
    let urls = ["", "/-/blob/main/a.yml?plain=1#L1"].map(|page| format!("{GITLAB_URL}/harbour/tools/old-name{page}"));
    let seen = check_in_world(world, &token, &[&urls[0], &urls[1]]).await;
    for url in &urls {
        // The line was not seen there: scripts draw it.
        let today = url.replace("old-name", "new-name").replace("#L1", "");
        assert_eq!(
            (
                seen[url].assessment.verdict,
                seen[url].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str)
            ),
            (Verdict::Moved, Some(today.as_str())),
            "{url}"
        );
    }
    let reason = seen[&urls[1]].assessment.reason.to_string();
    assert!(reason.ends_with("; its place #L1 was not seen there"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_private_project_that_was_renamed_is_followed_by_whoever_belongs_to_its_group() {
    let (mut world, token) = world_with_harbour_group();
    let id = world.add_project("harbour/tools/inner-new", Visibility::Private);
    world.projects.get_mut(&id).unwrap().formerly.push("harbour/tools/inner-old".to_owned());
    world.add_file(id, "main", "lib/a.yml", "one: 1\n");
    let url = format!("{GITLAB_URL}/harbour/tools/inner-old/-/blob/main/lib/a.yml");
    let gone = format!("{GITLAB_URL}/harbour/tools/inner-old/-/blob/main/lib/gone.yml");
    let hidden = check_in_world(world.clone(), &token, &[&url, &gone]).await;
    assert_eq!([&url, &gone].map(|url| hidden[url].assessment.verdict), [Verdict::Hidden; 2]);
    let bot = world.user_by_username("bot").unwrap().id;
    let group = world.group_by_path("harbour/tools").unwrap().id;
    world.groups.get_mut(&group).unwrap().members.insert(bot, 20);
    let seen = check_in_world(world, &token, &[&url, &gone]).await;
    let today = format!("{GITLAB_URL}/harbour/tools/inner-new/-/blob/main/lib/a.yml");
    assert_eq!(
        (
            seen[&url].assessment.verdict,
            seen[&url].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str)
        ),
        (Verdict::Moved, Some(today.as_str()))
    );
    assert_eq!(seen[&gone].assessment.verdict, Verdict::Dead, "{}", seen[&gone].assessment.reason);
}

#[tokio::test(start_paused = true)]
async fn a_path_that_ends_with_the_project_is_never_suggested() {
    let (mut world, token) = world_with_harbour_group();
    let alpha = world.project_by_path(ALPHA).unwrap().id;
    world.mark_project_for_deletion(alpha).unwrap();
    let urls = ["", "/-/blob/main/lib/a.yml", "/-/blob/master/lib/a.yml", "/-/issues/1"];
    let urls = urls.map(|page| format!("{GITLAB_URL}/{ALPHA}{page}"));
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let seen = check_in_world(world, &token, &urls).await;
    for url in urls {
        let better = seen[url].assessment.suggestion.clone().unwrap_or_default();
        assert!(!better.as_str().contains("deletion_scheduled"), "{url}: {better}");
    }
}

#[tokio::test(start_paused = true)]
async fn archived_labels_are_told_and_a_list_narrowed_to_one_is_there() {
    let (mut world, token) = world_with_harbour_group();
    for name in ["pod::alpha", "pod::beta"] {
        world.add_group_label("harbour", name, "#ff0000", "");
    }
    let alpha = world.project_by_path(ALPHA).unwrap().id;
    world.set_label_archived(alpha, "pod::beta", true).unwrap();
    let list = format!("{GITLAB_URL}/{ALPHA}/-/issues?label_name[]=pod::beta");
    let stage = Stage::new(world.clone(), Some(&token));
    let names: BTreeSet<String> = ["pod::alpha", "pod::beta"].map(str::to_owned).into();
    let found = stage.check_labels(&names, &["harbour".to_owned()]).await;
    assert_eq!([&found["pod::alpha"], &found["pod::beta"]], [&LabelVerdict::Alive, &LabelVerdict::Archived]);
    let seen = check_in_world(world, &token, &[&list]).await;
    assert_eq!(seen[&list].assessment.verdict, Verdict::Alive, "{}", seen[&list].assessment.reason);
    assert!(seen[&list].assessment.reason.as_str().contains("is archived"), "{}", seen[&list].assessment.reason);
}
