//! Generic packages (`spec/requests/api/generic_packages_spec.rb`).

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;

use super::requests::{Response, sandbox, send_request};
use crate::Sandbox;

const OPEN: &str = "/projects/group%2Fopen/packages/generic/tool/1.2.3/tool-x86_64-linux";
const PRIVATE: &str = "/projects/group%2Fpairing/packages/generic/tool/1.2.3/tool-x86_64-linux";

/// Not UTF-8, and nothing that a form could hold.
const BYTES: &[u8] = b"\x7fELF\xff\x00&a[b]=c&a=d%";

async fn send(sandbox: &Sandbox, method: &str, path: &str, header: (&str, &str), body: &'static [u8]) -> Response {
    let request = Request::builder().method(method).uri(format!("/api/v4{path}")).header(header.0, header.1);
    send_request(sandbox, request.body(Body::from(body)).unwrap()).await
}

const DEVELOPER: (&str, &str) = ("PRIVATE-TOKEN", "glpat-sandbox-dev-no-secret");
const NOBODY: (&str, &str) = ("accept", "*/*");

#[tokio::test]
async fn a_file_is_there_as_it_was_uploaded() {
    let sandbox = sandbox();
    assert_eq!(send(&sandbox, "GET", OPEN, NOBODY, b"").await.status, 404);
    let made = send(&sandbox, "PUT", OPEN, DEVELOPER, BYTES).await;
    assert_eq!((made.status, made.text.as_str()), (201, r#"{"message":"201 Created"}"#));
    let found = send(&sandbox, "GET", OPEN, NOBODY, b"").await;
    assert_eq!(found.status, 200);
    assert_eq!(found.header("content-type"), "application/octet-stream");
    let world = sandbox.world();
    let file = world.project_by_path("group/open").unwrap().packages.files().next().unwrap().1.clone();
    assert_eq!((file.bytes.as_ref(), file.size), (BYTES, BYTES.len()));
    assert_eq!(found.header("x-checksum-sha256"), file.sha256);
    assert_eq!(sandbox.journal()[0].body, format!("[{} bytes]", BYTES.len()));
    // A second upload takes the place of the first.
    assert_eq!(send(&sandbox, "PUT", OPEN, DEVELOPER, b"another").await.status, 201);
    assert_eq!(send(&sandbox, "GET", OPEN, NOBODY, b"").await.text, "another");
    assert_eq!(send(&sandbox, "GET", &OPEN.replace("1.2.3", "1.2.4"), NOBODY, b"").await.status, 404);
}

#[tokio::test]
async fn who_may_upload_and_who_may_download() {
    let sandbox = sandbox();
    let guest = ("PRIVATE-TOKEN", "glpat-sandbox-guest-no-secret");
    assert_eq!(send(&sandbox, "PUT", OPEN, NOBODY, BYTES).await.status, 401);
    assert_eq!(send(&sandbox, "PUT", PRIVATE, guest, BYTES).await.status, 403);
    assert_eq!(send(&sandbox, "PUT", PRIVATE, DEVELOPER, BYTES).await.status, 201);
    assert_eq!(send(&sandbox, "GET", PRIVATE, NOBODY, b"").await.status, 404);
    let stranger = ("PRIVATE-TOKEN", "glpat-sandbox-stranger-no-secret");
    assert_eq!(send(&sandbox, "GET", PRIVATE, stranger, b"").await.status, 404);
    sandbox.change_world(|world| {
        let dev = world.user_by_username("dev").unwrap().id;
        world.add_token("job", dev, &["ci_job"], None);
    });
    let job = ("JOB-TOKEN", "glpat-sandbox-job-no-secret");
    assert_eq!(send(&sandbox, "GET", PRIVATE, job, b"").await.status, 200);
    assert_eq!(send(&sandbox, "PUT", PRIVATE, job, BYTES).await.status, 201);
    let basic = |credentials: &str| format!("Basic {}", STANDARD.encode(credentials));
    for (credentials, status) in [
        ("gitlab-ci-token:glpat-sandbox-job-no-secret", 200),
        ("anybody:glpat-sandbox-dev-no-secret", 200),
        ("anybody:glpat-sandbox-job-no-secret", 401),
        ("gitlab-ci-token:wrong", 401),
    ] {
        let header = basic(credentials);
        assert_eq!(
            send(&sandbox, "GET", PRIVATE, ("authorization", &header), b"").await.status,
            status,
            "{credentials}"
        );
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let sandbox = sandbox();
    let project = "/projects/group%2Fopen/packages/generic";
    for (path, parameter) in [
        ("to%20ol/1.0/file", "package_name"),
        ("tool/1..0/file", "package_version"),
        ("tool/1.0/fi%2Fle", "file_name"),
        ("tool/1.0/fi~le", "file_name"),
    ] {
        let refused = send(&sandbox, "PUT", &format!("{project}/{path}"), DEVELOPER, BYTES).await;
        assert_eq!(
            (refused.status, &refused.json()["error"]),
            (400, &format!("{parameter} is invalid").into()),
            "{path}"
        );
    }
    assert_eq!(send(&sandbox, "PUT", &format!("{project}/tool/file"), DEVELOPER, BYTES).await.status, 404);
}
