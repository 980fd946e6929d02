//! Labels as GitLab draws them: a pill in the label's colour, a scoped one in two halves.

use std::collections::BTreeSet;

use minijinja::Value;

use super::escape::escape;
use super::links::{encode_query_value, page_href};
use crate::world::{Label, Project, World, label_scope};

const DEFAULT_COLOR: &str = "#6699cc";
const DARK_TEXT: &str = "#000000";
const LIGHT_TEXT: &str = "#ffffff";

/// A label that something in a project carries, as a link to everything that carries it.
pub(super) fn linked_label_html(world: &World, project: &Project, name: &str) -> String {
    let label = world.available_labels(project).into_iter().find(|label| label.name == name);
    let issues = format!(
        "{}?state=all&label_name={}",
        page_href(&format!("{}/-/issues", project.path)),
        encode_query_value(name)
    );
    label_html(name, label, Some(&issues))
}

/// Several of them, for a template.
pub(super) fn linked_label_values(world: &World, project: &Project, names: &BTreeSet<String>) -> Vec<Value> {
    names.iter().map(|name| Value::from_safe_string(linked_label_html(world, project, name))).collect()
}

/// A label by itself.
pub(super) fn label_html(name: &str, label: Option<&Label>, link: Option<&str>) -> String {
    // Only a colour may become a part of a style.
    let color =
        label.map(|label| label.color.as_str()).filter(|color| parse_rgb(color).is_some()).unwrap_or(DEFAULT_COLOR);
    let letters =
        if contrast_ratio(color, LIGHT_TEXT) > contrast_ratio(color, DARK_TEXT) { LIGHT_TEXT } else { DARK_TEXT };
    let style = format!("--label:{color};--ink:{letters}");
    // The colons are there for whoever copies the name or searches for it.
    let text = match label_scope(name) {
        Some(scope) => {
            let value = escape(name.get(scope.len() + 2..).unwrap_or_default());
            format!(
                "<span>{}<span class=\"colons\">::</span></span><span class=\"value\">{value}</span>",
                escape(scope)
            )
        }
        None => format!("<span>{}</span>", escape(name)),
    };
    match link {
        Some(link) => {
            let (name, link) = (escape(name), escape(link));
            format!("<a class=\"label\" style=\"{style}\" aria-label=\"{name}\" href=\"{link}\">{text}</a>")
        }
        None => format!("<span class=\"label\" style=\"{style}\">{text}</span>"),
    }
}

/// `#rgb` or `#rrggbb` as red, green and blue.
fn parse_rgb(color: &str) -> Option<[u8; 3]> {
    let digits = color.strip_prefix('#').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let long: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    let channel = |at: usize| u8::from_str_radix(&long[at..at + 2], 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// How well one colour can be read on another (WCAG 2.2, "contrast ratio").
fn contrast_ratio(one: &str, other: &str) -> f64 {
    let (one, other) = (relative_luminance(one) + 0.05, relative_luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

fn relative_luminance(color: &str) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = parse_rgb(color).unwrap_or_default().map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::{DARK_TEXT, LIGHT_TEXT, contrast_ratio, parse_rgb};

    #[test]
    fn the_ink_of_every_label_can_be_read() {
        for shade in 0..=255_u8 {
            for color in [format!("#{shade:02x}{shade:02x}{shade:02x}"), format!("#{shade:02x}44{:02x}", 255 - shade)] {
                let best = contrast_ratio(&color, LIGHT_TEXT).max(contrast_ratio(&color, DARK_TEXT));
                assert!(best >= 4.5, "{color}: {best}");
            }
        }
        assert!((contrast_ratio("#000000", LIGHT_TEXT) - 21.0).abs() < 0.01);
    }

    #[test]
    fn a_colour_is_a_colour_and_nothing_else() {
        assert_eq!(parse_rgb("#fff"), Some([255; 3]));
        assert_eq!(parse_rgb("#1f75cb"), Some([31, 117, 203]));
        for wrong in ["red", "#12", "#1234567", "#ggg", "#fff;x", "", "#é0"] {
            assert_eq!(parse_rgb(wrong), None, "{wrong}");
        }
    }
}
