//! A check that is split and put together again, over drawn webs: it comes to what one check comes to.

use std::collections::BTreeSet;
use std::sync::Arc;

use linkcheck::check_options::CheckOptions;
use linkcheck::shard::Shard;
use linkcheck::shard_file::{MergedShards, ShardContext, render};
use podkeeper::pod::verdict::Verdict;
use proptest::prelude::*;

use super::gitlab::{GITLAB_URL, world_with_harbour_group};
use super::stage::{InMemoryWeb, NOW, ScriptedResponse, Stage, web};
use super::web_cache::says_strategy;

const GITLAB_URLS: [&str; 8] = [
    "harbour/tools/alpha",
    "harbour/tools/old-name",
    "harbour/secret",
    "harbour/tools/alpha/-/blob/main/lib/a.yml",
    "harbour/tools/alpha/-/blob/main/lib/gone.yml#L1",
    "harbour/tools/alpha/-/issues/99",
    "groups/harbour/-/epics/7",
    "users/sign_in",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_split_the_whole_is_the_same(
        said in prop::collection::vec(says_strategy(), 6),
        named in prop::collection::vec((0..6_usize, prop::sample::select(vec!["", "#x", "#y", "#z"])), 0..12),
        things in prop::collection::btree_set(0..GITLAB_URLS.len(), 0..GITLAB_URLS.len()),
        others in prop::collection::btree_set(prop::sample::select(vec!["#here", "mailto:ada@example.com", "docs/a.md", "/root", "https://spt.slack.com/archives/C1"]), 0..4),
        count in 1..10_u32,
        late in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let hosts: Vec<String> = (0..6).map(|host| format!("https://h{host}.example/")).collect();
            let web_of: Vec<(&str, &[ScriptedResponse])> = hosts.iter().map(String::as_str).zip(said.iter().map(std::slice::from_ref)).collect();
            // A host may answer otherwise the second time, so each check meets it for the first time.
            let memory = || InMemoryWeb::of(&web_of);
            let urls = named.iter().map(|(host, place)| format!("{}{place}", hosts[*host]));
            let things = things.iter().map(|at| format!("{GITLAB_URL}/{}", GITLAB_URLS[*at]));
            let urls: BTreeSet<String> = urls.chain(things).chain(others.iter().map(|url| (*url).to_owned())).collect();
            let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
            // What is added to the page after the shards were checked is checked by the last job.
            let early = if late { &urls[..urls.len() / 2] } else { &urls[..] };
            let (world, token) = world_with_harbour_group();
            let stage = || Stage::new(world.clone(), Some(&token));
            let json = |seen: &[_]| serde_json::to_string_pretty(seen).unwrap();
            let alone = stage().check_links(&urls, &web(&memory())).await;

            let stand = ShardContext { gitlab_host: "gitlab.com", is_sandbox: false, now: NOW.parse().unwrap() };
            let (mut files, mut reported) = (Vec::new(), 0);
            for index in 1..=count {
                let shard = Some(Shard::parse(&format!("{index}/{count}")).unwrap());
                let probed = stage().check_with_policy(early, &web(&memory()), &CheckOptions { shard, export_for_merge: true, ..CheckOptions::default() }).await;
                reported += probed.observations.len();
                files.push((index.to_string(), render(&stand, shard, &probed.shard_observations, probed.failure.as_ref())));
            }
            assert_eq!(reported, early.len());
            let seen = Some(Arc::new(MergedShards::merge(&files, &stand).unwrap()));
            let last = memory();
            let merged = stage().check_with_policy(&urls, &web(&last), &CheckOptions { merged_shards: seen, ..CheckOptions::default() }).await;
            assert_eq!(json(&merged.observations), json(&alone.observations));
            // What is there is not asked again. Where all pages are alike, one is asked for that nobody has.
            let all_there = merged.observations.iter().all(|seen| seen.assessment.verdict == Verdict::Alive);
            let asked = last.requested_urls();
            assert!(late || !all_there || asked.iter().all(|url| url.ends_with("nobody-has")), "{asked:?}");
        });
    }
}
