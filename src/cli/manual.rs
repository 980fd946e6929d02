//! `completions` and `man`: what shells and manual pages say of the command line, made of the command line itself.

use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::CliError;
use super::args::Cli;
use crate::pod::run::ExitStatus;

const PROGRAM: &str = "podkeeper";

/// The completions for a shell.
pub(super) fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The program's own page.
pub(super) fn page() -> Result<String, CliError> {
    render(Cli::command()).map_err(|error| cannot_write(Path::new("the page"), &error))
}

/// A page for the program and for every command; gives how many.
pub(super) fn write_pages(folder: &Path) -> Result<usize, CliError> {
    if let Err(error) = std::fs::create_dir_all(folder) {
        let sentence = format!("{} is no folder for --dir ({error}); name another", folder.display());
        return Err(CliError::usage(sentence));
    }
    let mut root = Cli::command();
    // Names the commands as their pages are called: podkeeper-apply.
    root.build();
    write_with_children(&root, folder)
}

fn write_with_children(command: &clap::Command, folder: &Path) -> Result<usize, CliError> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let path = folder.join(format!("{name}.1"));
    let text = render(command.clone()).map_err(|error| cannot_write(&path, &error))?;
    std::fs::write(&path, text).map_err(|error| cannot_write(&path, &error))?;
    let children = command.get_subcommands().filter(|child| child.get_name() != "help");
    let below: Vec<usize> = children.map(|child| write_with_children(child, folder)).collect::<Result<_, _>>()?;
    Ok(below.into_iter().fold(1, usize::saturating_add))
}

fn render(command: clap::Command) -> io::Result<String> {
    let mut text = Vec::new();
    Man::new(command).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError {
        exit_status: ExitStatus::Incomplete,
        message: format!("{} could not be written ({error})", path.display()),
    }
}
