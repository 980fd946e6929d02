//! Links to GitLab, as its API answers for them.

use std::collections::{BTreeMap, BTreeSet};

use podkeeper::decide::links::assess;
use podkeeper::pod::verdict::{LabelVerdict, Verdict};
use podkeeper::sandbox::World;
use podkeeper::sandbox::world::{NewIssue, Visibility};

use super::stage::{InMemoryWeb, ScriptedResponse, Stage, empty_world, observations_by_url, web};

/// A visible group with everything a link can point at, and some that only insiders see. Gives the bot's token.
pub(super) fn world_with_harbour_group() -> (World, String) {
    let mut world = empty_world();
    let bot = world.add_user("bot", "Bot");
    let token = world.add_token("bot", bot, &["read_api"], None);
    world.add_user("ada-quill", "Ada Quill");
    let alpha = world.add_project("harbour/tools/alpha", Visibility::Public);
    world.add_file(alpha, "main", "README.md", "# Alpha\n\n## How to ask\n\n### For help -- now\n");
    world.projects.get_mut(&alpha).unwrap().stubs.wiki.insert("home".to_owned());
    world.add_file(alpha, "main", "lib/a.yml", "one: 1\ntwo: 2\n");
    world.add_file(alpha, "main", "docs/guide.md", "# Guide\n");
    world.add_file(alpha, "old", "lib/only-here.yml", "x: 1\n");
    world.add_file(alpha, "feature/fast/lane", "lib/b.yml", "x: 1\n");
    world.add_file(alpha, "feature/fast/lane", "docs/lane.md", "# Lane\n\n## How fast\n");
    let issue = NewIssue { title: "An issue".to_owned(), ..NewIssue::default() };
    world.open_issue(alpha, bot, &issue);
    world.add_merge_request(alpha, bot, "A change", "opened");
    let attic = world.add_project("harbour/attic", Visibility::Public);
    world.projects.get_mut(&attic).unwrap().archived = true;
    let renamed = world.add_project("harbour/tools/new-name", Visibility::Public);
    world.projects.get_mut(&renamed).unwrap().formerly.push("harbour/tools/old-name".to_owned());
    world.add_file(renamed, "main", "a.yml", "x: 1\n");
    world.add_project("harbour/secret", Visibility::Private);
    world.add_project("harbour/bare", Visibility::Public);
    let group = world.add_group("harbour", Visibility::Public);
    world.add_epic(group, 7, "An epic", true);
    (world, token)
}

pub(super) const GITLAB_URL: &str = "https://gitlab.com";

#[tokio::test(start_paused = true)]
async fn each_thing_of_gitlab_has_its_verdict_in_few_requests() {
    use Verdict::{Alive, Dead, FragmentDead, FragmentUnverifiable, Hidden, Moved};
    let (world, token) = world_with_harbour_group();
    let stage = Stage::new(world, Some(&token));
    let alpha = "harbour/tools/alpha";
    let table: Vec<(String, Verdict, Option<&str>)> = vec![
        (format!("{GITLAB_URL}/{alpha}"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}.git"), Alive, None),
        (format!("{GITLAB_URL}/HARBOUR/Tools/Alpha"), Alive, None),
        (format!("{GITLAB_URL}/harbour/tools"), Alive, None),
        (format!("{GITLAB_URL}/groups/harbour/tools"), Alive, None),
        (format!("{GITLAB_URL}/harbour"), Alive, None),
        (format!("{GITLAB_URL}/ada-quill/"), Alive, None),
        (format!("{GITLAB_URL}/nobody-is-here"), Hidden, None),
        (format!("{GITLAB_URL}/harbour/attic"), Alive, None),
        (format!("{GITLAB_URL}/harbour/secret"), Hidden, None),
        (format!("{GITLAB_URL}/harbour/secret/-/blob/main/a.yml"), Hidden, None),
        (format!("{GITLAB_URL}/harbour/never-was"), Hidden, None),
        (format!("{GITLAB_URL}/harbour/bare/-/blob/main/a.yml"), Hidden, None),
        // GraphQL follows no renames, and here no web does.
        (format!("{GITLAB_URL}/harbour/tools/old-name"), Hidden, None),
        // Files, old form included; what is missing in a project that can be seen is gone.
        (format!("{GITLAB_URL}/{alpha}/-/blob/main/lib/a.yml"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/blob/main/lib/a.yml"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/raw/HEAD/lib/a.yml"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/main/lib/gone.yml"), Dead, None),
        (
            format!("{GITLAB_URL}/{alpha}/-/blob/main/lib"),
            Moved,
            Some("https://gitlab.com/harbour/tools/alpha/-/tree/main/lib"),
        ),
        (
            format!("{GITLAB_URL}/{alpha}/-/blob/master/lib/a.yml"),
            Dead,
            Some("https://gitlab.com/harbour/tools/alpha/-/blob/main/lib/a.yml"),
        ),
        (
            format!("{GITLAB_URL}/{alpha}/-/blob/old/lib/a.yml"),
            Dead,
            Some("https://gitlab.com/harbour/tools/alpha/-/blob/main/lib/a.yml"),
        ),
        (format!("{GITLAB_URL}/{alpha}/-/blob/no-such-ref/x.yml"), Dead, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/feature/fast/lane/lib/b.yml"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/tree/main/lib?ref_type=heads"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/tree/main"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/tree/main/gone"), Dead, None),
        (format!("{GITLAB_URL}/{alpha}/-/tree/feature/fast/lane"), Alive, None),
        (
            format!("{GITLAB_URL}/{alpha}/-/tree/main/lib/a.yml"),
            Moved,
            Some("https://gitlab.com/harbour/tools/alpha/-/blob/main/lib/a.yml"),
        ),
        // Places.
        (format!("{GITLAB_URL}/{alpha}/-/blob/main/lib/a.yml#L2"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/main/lib/a.yml#L1-3"), FragmentDead, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/main/lib/a.yml#part"), FragmentUnverifiable, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/main/docs/guide.md#guide"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/main/docs/guide.md#gone"), FragmentDead, None),
        // On a ref with slashes in its name, which is found in a later round.
        (format!("{GITLAB_URL}/{alpha}/-/blob/feature/fast/lane/docs/lane.md#how-fast"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/feature/fast/lane/docs/lane.md#gone"), FragmentDead, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/feature/fast/lane/lib/b.yml#L1"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/feature/fast/lane/lib/b.yml#L9"), FragmentDead, None),
        (format!("{GITLAB_URL}/{alpha}/-/blob/feature/fast/lane/lib/b.yml#part"), FragmentUnverifiable, None),
        (format!("{GITLAB_URL}/{alpha}/-/tree/feature/fast/lane#how-fast"), FragmentUnverifiable, None),
        (format!("{GITLAB_URL}/{alpha}/-/tree/main/lib#readme"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}#how-to-ask"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}#for-help----now"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}#gone"), FragmentDead, None),
        (format!("{GITLAB_URL}/harbour/bare#readme-of-none"), FragmentUnverifiable, None),
        // Everything else.
        (format!("{GITLAB_URL}/{alpha}/-/issues/"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/issues/1"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/issues/1#note_5"), FragmentUnverifiable, None),
        (format!("{GITLAB_URL}/{alpha}/-/issues/99"), Hidden, None),
        (format!("{GITLAB_URL}/{alpha}/-/merge_requests/1/diffs"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/merge_requests/99"), Hidden, None),
        (format!("{GITLAB_URL}/{alpha}/-/labels"), Alive, None),
        (format!("{GITLAB_URL}/{alpha}/-/wikis/home"), Alive, None),
        (format!("{GITLAB_URL}/groups/harbour/-/epics/7"), Alive, None),
        (format!("{GITLAB_URL}/groups/harbour/-/work_items/7"), Alive, None),
        (format!("{GITLAB_URL}/groups/harbour/-/epics/8"), Hidden, None),
        (format!("{GITLAB_URL}/groups/harbour/-/issues"), Alive, None),
        (format!("{GITLAB_URL}/groups/nowhere/-/epics/1"), Hidden, None),
    ];
    let urls: Vec<&str> = table.iter().map(|(url, ..)| url.as_str()).collect();
    let memory = InMemoryWeb::of(&[]);
    let probed = stage.check_links(&urls, &web(&memory)).await;
    assert_eq!(probed.failure, None);
    let requests = stage.reader.request_log().read_count();
    println!("gitlab_links={} requests={requests} writes={}", urls.len(), stage.reader.request_log().write_count());
    let seen = observations_by_url(probed);
    for (url, wanted, suggestion) in &table {
        let found = &seen[url];
        assert_eq!(
            (found.assessment.verdict, found.assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str)),
            (*wanted, *suggestion),
            "{url}: {}",
            found.assessment.reason
        );
    }
    assert_eq!(seen[&format!("{GITLAB_URL}/harbour/attic")].assessment.reason, "its project is archived");
    // Every special case at once, and one request for its wiki. Folders cost most: they are asked for three kinds of
    // things.
    assert!(requests <= 11, "{requests} requests, as anybody and about what is hidden with the token");
    assert_eq!(stage.reader.request_log().write_count(), 0);
}

/// GitLab leads from the address of a file to the folder of that name (`show` in
/// `app/controllers/projects/blob_controller.rb`), the folder of a whole ref included, however many segments that has.
#[tokio::test(start_paused = true)]
async fn an_address_that_names_a_long_ref_and_nothing_else_leads_to_its_files() {
    use Verdict::{Alive, Dead, Hidden, Moved};
    let (mut world, token) = world_with_harbour_group();
    let alpha = world.project_by_path("harbour/tools/alpha").unwrap().id;
    world.add_file(alpha, "team/blue/2026/autumn/trial", "docs/long.md", "# Long\n");
    let at = |page: &str| format!("{GITLAB_URL}/harbour/tools/alpha/-/{page}");
    let table = [
        ("tree/team/blue/2026/autumn/trial", Alive, None),
        ("blob/team/blue/2026/autumn/trial", Moved, Some(at("tree/team/blue/2026/autumn/trial"))),
        ("blob/team/red/2026/autumn/trial", Dead, None),
        // Which of the many parts are the ref's is not tried out.
        ("blob/team/blue/2026/autumn/trial/docs/long.md", Hidden, None),
        ("blob/one/two/three/four/five/six", Hidden, None),
    ];
    let urls = table.each_ref().map(|(page, ..)| at(page));
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let stage = Stage::new(world, Some(&token));
    let seen = observations_by_url(stage.check_links(&urls, &web(&InMemoryWeb::of(&[]))).await);
    for (page, verdict, suggestion) in table {
        let found = &seen[&at(page)].assessment;
        let better = found.suggestion.as_ref().map(|better| better.as_str().to_owned());
        assert_eq!((found.verdict, better), (verdict, suggestion), "{page}: {}", found.reason);
    }
}

/// To those who are not signed in a confidential issue is not there (threat sheet, F24).
#[tokio::test(start_paused = true)]
async fn what_is_hidden_is_not_gone_because_a_redirect_ends_where_nothing_is_shown() {
    let (world, token) = world_with_harbour_group();
    let (alpha, new) = (format!("{GITLAB_URL}/harbour/tools/alpha"), format!("{GITLAB_URL}/harbour/now"));
    let (issue, plain) = (format!("{alpha}/-/issues/99"), "http://gitlab.com/harbour/tools/alpha/-/issues/99");
    let (old, file) = (format!("{alpha}/issues/99"), format!("{GITLAB_URL}/harbour/once/-/blob/main/gone.md"));
    let (moved, files) = (format!("{new}/-/blob/main/gone.md"), format!("{new}/-/tree/main"));
    let memory = InMemoryWeb::of(&[
        (&old, &[ScriptedResponse::redirect(301, &issue)]),
        (plain, &[ScriptedResponse::redirect(301, &issue)]),
        (&issue, &[ScriptedResponse::status(404)]),
        // A public project that was renamed, and has no such file.
        (&file, &[ScriptedResponse::redirect(301, &moved)]),
        (&moved, &[ScriptedResponse::redirect(302, &files)]),
    ]);
    let seen =
        observations_by_url(Stage::new(world, Some(&token)).check_links(&[&old, plain, &file], &web(&memory)).await);
    let verdicts = [old.as_str(), plain, file.as_str()].map(|url| seen[url].assessment.verdict);
    assert_eq!(verdicts, [Verdict::Hidden, Verdict::Hidden, Verdict::Dead], "{seen:?}");
}

/// GitLab's own templates say in their headers when their end is near: the link works, and that is reported all the
/// same.
#[tokio::test(start_paused = true)]
async fn a_deprecated_ci_template_is_alive_and_told_with_its_successor() {
    let (mut world, token) = world_with_harbour_group();
    let product = world.add_project("gitlab-org/gitlab", Visibility::Public);
    let folder = "lib/gitlab/ci/templates";
    let moved = "# This template is deprecated.\n#\n# Replace\n#\n# template: Lantern.gitlab-ci.yml\n#\n# with\n#\n\
                 # template: Jobs/Lantern.gitlab-ci.yml\n\nlantern: {}\n";
    let ending =
        "# This template is DEPRECATED and scheduled for removal in GitLab 21.0\n# See https://x.example/1\njob: {}\n";
    world.add_file(product, "master", &format!("{folder}/Lantern.gitlab-ci.yml"), moved);
    world.add_file(product, "master", &format!("{folder}/Ending.gitlab-ci.yml"), ending);
    world.add_file(
        product,
        "master",
        &format!("{folder}/Jobs/Lantern.gitlab-ci.yml"),
        "# This template is new.\njob: {}\n",
    );
    world.projects.get_mut(&product).unwrap().default_branch = "master".to_owned();
    // The same words elsewhere are nobody's template.
    let alpha = world.project_by_path("harbour/tools/alpha").unwrap().id;
    world.add_file(alpha, "main", &format!("{folder}/Lantern.gitlab-ci.yml"), moved);
    let stage = Stage::new(world, Some(&token));
    let at = |project: &str, word: &str, git_ref: &str, name: &str| {
        format!("{GITLAB_URL}/{project}/-/{word}/{git_ref}/{folder}/{name}")
    };
    let (blob, raw) = (
        at("gitlab-org/gitlab", "blob", "master", "Lantern.gitlab-ci.yml"),
        at("gitlab-org/gitlab", "raw", "master", "Ending.gitlab-ci.yml"),
    );
    let new = at("gitlab-org/gitlab", "blob", "master", "Jobs/Lantern.gitlab-ci.yml");
    let ours = at("harbour/tools/alpha", "blob", "main", "Lantern.gitlab-ci.yml");
    let probed = stage.check_links(&[&blob, &raw, &new, &ours], &web(&InMemoryWeb::of(&[]))).await;
    assert!(probed.observations.iter().all(|seen| seen.assessment.verdict == Verdict::Alive));
    assert_eq!(stage.reader.request_log().read_count(), 2);
    let reported = assess(&probed.observations, &BTreeMap::new(), super::stage::NOW.parse().unwrap()).findings;
    let reported: Vec<(&str, &str, &str)> =
        reported.iter().map(|found| (found.rule.code(), found.subject.as_str(), found.advice.as_str())).collect();
    let advice = "Link Jobs/Lantern.gitlab-ci.yml instead, which its header names.";
    assert_eq!(
        reported,
        [
            ("template-deprecated", blob.as_str(), advice),
            ("template-deprecated", raw.as_str(), "Link what replaces it."),
        ]
        .iter()
        .copied()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>(),
    );
    let seen = observations_by_url(probed);
    assert_eq!(
        seen[&raw]
            .assessment
            .deprecated
            .as_ref()
            .map(|found| (found.notice.as_str(), found.successor.as_ref().map(linkcheck::text::Address::as_str))),
        Some(("This template is DEPRECATED and scheduled for removal in GitLab 21.0", None))
    );
    // What has no end says nothing in JSON either.
    assert_eq!(serde_json::to_value(&seen[&new]).unwrap().get("deprecated"), None);
    assert_eq!(serde_json::to_value(&seen[&blob]).unwrap()["deprecated"]["successor"], "Jobs/Lantern.gitlab-ci.yml");
}

/// An old ref keeps a template for ever, but what is included comes from the default branch.
#[tokio::test(start_paused = true)]
async fn a_ci_template_that_only_an_old_ref_has_is_alive_and_told_as_one_that_no_include_finds() {
    use Verdict::{Alive, Dead};
    let (mut world, token) = world_with_harbour_group();
    let product = world.add_project("gitlab-org/gitlab", Visibility::Public);
    world.projects.get_mut(&product).unwrap().default_branch = "master".to_owned();
    let folder = "lib/gitlab/ci/templates";
    let ending =
        "# This template is deprecated.\n# template: Old.gitlab-ci.yml\n# with\n# template: New.gitlab-ci.yml\n";
    for (git_ref, name, text) in [
        ("v15", "Kept.gitlab-ci.yml", "job: {}\n"),
        ("master", "Kept.gitlab-ci.yml", "job: {}\n"),
        ("v15", "Gone.gitlab-ci.yml", "job: {}\n"),
        ("v15", "Old.gitlab-ci.yml", ending),
        // No template: its name does not end as one's does.
        ("v15", "Rules.yml", "job: {}\n"),
    ] {
        world.add_file(product, git_ref, &format!("{folder}/{name}"), text);
    }
    let at = |git_ref: &str, name: &str| format!("{GITLAB_URL}/gitlab-org/gitlab/-/blob/{git_ref}/{folder}/{name}");
    let urls = [
        at("v15", "Kept.gitlab-ci.yml"),
        at("v15", "Gone.gitlab-ci.yml"),
        at("v15", "Old.gitlab-ci.yml"),
        at("v15", "Rules.yml"),
        at("HEAD", "Kept.gitlab-ci.yml"),
        at("master", "Gone.gitlab-ci.yml"),
    ];
    let stage = Stage::new(world, Some(&token));
    let probed = stage.check_links(&urls.each_ref().map(String::as_str), &web(&InMemoryWeb::of(&[]))).await;
    // As many as without a second ref.
    assert_eq!(stage.reader.request_log().read_count(), 2);
    let reported = assess(&probed.observations, &BTreeMap::new(), super::stage::NOW.parse().unwrap()).findings;
    let reported: BTreeMap<&str, &str> = reported
        .iter()
        .filter(|found| found.rule.code() == "template-deprecated")
        .map(|found| (found.subject.as_str(), found.message.as_str()))
        .collect();
    let words = "it is on v15 but no longer on the default branch master, so `include: template` no longer finds it";
    let said = [&urls[1], &urls[2]].map(|url| (url.as_str(), format!("{url}: {words}")));
    assert_eq!(reported, said.iter().map(|(url, message)| (*url, message.as_str())).collect());
    let seen = observations_by_url(probed);
    assert_eq!(urls.each_ref().map(|url| seen[url].assessment.verdict), [Alive, Alive, Alive, Alive, Alive, Dead]);
    let successor = |url: &String| {
        seen[url].assessment.deprecated.as_ref().unwrap().successor.as_ref().map(linkcheck::text::Address::as_str)
    };
    assert_eq!((successor(&urls[1]), successor(&urls[2])), (None, Some("New.gitlab-ci.yml")));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_links_stay_within_gitlabs_limits() {
    let (mut world, token) = world_with_harbour_group();
    let alpha = world.project_by_path("harbour/tools/alpha").unwrap().id;
    let mut urls = Vec::new();
    for n in 0..500 {
        world.add_file(alpha, "main", &format!("files/{n}.md"), "# x\n");
        urls.push(format!("{GITLAB_URL}/harbour/tools/alpha/-/blob/main/files/{n}.md"));
        urls.push(format!("{GITLAB_URL}/harbour/none-{n}/-/issues/{n}"));
    }
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let stage = Stage::new(world, Some(&token));
    let seen = observations_by_url(stage.check_links(&urls, &web(&InMemoryWeb::of(&[]))).await);
    let alive = seen.values().filter(|seen| seen.assessment.verdict == Verdict::Alive).count();
    assert_eq!(alive, 500, "{:?}", seen.values().next());
    assert_eq!(seen.values().filter(|seen| seen.assessment.verdict == Verdict::Hidden).count(), 500);
    println!("links=1000 api_requests={}", stage.reader.request_log().read_count());
}

#[tokio::test(start_paused = true)]
async fn labels_are_looked_up_by_exact_name_and_then_as_retired_ones() {
    let (mut world, token) = world_with_harbour_group();
    for name in
        ["pod::alpha", "group::old [DEPRECATED]", "group::older DEPRECATED", "group::oldest [DEPRECIATED]", "Bug"]
    {
        world.add_group_label("harbour", name, "#ff0000", "");
    }
    let stage = Stage::new(world, Some(&token));
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let groups = ["harbour".to_owned(), "harbour/tools".to_owned()];
    let found = stage.check_labels(&names(&["pod::alpha", "Bug"]), &groups).await;
    assert_eq!(
        found,
        BTreeMap::from([("Bug".to_owned(), LabelVerdict::Alive), ("pod::alpha".to_owned(), LabelVerdict::Alive)])
    );
    // Those that are there may be archived.
    assert_eq!(stage.reader.request_log().read_count(), 2);
    let asked = names(&["pod::alpha", "bug", "group::old", "group::older", "group::oldest", "group::new"]);
    let found = stage.check_labels(&asked, &groups).await;
    assert_eq!(stage.reader.request_log().read_count(), 4);
    let retired = |name: &str| LabelVerdict::Retired(name.to_owned());
    assert_eq!(found["group::old"], retired("group::old [DEPRECATED]"));
    assert_eq!(found["group::older"], retired("group::older DEPRECATED"));
    assert_eq!(found["group::oldest"], retired("group::oldest [DEPRECIATED]"));
    assert_eq!((&found["bug"], &found["group::new"]), (&LabelVerdict::Missing, &LabelVerdict::Missing));
    // A group that is not seen proves nothing about labels that another does not have.
    let groups = ["harbour".to_owned(), "not/there".to_owned()];
    let found = stage.check_labels(&names(&["Bug", "x"]), &groups).await;
    assert_eq!(found["Bug"], LabelVerdict::Alive);
    assert!(matches!(&found["x"], LabelVerdict::Unknown(why) if why.contains("not/there")));
    assert!(matches!(stage.check_labels(&names(&["x"]), &[]).await["x"], LabelVerdict::Unknown(_)));
}
