//! Pipelines and what started them.

use super::requests::{ask, sandbox};

#[tokio::test]
async fn pipelines_are_listed_newest_first_and_narrowed_down() {
    let sandbox = sandbox();
    let open = sandbox.world().project_by_path("group/open").unwrap().id;
    let dev = sandbox.world().user_by_username("dev").unwrap().id;
    let mut ids = Vec::new();
    sandbox.change_world(|world| {
        let schedule = world.add_schedule(open, dev, "nightly", "0 1 * * *").unwrap();
        ids.push(schedule);
        ids.push(world.add_scheduled_pipeline(open, schedule, "success").unwrap());
        let now = world.now;
        world.now = now + chrono::TimeDelta::days(1);
        ids.push(world.add_scheduled_pipeline(open, schedule, "failed").unwrap());
        ids.push(world.add_pipeline(open, dev, "push", "success").unwrap());
    });
    let listed = |query: &'static str| {
        let sandbox = sandbox.clone();
        async move {
            let got = ask(&sandbox, "dev", "GET", &format!("/projects/group%2Fopen/{query}"), "").await;
            assert_eq!(got.status, 200, "{query}: {}", got.text);
            let answer = got.json();
            answer.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect::<Vec<u64>>()
        }
    };
    let [schedule, good, bad, pushed] = ids[..] else { panic!("{ids:?}") };
    assert_eq!(listed("pipelines").await, [pushed, bad, good]);
    assert_eq!(listed("pipelines?source=schedule").await, [bad, good]);
    assert_eq!(listed("pipelines?source=schedule&status=success").await, [good]);
    assert_eq!(listed("pipelines?order_by=updated_at&sort=asc&per_page=1").await, [good]);
    assert_eq!(listed("pipelines?scope=running").await, [0; 0]);
    assert_eq!(listed("pipelines?username=nobody").await, [0; 0]);
    let path = format!("/projects/group%2Fopen/pipeline_schedules/{schedule}");
    let one = ask(&sandbox, "dev", "GET", &path, "").await.json();
    assert_eq!((one["last_pipeline"]["id"].as_u64(), &one["last_pipeline"]["status"]), (Some(bad), &"failed".into()));
    let of_schedule = ask(&sandbox, "dev", "GET", &format!("{path}/pipelines"), "").await.json();
    assert_eq!(
        of_schedule.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect::<Vec<_>>(),
        [good, bad]
    );
    assert_eq!(ask(&sandbox, "dev", "GET", "/projects/group%2Fopen/pipelines/99999", "").await.status, 404);
    assert_eq!(ask(&sandbox, "dev", "GET", "/projects/group%2Fopen/pipelines?status=well", "").await.status, 400);
}

/// The keys of the published examples (GitLab docs, "Pipelines API", "Pipeline schedules API").
#[tokio::test]
async fn pipelines_have_the_published_shapes() {
    let sandbox = sandbox();
    let open = sandbox.world().project_by_path("group/open").unwrap().id;
    let dev = sandbox.world().user_by_username("dev").unwrap().id;
    let mut schedule = 0;
    sandbox.change_world(|world| {
        schedule = world.add_schedule(open, dev, "nightly", "0 1 * * *").unwrap();
        world.add_scheduled_pipeline(open, schedule, "success").unwrap();
    });
    let keys = "id iid project_id status source ref sha web_url created_at updated_at";
    for path in ["pipelines?source=schedule".to_owned(), format!("pipeline_schedules/{schedule}/pipelines")] {
        let got = ask(&sandbox, "bot", "GET", &format!("/projects/group%2Fopen/{path}"), "").await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        for key in keys.split_whitespace() {
            assert!(got.json()[0].get(key).is_some(), "{path} lacks {key}: {}", got.text);
        }
    }
}
