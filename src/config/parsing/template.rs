//! The template of a pod's pairing issues.

use toml::Spanned;

use super::pairing::is_project_template;
use super::pod::PodFileParser;
use super::value;
use super::written::{Written, own_or_default};
use crate::config::problem::Problem;
use crate::pod::similar_name::find_similar_name;
use crate::pod::template::Template;

const DEFAULT_PATH: &str = "templates/pairing_issue.md";

impl PodFileParser<'_> {
    /// The template that the pod or the defaults name in the folder, else the folder's, else the one that the program
    /// brings along.
    pub(super) fn parse_template(&mut self, own: Option<&Spanned<String>>) -> Option<Template> {
        let named = own_or_default(own, self.defaults.pairing.template.as_ref());
        let Some(written) = named.filter(|written| !is_project_template(*written)) else {
            if let Some(text) = self.files.texts.get(DEFAULT_PATH) {
                return Some(self.parse_template_text(DEFAULT_PATH, text));
            }
            // One that was not read has been reported for itself.
            let refused = self.files.refused.contains_key(DEFAULT_PATH);
            return (!refused).then(Template::built_in);
        };
        self.parse_named_template(written)
    }

    pub(super) fn parse_named_template(&mut self, written: Written<'_, String>) -> Option<Template> {
        let (name, files) = (written.value().as_str(), self.files);
        let mut wrong =
            |message: String, help: &str| self.add_problem_at(written.source, written.span(), message, help);
        if !value::is_path_below_folder(name) {
            let help = format!("write for example {DEFAULT_PATH}");
            wrong("this is no path below the configuration folder".to_owned(), &help);
            return None;
        }
        if let Some(why) = files.refused.get(name) {
            wrong(format!("the template {name} {why}"), "put the text itself there");
            return None;
        }
        let Some(text) = files.texts.get(name) else {
            let near = find_similar_name(
                name,
                files.texts.keys().map(String::as_str).filter(|file| file.starts_with("templates/")),
            );
            let help = match near {
                Some(near) => format!("did you mean {near}?"),
                None => {
                    "write it, with {{ block }} on a line of its own, or leave the key out for the one that podkeeper \
                         brings along"
                        .to_owned()
                }
            };
            wrong(format!("there is no template {name} in {}", files.folder), &help);
            return None;
        };
        Some(self.parse_template_text(name, text))
    }

    /// A template that fails is told, and used all the same: whoever renders it has the built-in one beside it.
    fn parse_template_text(&mut self, name: &str, text: &str) -> Template {
        let template = Template::new(name, text);
        if let Err((line, why)) = template.check() {
            let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
            let end = start + text[start..].lines().next().map_or(0, str::len);
            self.template_problems.push(Problem {
                path: format!("{}/{name}", self.files.folder),
                span: Some(start..end),
                message: why,
                help: "here".to_owned(),
            });
        }
        template
    }
}
