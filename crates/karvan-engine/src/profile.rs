//! Profiles: message implementation guidelines, shipped or of a user's own.

use std::sync::Arc;

use karvan_schema::directory::Directories;
pub use karvan_schema::profile::{Profile, Shipped, shipped};
use karvan_text::catalogue::isolate;
use karvan_text::{Code, Diagnostic, Language, Message, Place};
use serde::Serialize;

use crate::schema::MessageView;

/// The shipped profile of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Shipped> {
    shipped().iter().find(|profile| profile.name == name)
}

/// Reads profiles that are to hold together, each given by its name and its text.
///
/// # Errors
/// What is wrong with the first of them with which something is, and its name: mistakes in it, or that it is for messages
/// that another is for.
pub fn read<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<Arc<Profile>>, (String, Vec<Diagnostic>)> {
    let mut profiles: Vec<Arc<Profile>> = Vec::new();
    for (name, text) in files {
        let profile = Profile::read(name, text, Directories::builtin()).map_err(|found| (name.to_owned(), found))?;
        if let Some(other) = profiles.iter().find(|other| other.overlaps(&profile)) {
            let message = Message::new("profile-overlap").with("profile", name).with("other", other.name());
            let mistake = Diagnostic::new(Code::error(37), message, Place::default()).found(profile.scope());
            return Err((name.to_owned(), vec![mistake]));
        }
        profiles.push(Arc::new(profile));
    }
    Ok(profiles)
}

/// Profiles that were looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ProfilesView {
    /// All that are shipped.
    Profiles {
        /// Each of them, by name.
        profiles: Vec<ProfileSummary>,
    },
    /// One, whole.
    Profile(ProfileView),
}

/// What a profile is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileSummary {
    /// The name under which it is found.
    pub name: String,
    /// What it is of.
    pub title: String,
    /// Message type.
    pub message: String,
    /// Releases of the message.
    pub releases: Vec<String>,
    /// Association assigned codes; empty where it is for any.
    pub association: Vec<String>,
}

/// A profile, and the message as it leaves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileView {
    /// What it is for.
    #[serde(flatten)]
    pub summary: ProfileSummary,
    /// The release whose code lists hold, where it is not that of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_lists: Option<String>,
    /// The syntax identifiers that it allows; empty where it allows any.
    pub repertoires: Vec<String>,
    /// The message table of each release: what is used, and how often.
    pub tables: Vec<MessageView>,
    /// Its rules, in the order of the file.
    pub rules: Vec<RuleView>,
}

/// A rule of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleView {
    /// The line of the file.
    pub line: u64,
    /// The place.
    pub path: String,
    /// What is asked of it.
    pub asks: Vec<String>,
    /// What the guideline calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the guideline says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// All profiles that are shipped.
#[must_use]
pub fn list() -> ProfilesView {
    let read = |shipped: &Shipped| Profile::read(shipped.name, shipped.text, Directories::builtin()).ok();
    let profiles = shipped().iter().filter_map(read).map(|profile| ProfileSummary::new(&profile)).collect();
    ProfilesView::Profiles { profiles }
}

/// A profile, with what it leaves of its message.
#[must_use]
pub fn show(profile: &Profile) -> ProfilesView {
    ProfilesView::Profile(ProfileView {
        summary: ProfileSummary::new(profile),
        code_lists: profile.code_lists().map(str::to_owned),
        repertoires: profile.repertoires().to_vec(),
        tables: profile.releases().filter_map(|release| table(profile, release)).collect(),
        rules: profile.rules().iter().filter(|rule| !rule.path.is_empty()).map(RuleView::new).collect(),
    })
}

/// The table of the message as a profile leaves it: without what is not used.
fn table(profile: &Profile, release: &str) -> Option<MessageView> {
    let message = Directories::builtin().release(release)?.message(profile.message())?;
    let mut view = MessageView::new(message);
    let unused = |row: usize| profile.times(release, row).is_some_and(|times| times.maximum == Some(0));
    let mut rows = Vec::new();
    for (row, mut line) in message.rows().zip(view.rows) {
        let mut around = std::iter::successors(Some(row), |row| row.parent());
        if around.any(|row| unused(row.index())) {
            continue;
        }
        if let Some(times) = profile.times(release, row.index()) {
            line.status = if times.minimum > 0 { 'M' } else { line.status };
            line.repetitions = times.maximum.map_or(line.repetitions, |maximum| maximum.min(line.repetitions));
        }
        rows.push(line);
    }
    // Where the last row of a group is not used, the group ends before it.
    for index in 0..rows.len() {
        let next: &[u16] = rows.get(index + 1).map_or(&[], |row| &row.within);
        let shared = rows[index].within.iter().zip(next).take_while(|(one, other)| one == other).count();
        rows[index].closes = rows[index].within.len() - shared;
    }
    view.rows = rows;
    Some(view)
}

impl ProfileSummary {
    fn new(profile: &Profile) -> Self {
        Self {
            name: profile.name().to_owned(),
            title: profile.title().to_owned(),
            message: profile.message().to_owned(),
            releases: profile.releases().map(str::to_owned).collect(),
            association: profile.association().to_vec(),
        }
    }

    fn heading(&self) -> Message {
        let scope =
            [&self.message, &self.releases.join("|"), &self.association.join("|")].map(String::as_str).join(" ");
        Message::new("profile-heading")
            .with("name", &self.name)
            .with("title", &self.title)
            .with("scope", scope.trim_end())
    }
}

impl RuleView {
    fn new(rule: &karvan_schema::profile::Rule) -> Self {
        let karvan_schema::profile::Rule { line, path, asks, id, note } = rule.clone();
        Self { line, path, asks, id, note }
    }

    fn text(&self) -> String {
        let remarks = self.id.iter().chain(&self.note).cloned().collect::<Vec<_>>().join(": ");
        format!("{:>5}  {}  {}  {remarks}", self.line, self.path, self.asks.join("; "))
    }
}

impl ProfilesView {
    /// The view for people: a heading in their language, then lines as the directory draws them, then the rules.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut lines = Vec::new();
        match self {
            Self::Profiles { profiles } => {
                lines.extend(profiles.iter().map(|profile| profile.heading().text(language)))
            }
            Self::Profile(view) => {
                lines.push(view.summary.heading().text(language));
                if let Some(release) = &view.code_lists {
                    lines.push(Message::new("profile-code-lists").with("release", release).text(language));
                }
                if !view.repertoires.is_empty() {
                    let identifiers = view.repertoires.join(", ");
                    lines.push(Message::new("profile-repertoires").with("identifiers", identifiers).text(language));
                }
                lines.extend(view.tables.iter().flat_map(|table| [vec![String::new()], table.lines()].concat()));
                lines.push(String::new());
                lines.extend(view.rules.iter().map(|rule| isolate(&rule.text(), language).into_owned()));
            }
        }
        lines.iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }
}
