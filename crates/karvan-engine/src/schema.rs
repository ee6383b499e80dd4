//! Looking things up in the UN/EDIFACT directories: releases, messages, segments, data elements, codes.
//!
//! What is found is a view: plain data for a machine (JSON through serde), and [`View::text`] for people, in their
//! language. Tags and names stay as the directory has them.

use std::fmt::{self, Write};

use karvan_schema::directory::{
    Code, Composite, Constituent, Directories, Directory, Element, Message as MessageTable, MessageRow, PartRow,
    Segment,
};
use karvan_text::{Language, Message};
use serde::Serialize;

use crate::explain::nearest;

/// The syntax version whose service directory is asked for what no release defines: the newest.
const SERVICE: &str = "4";

/// Something that was looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum View {
    /// All releases.
    Releases(ReleasesView),
    /// A message type.
    Message(MessageView),
    /// A segment.
    Segment(PartView),
    /// A composite data element.
    Composite(PartView),
    /// A simple data element and its code list.
    Element(ElementView),
    /// One code.
    Code(CodeView),
}

/// All releases and service directories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleasesView {
    /// The releases, oldest first.
    pub releases: Vec<ReleaseView>,
    /// The service directories, by syntax version.
    pub services: Vec<ReleaseView>,
}

/// A release, or the service directory of a syntax version, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseView {
    /// `D.96A`, or the syntax version.
    pub name: &'static str,
    /// Batch message types.
    pub messages: usize,
    /// Interactive message types.
    pub interactive_messages: usize,
    /// Segments of batch messages.
    pub segments: usize,
    /// Composite data elements of batch messages.
    pub composites: usize,
    /// Simple data elements.
    pub elements: usize,
    /// Code lists.
    pub code_lists: usize,
    /// Codes in all lists.
    pub codes: usize,
}

/// A message type with its segment table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// `INVOIC`.
    pub message: &'static str,
    /// `Invoice message`.
    pub name: &'static str,
    /// `D.96A`.
    pub release: &'static str,
    /// Whether it is an interactive message.
    pub interactive: bool,
    /// The rows, in order; those of a group follow the row of the group.
    pub rows: Vec<MessageRowView>,
}

/// A line of a segment table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageRowView {
    /// As printed; empty in D.93A, which has no positions.
    pub position: String,
    /// The segment; of a group, the segment that it begins with.
    pub segment: &'static str,
    /// The number of the group; none for a segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u16>,
    /// The name of the segment.
    pub name: &'static str,
    /// `M` or `C`.
    pub status: char,
    /// How often it may stand here.
    pub repetitions: u32,
    /// The groups around it, outermost first.
    pub within: Vec<u16>,
    /// How many of the groups around it end with it.
    pub closes: usize,
}

/// A segment or composite with its data elements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartView {
    /// `NAD`, `C082`.
    pub tag: &'static str,
    /// `NAME AND ADDRESS`.
    pub name: &'static str,
    /// `D.96A`.
    pub release: &'static str,
    /// Its data elements, in order.
    pub rows: Vec<PartRowView>,
}

/// A data element in a segment or composite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartRowView {
    /// `010`.
    pub position: String,
    /// `3035`, `C082`.
    pub tag: &'static str,
    /// Its name.
    pub name: &'static str,
    /// `M` or `C`.
    pub status: char,
    /// How often it may be repeated in syntax version 4.
    pub repetitions: u16,
    /// `an..3`; none for a composite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether there is a code list for it.
    pub coded: bool,
    /// The components of a composite.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<PartRowView>,
}

/// A simple data element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ElementView {
    /// `3035`.
    pub element: &'static str,
    /// `Party qualifier`.
    pub name: &'static str,
    /// `D.96A`.
    pub release: &'static str,
    /// `an..3`.
    pub format: String,
    /// Its code list.
    pub codes: Vec<ListedCodeView>,
}

/// A code in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedCodeView {
    /// `SU`.
    pub value: &'static str,
    /// `Supplier`.
    pub name: &'static str,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeView {
    /// `3035`.
    pub element: &'static str,
    /// `Party qualifier`.
    pub element_name: &'static str,
    /// `SU`.
    pub value: &'static str,
    /// `Supplier`.
    pub name: &'static str,
    /// `D.96A`.
    pub release: &'static str,
    /// The first release of the unbroken run of releases, up to this one, that have the value.
    pub since: &'static str,
}

impl CodeView {
    /// The code of `element` in `directory`.
    pub(crate) fn of(directory: Directory<'static>, element: Element<'static>, code: Code<'static>) -> Self {
        Self {
            element: element.tag(),
            element_name: element.name(),
            value: code.value(),
            name: code.name(),
            release: directory.name(),
            since: code.since(),
        }
    }
}

/// Why nothing was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupError {
    /// There is no such release, and no service directory of such a syntax version.
    Release {
        /// The name that was asked for.
        name: String,
        /// The names that are most like it.
        near: Vec<String>,
    },
    /// The release does not define the tag.
    Tag {
        /// The tag that was asked for.
        tag: String,
        /// The release.
        release: &'static str,
        /// The releases that define it, oldest first.
        known: Vec<&'static str>,
        /// Where none does, the tags of the release that are most like it.
        near: Vec<String>,
    },
    /// The data element has no such code.
    Code {
        /// The data element.
        element: &'static str,
        /// The value that was asked for.
        value: String,
        /// The release.
        release: &'static str,
        /// The releases that have the code, oldest first.
        known: Vec<&'static str>,
    },
}

impl LookupError {
    pub(crate) fn release(name: &str) -> Self {
        // A point is often left out.
        let directories = Directories::builtin();
        let near = nearest(&name.replace('.', ""), 1, directories.releases().iter().map(|name| name.replace('.', "")));
        let near =
            near.iter().filter_map(|near| directories.release(near)).map(|near| near.name().to_owned()).collect();
        Self::Release { name: name.to_owned(), near }
    }

    /// The release does not define `tag` as what `holds` looks for.
    pub(crate) fn tag(tag: &str, release: Directory<'static>, holds: impl Fn(Directory<'static>) -> bool) -> Self {
        let messages = release.messages().map(|message| message.tag());
        let parts = release.segments().map(Segment::tag).chain(release.composites().map(|composite| composite.tag()));
        let tags = messages.chain(parts).chain(release.elements().map(Element::tag)).map(str::to_owned);
        Self::Tag { tag: tag.to_owned(), release: release.name(), known: known(holds), near: nearest(tag, 1, tags) }
    }

    /// The sentence to tell, from the catalogue.
    #[must_use]
    pub fn message(&self) -> Message {
        let names = Directories::builtin().releases();
        match self {
            Self::Release { name, near } => {
                let message = match near.as_slice() {
                    [] => Message::new("directory-unknown"),
                    near => Message::new("directory-unknown-near").with("near", near.join(", ")),
                };
                message
                    .with("release", name)
                    .with("first", names.first().map_or("", String::as_str))
                    .with("last", names.last().map_or("", String::as_str))
            }
            Self::Tag { tag, release, known, near } => match (span(known), near.as_slice()) {
                (Some(known), _) => Message::new("directory-tag-elsewhere")
                    .with("tag", tag)
                    .with("release", title(release))
                    .with("known", known),
                (None, []) => Message::new("directory-tag-unknown").with("tag", tag),
                (None, near) => Message::new("directory-tag-near").with("tag", tag).with("near", near.join(", ")),
            },
            Self::Code { element, value, release, known } => {
                let message = match span(known) {
                    Some(known) => Message::new("directory-code-elsewhere").with("known", known),
                    None => Message::new("directory-code-unknown"),
                };
                message.with("element", element).with("value", value).with("release", title(release))
            }
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::English))
    }
}

impl std::error::Error for LookupError {}

/// The first and last of some releases.
fn span(releases: &[&str]) -> Option<String> {
    let (first, last) = (releases.first()?, releases.last()?);
    Some(if first == last { title(first) } else { format!("{}–{}", title(first), title(last)) })
}

/// All releases in numbers.
#[must_use]
pub fn releases() -> View {
    let directories = Directories::builtin();
    let releases = directories.releases().iter().filter_map(|name| directories.release(name));
    let services = directories.services().iter().filter_map(|name| directories.service(name));
    View::Releases(ReleasesView {
        releases: releases.map(ReleaseView::new).collect(),
        services: services.map(ReleaseView::new).collect(),
    })
}

/// What a tag stands for: a message type, a segment, a composite or a simple data element.
///
/// `query` is a tag, with or without a release: `INVOIC@D.96A`, `NAD@D96A`, `C082`, `3035`, `UNB@3` (the service
/// directory of syntax version 3). Without one, the newest release is meant, and the service directory for what that does
/// not define.
pub fn show(query: &str) -> Result<View, LookupError> {
    let (tag, directories) = ask(query)?;
    directories
        .iter()
        .find_map(|directory| view(*directory, &tag))
        .ok_or_else(|| LookupError::tag(&tag, directories[0], |directory| view(directory, &tag).is_some()))
}

/// A code of a data element: `3035` (or `3035@D.96A`) and `SU`.
pub fn code(element: &str, value: &str) -> Result<View, LookupError> {
    let (tag, directories) = ask(element)?;
    let found = directories.iter().find_map(|directory| Some((*directory, directory.element(&tag)?)));
    let Some((directory, element)) = found else {
        return Err(LookupError::tag(&tag, directories[0], |directory| directory.element(&tag).is_some()));
    };
    let Some(code) = element.code(value) else {
        let known = known(|directory| directory.code(&tag, value).is_some());
        let (element, value, release) = (element.tag(), value.to_owned(), directory.name());
        return Err(LookupError::Code { element, value, release, known });
    };
    Ok(View::Code(CodeView::of(directory, element, code)))
}

/// The tag of a query, and the directories to look it up in, at least one.
fn ask(query: &str) -> Result<(String, Vec<Directory<'static>>), LookupError> {
    let directories = Directories::builtin();
    let (tag, release) = match query.split_once('@') {
        Some((tag, release)) => (tag, Some(release)),
        None => (query, None),
    };
    let found: Vec<_> = match release {
        Some(name) => directories.release(name).or_else(|| directories.service(name)).into_iter().collect(),
        None => directories.newest().into_iter().chain(directories.service(SERVICE)).collect(),
    };
    if found.is_empty() {
        return Err(LookupError::release(release.unwrap_or_default()));
    }
    Ok((tag.to_ascii_uppercase(), found))
}

/// What the tag stands for in this directory.
pub(crate) fn view(directory: Directory<'static>, tag: &str) -> Option<View> {
    let message = directory.message(tag).map(|message| View::Message(MessageView::new(message)));
    message
        .or_else(|| directory.segment(tag).map(|segment| View::Segment(PartView::segment(segment, directory))))
        .or_else(|| {
            directory.composite(tag).map(|composite| View::Composite(PartView::composite(composite, directory)))
        })
        .or_else(|| directory.element(tag).map(|element| View::Element(ElementView::new(element, directory))))
}

/// The directories of which something holds; service directories are named by what they are.
fn known(holds: impl Fn(Directory<'static>) -> bool) -> Vec<&'static str> {
    let directories = Directories::builtin();
    let releases = directories.releases().iter().filter_map(|name| directories.release(name));
    let services = directories.services().iter().filter_map(|name| directories.service(name));
    releases.chain(services).filter(|directory| holds(*directory)).map(Directory::name).collect()
}

impl ReleaseView {
    fn new(directory: Directory<'static>) -> Self {
        let interactive = directory.messages().filter(|message| message.is_interactive()).count();
        Self {
            name: directory.name(),
            messages: directory.messages().len() - interactive,
            interactive_messages: interactive,
            segments: directory.segments().filter(|segment| !segment.is_interactive()).count(),
            composites: directory.composites().filter(|composite| !composite.is_interactive()).count(),
            elements: directory.elements().len(),
            code_lists: directory.elements().filter(|element| element.is_coded()).count(),
            codes: directory.elements().map(|element| element.codes().len()).sum(),
        }
    }
}

impl MessageView {
    pub(crate) fn new(message: MessageTable<'static>) -> Self {
        Self {
            message: message.tag(),
            name: message.name(),
            release: message.directory().name(),
            interactive: message.is_interactive(),
            rows: message.rows().map(MessageRowView::new).collect(),
        }
    }
}

impl MessageRowView {
    fn new(row: MessageRow<'static>) -> Self {
        let around: Vec<_> = std::iter::successors(row.parent(), |group| group.parent()).collect();
        let segment = row.trigger().unwrap_or_default();
        let service = || Directories::builtin().service(SERVICE).and_then(|service| service.segment(segment));
        let name = match row.group() {
            Some(_) => "",
            None => row.segment().or_else(service).map_or("", Segment::name),
        };
        Self {
            position: row.position().to_string(),
            segment,
            group: row.group(),
            name,
            status: row.status().letter(),
            repetitions: row.repetitions(),
            within: around.iter().rev().filter_map(|group| group.group()).collect(),
            closes: around.iter().filter(|group| group.end() == row.index() + 1).count(),
        }
    }
}

impl PartView {
    fn segment(segment: Segment<'static>, directory: Directory<'static>) -> Self {
        let rows = segment.rows().map(PartRowView::new).collect();
        Self { tag: segment.tag(), name: segment.name(), release: directory.name(), rows }
    }

    fn composite(composite: Composite<'static>, directory: Directory<'static>) -> Self {
        let rows = composite.rows().map(PartRowView::new).collect();
        Self { tag: composite.tag(), name: composite.name(), release: directory.name(), rows }
    }
}

impl PartRowView {
    fn new(row: PartRow<'static>) -> Self {
        let (format, coded, components) = match row.constituent() {
            Some(Constituent::Element(element)) => (Some(element.format().to_string()), element.is_coded(), Vec::new()),
            Some(Constituent::Composite(composite)) => (None, false, composite.rows().map(Self::new).collect()),
            None => (None, false, Vec::new()),
        };
        Self {
            position: row.position().to_string(),
            tag: row.tag(),
            name: row.constituent().map_or("", Constituent::name),
            status: row.status().letter(),
            repetitions: row.repetitions(),
            format,
            coded,
            components,
        }
    }
}

impl ElementView {
    fn new(element: Element<'static>, directory: Directory<'static>) -> Self {
        let listed = |code: Code<'static>| ListedCodeView { value: code.value(), name: code.name() };
        Self {
            element: element.tag(),
            name: element.name(),
            release: directory.name(),
            format: element.format().to_string(),
            codes: element.codes().map(listed).collect(),
        }
    }
}

impl View {
    /// The view for people: a heading in their language, then lines as the directory draws them.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut lines = vec![self.heading().text(language)];
        match self {
            Self::Releases(view) => {
                let line = |release: &ReleaseView, id| release.message(id).text(language);
                lines.extend(view.releases.iter().map(|release| line(release, "directory-release")));
                lines.extend(view.services.iter().map(|service| line(service, "directory-service")));
            }
            Self::Message(view) => lines.extend(view.lines()),
            Self::Segment(view) | Self::Composite(view) => lines.extend(view.lines()),
            Self::Element(view) => {
                lines.extend(view.codes.iter().map(|code| format!("  {:<6} {}", code.value, code.name)))
            }
            Self::Code(view) => {
                lines.push(Message::new("directory-code-since").with("since", title(view.since)).text(language))
            }
        }
        lines.iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }

    /// The first line of the view: what it is.
    #[must_use]
    pub fn heading(&self) -> Message {
        let part = |id, tag: &str, name: &str, release: &str| {
            Message::new(id).with("tag", tag).with("name", name).with("release", title(release))
        };
        match self {
            Self::Releases(view) => Message::new("directory-releases").with("count", view.releases.len()),
            Self::Message(view) if view.interactive => {
                part("directory-interactive-message", view.message, view.name, view.release)
            }
            Self::Message(view) => part("directory-message", view.message, view.name, view.release),
            Self::Segment(view) => part("directory-segment", view.tag, view.name, view.release),
            Self::Composite(view) => part("directory-composite", view.tag, view.name, view.release),
            Self::Element(view) => part("directory-element", view.element, view.name, view.release)
                .with("format", &view.format)
                .with("codes", view.codes.len()),
            Self::Code(view) => part("directory-code", view.value, view.name, view.release)
                .with("element", view.element)
                .with("title", view.element_name),
        }
    }
}

/// A release by its name; a service directory by the standard and its version.
pub(crate) fn title(release: &str) -> String {
    let is_service = release.starts_with(|first: char| first.is_ascii_digit());
    if is_service { format!("ISO 9735 v{release}") } else { release.to_owned() }
}

impl ReleaseView {
    fn message(&self, id: &'static str) -> Message {
        Message::new(id)
            .with("release", self.name)
            .with("messages", self.messages)
            .with("interactive", self.interactive_messages)
            .with("segments", self.segments)
            .with("composites", self.composites)
            .with("elements", self.elements)
            .with("lists", self.code_lists)
            .with("codes", self.codes)
    }
}

impl MessageView {
    /// Groups are drawn as a tree at the left: `┌` opens a group, `└` ends it.
    pub(crate) fn lines(&self) -> Vec<String> {
        let left: Vec<String> = self.rows.iter().map(MessageRowView::left).collect();
        let width = left.iter().map(|line| line.chars().count()).max().unwrap_or_default();
        let right = |row: &MessageRowView| format!("{} {:>7}", row.status, row.repetitions);
        left.iter().zip(&self.rows).map(|(line, row)| format!("{line:<width$}  {}", right(row))).collect()
    }
}

impl MessageRowView {
    fn left(&self) -> String {
        let mut line = format!("{}  ", self.position);
        for level in 0..self.within.len() {
            line.push_str(if level + self.closes >= self.within.len() { "└ " } else { "│ " });
        }
        let _ = match self.group {
            Some(number) => write!(line, "┌ SG{number}"),
            None => write!(line, "{} {}", self.segment, self.name),
        };
        line
    }
}

impl PartView {
    fn lines(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for row in &self.rows {
            rows.push((format!("{}  {}  {}", row.position, row.tag, row.name), row));
            rows.extend(row.components.iter().map(|inner| (format!("       {}  {}", inner.tag, inner.name), inner)));
        }
        let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default();
        let right = |row: &PartRowView| {
            let repetitions = if row.repetitions > 1 { row.repetitions.to_string() } else { String::new() };
            let format = row.format.as_deref().unwrap_or_default();
            format!("{} {repetitions:>5} {format:<8} {}", row.status, if row.coded { "*" } else { "" })
        };
        rows.iter().map(|(left, row)| format!("{left:<width$}  {}", right(row))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_is_meant_where_none_is_named() {
        let View::Segment(segment) = show("nad").unwrap() else { panic!("NAD is a segment") };
        assert_eq!((segment.tag, segment.release), ("NAD", "D.24A"));
        let View::Segment(service) = show("UNB").unwrap() else { panic!("UNB is a segment") };
        assert_eq!(service.release, "4");
        assert!(matches!(show("C082@D96A"), Ok(View::Composite(_))));
        assert!(matches!(show("CONTRL@3"), Ok(View::Message(_))));
    }

    #[test]
    fn a_message_is_drawn_as_a_tree() {
        let text = show("INVOIC@D.96A").unwrap().text(Language::English);
        assert!(text.starts_with("INVOIC Invoice message"), "{text}");
        let line = |position: &str| text.lines().find(|line| line.starts_with(position)).unwrap().to_owned();
        assert!(line("0890").starts_with("0890  ┌ SG25 ") && line("0890").ends_with("C 9999999"));
        assert!(line("0900").starts_with("0900  │ LIN LINE ITEM "));
        assert!(line("0210").starts_with("0210  │ ┌ SG5 "));
        assert!(line("0230").starts_with("0230  └ └ COM "));
    }

    #[test]
    fn a_segment_shows_its_components() {
        let text = show("NAD@D.96A").unwrap().text(Language::English);
        let line = |tag: &str| text.lines().find(|line| line.contains(tag)).unwrap().to_owned();
        assert!(line("3035").contains("M") && line("3035").ends_with("an..3    *"));
        assert!(line("3039").starts_with("       3039"));
    }

    #[test]
    fn a_code_tells_since_when_it_is_valid() {
        let View::Code(code) = code("3035@D.96A", "SU").unwrap() else { panic!("a code") };
        assert_eq!((code.name, code.release, code.since), ("Supplier", "D.96A", "D.94A"));
        assert!(View::Code(code).text(Language::Persian).contains("D.94A"));
    }

    #[test]
    fn what_is_not_found_is_told_with_where_it_would_be() {
        let unknown = show("INVOIC@D.92A").unwrap_err();
        assert!(matches!(&unknown, LookupError::Release { name, .. } if name == "D.92A"));
        assert!(unknown.to_string().contains("D.93A") && unknown.to_string().contains("D.24A"));
        assert!(matches!(show("ZZZ"), Err(LookupError::Tag { known, .. }) if known.is_empty()));
        let gone = show("GIS").unwrap_err();
        assert!(matches!(&gone, LookupError::Tag { known, .. } if known.first() == Some(&"D.93A")), "{gone}");
        assert!(matches!(code("3035", "?"), Err(LookupError::Code { .. })));
        assert!(matches!(code("GIS", "1"), Err(LookupError::Tag { .. })));
    }

    #[test]
    fn a_machine_gets_the_same_as_data() {
        let json = serde_json::to_value(show("NAD@D.96A").unwrap()).unwrap();
        assert_eq!(json["kind"], "segment");
        assert_eq!(json["rows"][1]["components"][0]["tag"], "3039");
        let View::Releases(view) = releases() else { panic!("releases") };
        assert_eq!((view.releases.len(), view.services.len()), (62, 4));
        let text = View::Releases(view).text(Language::English);
        assert!(text.lines().any(|line| line.contains("D.96A") && line.contains("125") && line.contains("6148")));
    }
}
