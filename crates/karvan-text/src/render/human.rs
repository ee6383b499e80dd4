//! Findings for a person: code, sentence, place, the piece of the source with its mark, help.

use std::io::{self, Write};

use crate::catalogue::{Language, isolate, sentence, shortened};
use crate::{Diagnostic, Excerpt, Severity};

/// How the human output is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// The language of labels and sentences.
    pub language: Language,
    /// Whether to colour with ANSI escapes.
    pub colour: bool,
}

impl Style {
    /// `text` between this ANSI escape (`1;31`) and the end of it, if it is to be coloured.
    #[must_use]
    pub fn paint(self, escape: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{escape}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn label(self, id: &str) -> &'static str {
        sentence(self.language, id).unwrap_or("")
    }
}

/// Writes one finding about the source called `name`.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn Write, name: &str, finding: &Diagnostic, style: Style) -> io::Result<()> {
    let (label, colour) = match finding.code.severity {
        Severity::Error => ("severity-error", "1;31"),
        Severity::Warning => ("severity-warning", "1;33"),
        Severity::Note => ("severity-note", "1;36"),
    };
    let code = isolate(&finding.code.to_string(), style.language).into_owned();
    let head = style.paint(colour, &format!("{}[{code}]", style.label(label)));
    writeln!(out, "{head}: {}", finding.message.text(style.language))?;

    let place = &finding.place;
    let position = format!("{name}:{}:{}", place.position.line, place.position.column);
    write!(out, "  --> {}", isolate(&position, style.language))?;
    write!(out, " ({} {})", style.label("label-byte"), place.span.start)?;
    let unit = place.unit.map(|unit| unit.to_string());
    let path = [unit.as_deref(), Some(&*place.path).filter(|path| !path.is_empty())];
    let path: Vec<_> = path.into_iter().flatten().collect();
    if !path.is_empty() {
        write!(out, "  {}", isolate(&path.join(" › "), style.language))?;
    }
    writeln!(out)?;
    if let Some(excerpt) = &finding.excerpt {
        write_excerpt(out, excerpt, place.position.line, finding.found.as_deref(), style)?;
    } else if let Some(found) = &finding.found {
        writeln!(out, "   = {}: {}", style.label("label-found"), isolate(&shortened(found), style.language))?;
    }
    if let Some(expected) = &finding.expected {
        writeln!(out, "   = {}: {}", style.label("label-expected"), isolate(&shortened(expected), style.language))?;
    }
    if let Some(rule) = &finding.rule {
        writeln!(out, "   = {}", isolate(rule, style.language))?;
    }
    if let Some(help) = &finding.help {
        writeln!(out, "   = {}: {}", style.label("label-help"), help.text(style.language))?;
    }
    Ok(())
}

fn write_excerpt(
    out: &mut dyn Write,
    excerpt: &Excerpt,
    line: u64,
    found: Option<&str>,
    style: Style,
) -> io::Result<()> {
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    writeln!(out, " {margin} |")?;
    writeln!(out, " {number} | {}", isolate(&excerpt.text, style.language))?;
    let gap = " ".repeat(excerpt.mark_start);
    let mark = style.paint("1;31", &"^".repeat(excerpt.mark_length.max(1)));
    match found.filter(|found| !says_again(excerpt, found)) {
        Some(found) => writeln!(out, " {margin} | {gap}{mark} {}", isolate(&shortened(found), style.language)),
        None => writeln!(out, " {margin} | {gap}{mark}"),
    }
}

/// Whether `found` is what is marked right above, and too long to stand beside the mark as well.
fn says_again(excerpt: &Excerpt, found: &str) -> bool {
    const LONG: usize = 40;
    let marked: String = excerpt.text.chars().skip(excerpt.mark_start).take(excerpt.mark_length).collect();
    excerpt.mark_length > LONG && found.starts_with(&marked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Message, Place, Position, Span, Unit};

    fn finding() -> Diagnostic {
        let place = Place {
            span: Span::new(341, 343),
            position: Position { line: 16, column: 5 },
            unit: Some(Unit { header: "UNH", number: 1 }),
            path: "UNT/0074".into(),
            ..Place::default()
        };
        Diagnostic::new(Code::error(1029), Message::new("severity-error"), place)
            .excerpt(Excerpt::new(b"UNT+13+1'", 4..6))
            .found("13")
            .expected("14")
    }

    #[test]
    fn a_finding_shows_place_mark_expected_and_found() {
        let mut out = Vec::new();
        write(&mut out, "decl.edi", &finding(), Style::default()).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "error[E1029]: error\n  --> decl.edi:16:5 (byte 341)  UNH 1 › UNT/0074\n    |\n 16 | UNT+13+1'\n    |     ^^ 13\n   = expected: 14\n"
        );
    }

    #[test]
    fn a_long_value_is_not_said_twice() {
        let told = |value: &str| {
            let segment = format!("FTX+AAI+++{value}'");
            let finding = finding().excerpt(Excerpt::new(segment.as_bytes(), 10..10 + value.len())).found(value);
            let mut out = Vec::new();
            write(&mut out, "decl.edi", &finding, Style::default()).unwrap();
            String::from_utf8(out).unwrap().matches("QQ QQ").count()
        };
        assert_eq!(told("QQ QQ"), 2);
        let long = format!("QQ QQ{}", "x".repeat(3000));
        assert_eq!(told(&long), 1);
    }

    #[test]
    fn persian_keeps_latin_text_isolated() {
        let mut out = Vec::new();
        write(&mut out, "decl.edi", &finding(), Style { language: Language::Persian, colour: false }).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("خطا[\u{2066}E1029\u{2069}]"));
        assert!(text.contains("\u{2066}decl.edi:16:5\u{2069}"));
        assert!(text.contains("\u{2066}UNT+13+1'\u{2069}"));
    }
}
