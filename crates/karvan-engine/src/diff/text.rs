//! What a comparison tells, for people.

use karvan_model::{Kind, Term};
use karvan_text::catalogue::isolate;
use karvan_text::render::human::Style;
use karvan_text::{Language, Message};

use super::{Compared, Diff, Difference, Said, Sides};

/// How much of a value is shown.
const WIDTH: usize = 100;

/// The differences of two files with these names: document by document, each with its places, and what it comes to.
#[must_use]
pub fn text_of_diff(diff: &Diff, names: Sides<&str>, style: Style) -> String {
    let mut teller = Teller { names, style, text: String::new() };
    for compared in &diff.documents {
        teller.document(compared);
    }
    for (name, count) in [(names.left, diff.unread.left), (names.right, diff.unread.right)] {
        if count > 0 {
            teller.line(&Message::new("compare-unread").with("name", name).with("count", count), "1;33");
        }
    }
    let differences = diff.documents.iter().map(|one| one.differences.len()).sum::<usize>();
    let lone = diff.documents.iter().filter(|one| one.sides.left.is_none() || one.sides.right.is_none()).count();
    let same = diff.documents.iter().map(|one| one.same).sum::<usize>();
    let not_compared = diff.documents.iter().map(|one| one.not_compared.len()).sum::<usize>();
    let (id, colour) = if diff.same { ("compare-same", "1;32") } else { ("compare-different", "1;31") };
    let message = Message::new(id).with("same", same).with("apart", not_compared);
    teller.line(&message.with("differences", differences).with("documents", lone), colour);
    teller.text
}

struct Teller<'n> {
    names: Sides<&'n str>,
    style: Style,
    text: String,
}

impl Teller<'_> {
    fn document(&mut self, compared: &Compared) {
        let language = self.style.language;
        match (&compared.sides.left, &compared.sides.right) {
            (Some(left), Some(right)) => {
                let message = Message::new("compare-document")
                    .with("left", self.names.left)
                    .with("left-format", &left.format)
                    .with("right", self.names.right)
                    .with("right-format", &right.format)
                    .with("kind", compared.kind)
                    .with("number", left.number.as_deref().unwrap_or_default());
                self.line(&message, "1");
            }
            (left, right) => {
                let name = if left.is_some() { self.names.left } else { self.names.right };
                if let Some(side) = left.as_ref().or(right.as_ref()) {
                    let message = Message::new("compare-only")
                        .with("name", name)
                        .with("format", &side.format)
                        .with("kind", compared.kind)
                        .with("number", side.number.as_deref().unwrap_or_default());
                    self.line(&message, if left.is_some() { "31" } else { "32" });
                }
            }
        }
        let mut within = String::new();
        for difference in &compared.differences {
            self.difference(difference, &mut within);
        }
        if !compared.not_compared.is_empty() {
            let head = Message::new("compare-not-compared").with("count", compared.not_compared.len());
            self.text.push_str("  ");
            self.line(&head, "1;36");
        }
        for difference in &compared.not_compared {
            let reason = difference.reason.as_ref().map(|reason| reason.text(language)).unwrap_or_default();
            let title = title(difference, language);
            self.text.push_str(&format!("    {title} — {reason}\n"));
            self.sides(difference);
        }
    }

    fn difference(&mut self, difference: &Difference, within: &mut String) {
        let language = self.style.language;
        let groups = difference.within.iter().map(|group| {
            let key = group.key.clone().unwrap_or_else(|| format!("#{}", group.number));
            format!("{} {}", named(group.term, language), isolate(&shortened(&key), language))
        });
        let groups = groups.collect::<Vec<_>>().join(" › ");
        if *within != groups {
            if !groups.is_empty() {
                self.text.push_str(&format!("  {}\n", self.style.paint("1", &groups)));
            }
            *within = groups;
        }
        self.text.push_str(&format!("    {}\n", title(difference, language)));
        self.sides(difference);
    }

    fn sides(&mut self, difference: &Difference) {
        let sides = [("-", "31", self.names.left, &difference.left), ("+", "32", self.names.right, &difference.right)];
        for (sign, colour, name, said) in sides {
            let Some(said) = said else { continue };
            let value = self.style.paint(colour, &format!("{sign} {}", isolate(&value(said), self.style.language)));
            let place = match said.path.as_str() {
                "" => String::new(),
                path => format!("  {name}:{} {path} ({}–{})", said.line, said.span.start, said.span.end),
            };
            let place = if place.is_empty() { place } else { isolate(&place, self.style.language).into_owned() };
            self.text.push_str(&format!("      {value}{place}\n"));
        }
    }

    fn line(&mut self, message: &Message, colour: &str) {
        self.text.push_str(&self.style.paint(colour, &message.text(self.style.language)));
        self.text.push('\n');
    }
}

/// What a difference is about.
fn title(difference: &Difference, language: Language) -> String {
    let Some(term) = difference.term else { return Message::new("compare-no-term").text(language) };
    match difference.part {
        // What has a term of its own has a name of its own.
        Some(part) if !matches!(term.kind(), Kind::Part(_)) => {
            format!("{} ({})", named(term, language), isolate(part, language))
        }
        _ => named(term, language),
    }
}

/// The id and the name of a term.
fn named(term: &Term, language: Language) -> String {
    format!("{} {}", isolate(term.id(), language), term.name(language))
}

/// A value with what qualifies it.
fn value(said: &Said) -> String {
    let mut value = format!("\"{}\"", shortened(&said.value));
    for (part, text) in &said.parts {
        value.push_str(&format!(" {part} {text}"));
    }
    value
}

fn shortened(value: &str) -> String {
    let mut short: String = value.chars().take(WIDTH).collect();
    if value.chars().count() > WIDTH {
        short.push('…');
    }
    short
}
