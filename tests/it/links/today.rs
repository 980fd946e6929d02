//! What is no longer where a link says: refs that went, a former default branch, projects that were renamed, archived labels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use podkeeper::collect::links::web::{Settings, Web};
use podkeeper::pod::verdict::{LabelVerdict, Observation, Verdict};
use podkeeper::sandbox::World;
use podkeeper::sandbox::world::Visibility;

use super::gitlab::{G, harbour};
use super::stage::{BoxWeb, Memory, Stage, seen, web};

const ALPHA: &str = "harbour/tools/alpha";

/// Looks at links in a world, with the box's own web beside its API.
async fn looked(world: World, token: &str, urls: &[&str]) -> BTreeMap<String, Observation> {
    let mut world = world;
    let bot = world.user_named("bot").unwrap().id;
    world.add_token("api", bot, &["read_api"], None);
    let stage = Stage::new(world, Some(token));
    let web = Web::over(Arc::new(BoxWeb(stage.sandbox.clone())), Settings::default());
    seen(stage.probe(urls, &web).await)
}

#[tokio::test(start_paused = true)]
async fn a_ref_that_is_not_there_is_dead_and_the_file_at_the_default_branch_is_suggested() {
    let (world, token) = harbour();
    let gone = ["gone-branch", "v9.9.9", "abcdef0123456789abcdef0123456789abcdef01"];
    let urls = gone.map(|name| format!("{G}/{ALPHA}/-/blob/{name}/lib/a.yml"));
    let [one, two, three] = urls.each_ref().map(String::as_str);
    let seen = looked(world, &token, &[one, two, three]).await;
    let today = format!("{G}/{ALPHA}/-/blob/main/lib/a.yml");
    for url in [one, two, three] {
        let found = &seen[url];
        assert_eq!(
            (found.verdict, found.suggestion.as_ref()),
            (Verdict::Dead, Some(&today)),
            "{url}: {}",
            found.reason
        );
        assert!(found.reason.contains("is not there, but the file is at main"), "{}", found.reason);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_former_default_branch_leads_on_and_only_to_files_and_folders() {
    let (mut world, token) = harbour();
    let alpha = world.project_at(ALPHA).unwrap().id;
    world.projects.get_mut(&alpha).unwrap().previous_default_branch = Some("trunk".to_owned());
    let at = |page: &str| format!("{G}/{ALPHA}/-/{page}");
    let (query, old_form) = (at("blob/trunk/lib/a.yml?ref_type=heads"), format!("{G}/{ALPHA}/blob/trunk/lib/a.yml"));
    let (file, folder, other, history, raw) = (
        at("blob/trunk/lib/a.yml"),
        at("tree/trunk/lib"),
        at("blob/master/lib/a.yml"),
        at("commits/trunk/lib/a.yml"),
        at("raw/trunk/lib/a.yml"),
    );
    let seen = looked(world.clone(), &token, &[&file, &folder, &other, &history, &raw, &query, &old_form]).await;
    assert_eq!([&query, &old_form].map(|url| seen[url].verdict), [Verdict::Moved; 2], "{seen:?}");
    let verdicts =
        [&file, &folder, &other, &history, &raw].map(|url| (seen[url].verdict, seen[url].suggestion.clone()));
    let main = |page: &str| Some(at(page));
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
    // Where nobody but members sees it, nobody says so: the file is not where the link says, and that is all there is.
    world.projects.get_mut(&alpha).unwrap().visibility = Visibility::Private;
    let bot = world.user_named("bot").unwrap().id;
    world.set_role("bot", alpha, 20).unwrap();
    assert!(world.access(alpha, Some(bot)) > 0);
    let seen = looked(world, &token, &[&file]).await;
    assert_eq!((seen[&file].verdict, seen[&file].suggestion.clone()), (Verdict::Dead, main("blob/main/lib/a.yml")));
}

#[tokio::test(start_paused = true)]
async fn a_ref_that_can_be_none_is_dead() {
    let (world, token) = harbour();
    let urls = ["a..b", "x~y", "-x", "a^b"].map(|name| format!("{G}/{ALPHA}/-/blob/{name}/lib/a.yml"));
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let seen = looked(world, &token, &urls).await;
    for url in urls {
        assert_eq!(seen[url].verdict, Verdict::Dead, "{url}: {}", seen[url].reason);
    }
}

/// Milestones want somebody signed in even where the project is public (`lib/api/project_milestones.rb`); files do not.
#[tokio::test(start_paused = true)]
async fn a_401_without_a_token_concerns_one_thing_alone() {
    let (world, _) = harbour();
    let stage = Stage::new(world, None);
    let [milestone, file, wiki] =
        ["milestones/1", "blob/main/lib/a.yml", "wikis/home"].map(|page| format!("{G}/{ALPHA}/-/{page}"));
    let seen = seen(stage.probe(&[&milestone, &file, &wiki], &web(&Memory::of(&[]))).await);
    let verdicts = [&milestone, &file, &wiki].map(|url| seen[url].verdict);
    assert_eq!(verdicts, [Verdict::Hidden, Verdict::Alive, Verdict::Alive]);
}

#[tokio::test(start_paused = true)]
async fn a_public_project_that_was_renamed_is_followed_as_anybody_would_be() {
    let (world, token) = harbour();
    let urls = ["", "/-/blob/main/a.yml?plain=1#L1"].map(|page| format!("{G}/harbour/tools/old-name{page}"));
    let seen = looked(world, &token, &[&urls[0], &urls[1]]).await;
    for url in &urls {
        let today = url.replace("old-name", "new-name");
        assert_eq!((seen[url].verdict, seen[url].suggestion.as_ref()), (Verdict::Moved, Some(&today)), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_project_that_was_renamed_is_followed_by_whoever_belongs_to_its_group() {
    let (mut world, token) = harbour();
    let id = world.add_project("harbour/tools/inner-new", Visibility::Private);
    world.projects.get_mut(&id).unwrap().formerly.push("harbour/tools/inner-old".to_owned());
    world.add_file(id, "main", "lib/a.yml", "one: 1\n");
    let url = format!("{G}/harbour/tools/inner-old/-/blob/main/lib/a.yml");
    let gone = format!("{G}/harbour/tools/inner-old/-/blob/main/lib/gone.yml");
    let hidden = looked(world.clone(), &token, &[&url, &gone]).await;
    assert_eq!([&url, &gone].map(|url| hidden[url].verdict), [Verdict::Hidden; 2]);
    let bot = world.user_named("bot").unwrap().id;
    let group = world.group_at("harbour/tools").unwrap().id;
    world.groups.get_mut(&group).unwrap().members.insert(bot, 20);
    let seen = looked(world, &token, &[&url, &gone]).await;
    let today = format!("{G}/harbour/tools/inner-new/-/blob/main/lib/a.yml");
    assert_eq!((seen[&url].verdict, seen[&url].suggestion.as_ref()), (Verdict::Moved, Some(&today)));
    assert_eq!(seen[&gone].verdict, Verdict::Dead, "{}", seen[&gone].reason);
}

#[tokio::test(start_paused = true)]
async fn a_path_that_ends_with_the_project_is_never_suggested() {
    let (mut world, token) = harbour();
    let alpha = world.project_at(ALPHA).unwrap().id;
    world.mark_for_deletion(alpha).unwrap();
    let urls = ["", "/-/blob/main/lib/a.yml", "/-/blob/master/lib/a.yml", "/-/issues/1"];
    let urls = urls.map(|page| format!("{G}/{ALPHA}{page}"));
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let seen = looked(world, &token, &urls).await;
    for url in urls {
        let better = seen[url].suggestion.clone().unwrap_or_default();
        assert!(!better.contains("deletion_scheduled"), "{url}: {better}");
    }
}

#[tokio::test(start_paused = true)]
async fn archived_labels_are_told_and_a_list_narrowed_to_one_is_there() {
    let (mut world, token) = harbour();
    for name in ["pod::alpha", "pod::beta"] {
        world.add_group_label("harbour", name, "#ff0000", "");
    }
    let alpha = world.project_at(ALPHA).unwrap().id;
    world.archive_label(alpha, "pod::beta", true).unwrap();
    let list = format!("{G}/{ALPHA}/-/issues?label_name[]=pod::beta");
    let stage = Stage::new(world.clone(), Some(&token));
    let names: BTreeSet<String> = ["pod::alpha", "pod::beta"].map(str::to_owned).into();
    let found = stage.labels(&names, &["harbour".to_owned()]).await;
    assert_eq!([&found["pod::alpha"], &found["pod::beta"]], [&LabelVerdict::Alive, &LabelVerdict::Archived]);
    let seen = looked(world, &token, &[&list]).await;
    assert_eq!(seen[&list].verdict, Verdict::Alive, "{}", seen[&list].reason);
    assert!(seen[&list].reason.contains("is archived"), "{}", seen[&list].reason);
}
