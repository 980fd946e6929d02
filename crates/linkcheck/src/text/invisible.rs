//! Characters that are not seen: they can turn a line round, hide words in it, or make two texts look alike.
//!
//! None of them is ever shown as it is. Those with which people write (joiners and variation selectors in scripts and
//! emoji, soft hyphens, spaces without width) carry no words and change no order: they are left out, and the same
//! letters stand in the same order. A family of emoji then falls apart into its people, which deceives nobody. Those
//! that change the order of what follows, draw a blank, or spell words that nobody sees are shown by their number,
//! because a reader has to know that they are there. Flags of regions are spelt with such tags; their numbers show.
//!
//! In an address none of them has any honest use, and there each is shown: without it a dead address would look like
//! a good one.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What is shown in the place of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visibility {
    /// Itself.
    Seen,
    /// Nothing.
    LeftOut,
    /// Its number: `\u{202e}`.
    Numbered,
}

/// Whether a character is not seen: controls, zero widths, direction marks and overrides, fillers, selectors, tags
/// (Unicode, `Default_Ignorable_Code_Point` and `Bidi_Control`, and what is drawn as a blank).
pub fn is_invisible(c: char) -> bool {
    visibility(c) != Visibility::Seen
}

fn visibility(c: char) -> Visibility {
    match c {
        _ if c.is_control() => Visibility::LeftOut,
        // Soft hyphen, grapheme joiner, inherent vowels, Mongolian selectors, zero widths and joiners, word joiner,
        // variation selectors, byte order mark.
        '\u{ad}'
        | '\u{34f}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0100}'..='\u{e01ef}' => Visibility::LeftOut,
        // Marks, embeddings, overrides and isolates of direction.
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Fillers, drawn as a blank.
        | '\u{115f}'..='\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
        // Invisible operators, deprecated formats, annotations, musical formats, shorthand formats, tags.
        | '\u{2061}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => Visibility::Numbered,
        _ => Visibility::Seen,
    }
}

/// Which characters are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Those with which people write.
    Words,
    /// Controls alone.
    Address,
}

/// How a character is shown.
pub(super) fn shown(c: char, context: Context) -> Shown {
    match visibility(c) {
        Visibility::Seen => Shown::Char(c),
        Visibility::LeftOut if context == Context::Words || c.is_control() => Shown::Nothing,
        Visibility::LeftOut | Visibility::Numbered => Shown::Number(c),
    }
}

/// A character as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Char(char),
    Number(char),
}

impl Shown {
    /// How many characters it takes.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Char(_) => 1,
            Self::Number(c) => c.escape_unicode().len(),
        }
    }

    pub(super) fn push_to(self, out: &mut String) {
        match self {
            Self::Nothing => {}
            Self::Char(c) => out.push(c),
            // Writing to a string cannot fail.
            Self::Number(c) => write!(out, "{}", c.escape_unicode()).unwrap_or_default(),
        }
    }
}

/// A line of a whole text that is shown as it is, but for what moves a terminal's cursor and what is not seen.
pub fn show_invisible(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    line.chars().for_each(|c| shown(c, Context::Words).push_to(&mut out));
    out
}

/// A whole text on its way out: line ends, and the controls of ASCII that colours and sections of a log are made of,
/// stay; what is not seen is left out or shown by its number.
pub fn show_invisible_in_lines(text: &str) -> Cow<'_, str> {
    let stays = |c: char| c.is_ascii() || !is_invisible(c);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let seen = if stays(c) { Shown::Char(c) } else { shown(c, Context::Words) };
        seen.push_to(&mut out);
    }
    Cow::Owned(out)
}
