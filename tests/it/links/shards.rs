//! A look that is split and put together again, over drawn webs: it comes to what one look comes to.

use std::collections::BTreeSet;
use std::sync::Arc;

use podkeeper::collect::links::policy::Policy;
use podkeeper::collect::links::seen::{Seen, Stand, written};
use podkeeper::collect::links::shard::Shard;
use proptest::prelude::*;

use super::gitlab::{G, harbour};
use super::memory::says;
use super::stage::{Memory, NOW, Says, Stage, web};

const THINGS: [&str; 8] = [
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
        said in prop::collection::vec(says(), 6),
        named in prop::collection::vec((0..6_usize, prop::sample::select(vec!["", "#x", "#y", "#z"])), 0..12),
        things in prop::collection::btree_set(0..THINGS.len(), 0..THINGS.len()),
        others in prop::collection::btree_set(prop::sample::select(vec!["#here", "mailto:ada@example.com", "docs/a.md", "/root", "https://spt.slack.com/archives/C1"]), 0..4),
        count in 1..10_u32,
        late in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let hosts: Vec<String> = (0..6).map(|host| format!("https://h{host}.example/")).collect();
            let web_of: Vec<(&str, &[Says])> = hosts.iter().map(String::as_str).zip(said.iter().map(std::slice::from_ref)).collect();
            let memory = Memory::of(&web_of);
            let urls = named.iter().map(|(host, place)| format!("{}{place}", hosts[*host]));
            let things = things.iter().map(|at| format!("{G}/{}", THINGS[*at]));
            let urls: BTreeSet<String> = urls.chain(things).chain(others.iter().map(|url| (*url).to_owned())).collect();
            let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
            // What is added to the page after the shards have looked is looked at by the last one.
            let early = if late { &urls[..urls.len() / 2] } else { &urls[..] };
            let (world, token) = harbour();
            let stage = || Stage::new(world.clone(), Some(&token));
            let json = |seen: &[_]| serde_json::to_string_pretty(seen).unwrap();
            let alone = stage().probe(&urls, &web(&memory)).await;

            let stand = Stand { gitlab: "gitlab.com", boxed: false, now: NOW.parse().unwrap() };
            let (mut files, mut told) = (Vec::new(), 0);
            for index in 1..=count {
                let shard = Some(Shard::parse(&format!("{index}/{count}")).unwrap());
                let probed = stage().judge(early, &web(&memory), &Policy { shard, hands_on: true, ..Policy::default() }).await;
                told += probed.observations.len();
                files.push((index.to_string(), written(&stand, shard, &probed.seen, probed.blind.as_ref())));
            }
            assert_eq!(told, early.len());
            let seen = Some(Arc::new(Seen::together(&files, &stand).unwrap()));
            let before = memory.asked().len();
            let merged = stage().judge(&urls, &web(&memory), &Policy { seen, ..Policy::default() }).await;
            assert_eq!(json(&merged.observations), json(&alone.observations));
            // Where all pages look alike, one is asked for that nobody has.
            let left = memory.asked().split_off(before);
            assert!(late || left.iter().all(|url| url.ends_with("nobody-has")), "{left:?}");
        });
    }
}
