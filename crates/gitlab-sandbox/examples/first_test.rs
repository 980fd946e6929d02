//! A bot's test in its shortest form: `cargo run -p gitlab-sandbox --example first_test`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example shows what it does, and ends where it cannot")]

use gitlab_sandbox::faults::{Fault, FaultKind};
use gitlab_sandbox::world::{FieldChange, IssueEdit, NewIssue};
use gitlab_sandbox::{Sandbox, World};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // What is there before the bot starts. Its time stands still.
    let mut world = World::example("2026-11-23T12:00:00Z".parse().expect("a date"));
    let project = world.project_by_path("group/tasks").expect("it is in the example").id;
    let person = world.user_by_username("ines").expect("she is in the example").id;
    let description = FieldChange::Set("Please look at this.\n\n/label ~\"type::bug\"".to_owned());
    let rest = IssueEdit { description, ..IssueEdit::default() };
    world.open_issue(project, person, &NewIssue { title: "Read me".to_owned(), edit: rest });

    let sandbox = Sandbox::new(world);
    let serving = sandbox.serve(([127, 0, 0, 1], 0).into(), None).await.expect("a free port");
    let token = serving.description().tokens["api"].clone();

    // In place of the bot: it comments on the issue.
    let notes = serving.url().join("/api/v4/projects/group%2Ftasks/issues/3/notes").expect("an address");
    let bot = reqwest::Client::builder().no_proxy().build().expect("a client");
    let comment = || {
        bot.post(notes.clone())
            .header("PRIVATE-TOKEN", &token)
            .body("body=On+my+way")
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
    };
    println!("GitLab on a good day: {}", comment().await.expect("an answer").status());

    // The same on a bad one.
    sandbox.change_world(|world| world.faults.api.push(Fault::once(FaultKind::BadGateway)));
    println!("GitLab on a bad day: {}", comment().await.expect("an answer").status());

    // What came of it.
    let issue = sandbox.world().issue(project, 3).cloned().expect("it was opened above");
    println!("labels {:?}, {} comment", issue.labels, issue.notes.len());
    for write in sandbox.journal() {
        println!("{} {} {} {:?}", write.status, write.method, write.path, write.body);
    }
    serving.serve_until(async {}).await.expect("it ends");
}
