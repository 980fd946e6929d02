//! Files of generic packages (GitLab docs, "GitLab generic packages repository"; `lib/api/generic_packages.rb`).

use super::Context;
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, PackageFilePath};

/// `packages/generic/:package_name/*package_version/:file_name`: upload and download. A folder between version and file
/// is part of the version here.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    let [package, version @ .., file] = path else { return Err(Reply::route_not_found()) };
    if version.is_empty() {
        return Err(Reply::route_not_found());
    }
    let path = PackageFilePath { package: (*package).to_owned(), version: version.join("/"), file: (*file).to_owned() };
    // The names in the path come before parameters of these names.
    context.call.params.mark_read(&["package_name", "package_version", "file_name"]);
    check_names(&path)?;
    match context.call.method.as_str() {
        "PUT" => upload(context, project, path),
        "GET" | "HEAD" => download(context, project, &path),
        _ => Err(Reply::route_not_found()),
    }
}

/// `generic_package_name_regex` and its siblings in `lib/gitlab/regex/packages.rb`.
fn check_names(path: &PackageFilePath) -> Result<(), Reply> {
    let is_name = |text: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
        !text.is_empty() && text.bytes().all(fits)
    };
    let versions = path.version.split('/').all(is_name) && !path.version.contains("..");
    for (key, fits) in
        [("package_name", is_name(&path.package)), ("package_version", versions), ("file_name", is_name(&path.file))]
    {
        if !fits {
            return Err(Reply::parameter_invalid(key));
        }
    }
    Ok(())
}

/// A 201 that tells no more than that (`created!`).
fn upload(context: &mut Context<'_>, project: u64, path: PackageFilePath) -> HandlerResult {
    context.require_role(project, DEVELOPER)?;
    let home = context.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    home.packages.upload(path, &context.call.body);
    Ok(Reply::message(201, "201 Created"))
}

fn download(context: &Context<'_>, project: u64, path: &PackageFilePath) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let found = home.packages.find(path).ok_or_else(Reply::record_not_found)?;
    let name = format!("attachment; filename=\"{0}\"; filename*=UTF-8''{0}", path.file);
    Ok(Reply::bytes(200, "application/octet-stream", found.bytes.to_vec())
        .with_header("content-disposition", name)
        .with_header("x-checksum-sha256", found.sha256.clone()))
}
