//! Git, asked as a program: in one repository, with nothing of the environment that could send it elsewhere or let it
//! start another program.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

/// What of the environment git needs: where it is, and whose settings say that this folder is trusted.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR"];
/// Settings of a repository that would start a program, or give another form to what is read.
const SETTINGS: [&str; 8] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=off",
    "diff.external=",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.relative=false",
    "color.ui=never",
];
/// The most bytes of a file that are read: a page has an eighth of it.
const MAX_OBJECT_BYTES: u64 = 8 * 1024 * 1024;

/// A repository, as git knows it.
pub(super) struct Git {
    root: PathBuf,
    env: BTreeMap<String, String>,
}

impl Git {
    pub(super) fn at(root: &Path, env: &BTreeMap<String, String>) -> Self {
        let passed_on = env.iter().filter(|(name, _)| PASSED_ON.contains(&name.as_str()));
        Self { root: root.to_owned(), env: passed_on.map(|(name, value)| (name.clone(), value.clone())).collect() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.env_clear().envs(&self.env).current_dir(&self.root);
        let own =
            [("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_NO_LAZY_FETCH", "1")];
        // A repository around this one is another.
        let ceiling = self.root.parent().unwrap_or(&self.root);
        command
            .envs(own)
            .env("GIT_CEILING_DIRECTORIES", ceiling)
            .arg("--no-pager")
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .args(args);
        command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    fn output(&self, args: &[&str]) -> Result<Output, String> {
        self.command(args).output().map_err(|error| {
            format!("git could not be started ({error}); --changed needs it: install git in the job's image")
        })
    }

    /// What it prints, where it ends well.
    pub(super) fn read(&self, args: &[&str]) -> Result<Vec<u8>, String> {
        let output = self.output(args)?;
        if output.status.success() { Ok(output.stdout) } else { Err(explain_failure(&output)) }
    }

    /// The first line that it prints; `None` where it ends with 1 and says nothing, which is its way to say no.
    pub(super) fn find(&self, args: &[&str]) -> Result<Option<String>, String> {
        let output = self.output(args)?;
        match output.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)),
            Some(1) if output.stderr.is_empty() => Ok(None),
            _ => Err(explain_failure(&output)),
        }
    }

    /// A reader of files by the names of their objects.
    pub(super) fn objects(&self) -> Result<ObjectReader, String> {
        let mut command = self.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(|error| format!("git could not be started ({error})"))?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        Ok(ObjectReader { process, pipes: pipes.map(|(input, output)| (input, BufReader::new(output))) })
    }
}

fn explain_failure(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().next().unwrap_or("nothing");
    let advice = if text.contains("dubious ownership") {
        "; the folder is somebody else's: `git config --global --add safe.directory '*'` in the job trusts it"
    } else {
        ""
    };
    format!("git says: {first}{advice}")
}

/// Reads files of a repository one after the other (`git cat-file --batch`).
pub(super) struct ObjectReader {
    process: Child,
    /// Gone once something went wrong: what comes then belongs to nothing.
    pipes: Option<(ChildStdin, BufReader<ChildStdout>)>,
}

impl ObjectReader {
    /// The bytes of a file; `None` where it is not in this clone, or is larger than is read.
    pub(super) fn read(&mut self, object: &str) -> Option<Vec<u8>> {
        let (input, output) = self.pipes.as_mut()?;
        match exchange(input, output, object) {
            Ok(bytes) => bytes,
            Err(_broken) => {
                self.pipes = None;
                None
            }
        }
    }
}

impl Drop for ObjectReader {
    fn drop(&mut self) {
        // Without its input it ends.
        self.pipes = None;
        self.process.wait().ok();
    }
}

fn exchange(
    input: &mut ChildStdin,
    output: &mut BufReader<ChildStdout>,
    object: &str,
) -> std::io::Result<Option<Vec<u8>>> {
    input.write_all(format!("{object}\n").as_bytes())?;
    input.flush()?;
    let mut head = String::new();
    output.read_line(&mut head)?;
    // `NAME blob SIZE`, or `NAME missing`.
    let size = head.trim_end().rsplit_once(' ').and_then(|(_, size)| size.parse::<u64>().ok());
    let Some(size) = size else {
        return if head.is_empty() { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(None) };
    };
    let mut bytes = Vec::new();
    let read = output.by_ref().take(size.min(MAX_OBJECT_BYTES)).read_to_end(&mut bytes)?;
    let left = size - u64::try_from(read).unwrap_or(u64::MAX).min(size);
    std::io::copy(&mut output.by_ref().take(left + 1), &mut std::io::sink())?;
    Ok((size <= MAX_OBJECT_BYTES).then_some(bytes))
}
