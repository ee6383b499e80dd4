//! Where the paths of a table lead in the grammar of its syntax.
//!
//! One row serves every release of a message, and one shared row every document: a place that the grammar has not, for want
//! of an element or of a code, is no place of this table. And segment groups have numbers that differ from message to
//! message and from release to release; a path names the segment that opens a group, and the number is looked up here.

use std::collections::BTreeMap;

use karvan_schema::directory::{Composite, Constituent, Directories, Directory, Message, PartRow, Segment};
use karvan_schema::json::{self, Definition};
use karvan_schema::xml::{Grammar as Schema, TypeDefinition};

use crate::file::{EdifactSyntax, File, XmlSyntax};
use crate::names::split;
use crate::path::{Condition, Operand, Step, is_group, is_segment};

/// The grammar of a syntax, as paths are followed in it.
pub(crate) enum Guide<'f> {
    /// A message of a directory.
    Message { release: Directory<'static>, service: Option<Directory<'static>>, message: Message<'static> },
    /// A schema.
    Schema { syntax: &'f XmlSyntax, rename: &'f BTreeMap<String, String>, root: TypeDefinition<'static> },
    /// The schema of a JSON document.
    Json { root: Definition<'static> },
    /// None that Karvan has: every path leads somewhere.
    Unknown,
}

/// A condition can be true of nothing.
struct Never;

/// Where a path has led to.
#[derive(Clone, Copy)]
pub(crate) enum Position {
    /// A segment group, by its row; the message itself for none.
    Group(Option<usize>),
    /// A segment, with the group it stands in.
    Segment(Segment<'static>, Option<usize>),
    /// A segment that stands for nothing around it.
    Inside(Segment<'static>),
    Composite(Composite<'static>),
    /// An element of an XML document.
    Element(TypeDefinition<'static>),
    /// A place in a JSON document.
    Json(Definition<'static>),
    /// Somewhere, from which nothing is known.
    Somewhere,
}

impl<'f> Guide<'f> {
    /// The grammar of the syntax of a table.
    pub(crate) fn new(file: &'f File) -> Self {
        let found = match (&file.xml, &file.edifact, &file.json) {
            (Some(syntax), None, None) => Self::schema(syntax, &file.rename),
            (None, Some(syntax), None) => Self::message(syntax),
            (None, None, Some(syntax)) => {
                json::Grammar::builtin().root(&syntax.document).map(|root| Self::Json { root })
            }
            _ => None,
        };
        found.unwrap_or(Self::Unknown)
    }

    fn schema(syntax: &'f XmlSyntax, rename: &'f BTreeMap<String, String>) -> Option<Self> {
        let (prefix, local) = split(&syntax.root);
        let root = Schema::builtin(&syntax.grammar)?.root(syntax.namespaces.get(prefix)?, local)?;
        Some(Self::Schema { syntax, rename, root: root.definition() })
    }

    fn message(syntax: &EdifactSyntax) -> Option<Self> {
        let directories = Directories::builtin();
        let release = directories.release(&syntax.release)?;
        // UNS and the packages are the same in every version that has them.
        let service = directories.service("4");
        Some(Self::Message { release, service, message: release.message(&syntax.message)? })
    }

    /// Where a path from the root begins.
    pub(crate) fn root(&self) -> Position {
        match self {
            Self::Message { .. } => Position::Group(None),
            Self::Schema { root, .. } => Position::Element(*root),
            Self::Json { root } => Position::Json(*root),
            Self::Unknown => Position::Somewhere,
        }
    }

    /// Follows `steps` from a place: the steps with the groups that segments open, and where they lead; none where they
    /// lead to nothing.
    pub(crate) fn follow(&self, steps: Vec<Step>, from: Position) -> Option<(Vec<Step>, Position)> {
        let mut at = from;
        let mut followed = Vec::with_capacity(steps.len() + 1);
        for mut step in steps {
            at = match (self, at) {
                (Self::Message { message, service, .. }, at) => {
                    let (group, next) = enter(*message, *service, at, &step.name)?;
                    followed.extend(group.map(|number| Step::plain(&format!("SG{number}"))));
                    next
                }
                // What stands around an element or a member is not told by its type.
                (Self::Schema { .. } | Self::Json { .. }, _) if step.name == ".." => Position::Somewhere,
                (Self::Schema { syntax, rename, .. }, Position::Element(definition)) => {
                    below(syntax, definition, rename.get(&step.name).unwrap_or(&step.name))?
                }
                (Self::Json { .. }, Position::Json(definition)) => {
                    Position::Json(definition.member(&step.name)?.definition())
                }
                _ => Position::Somewhere,
            };
            if let Self::Message { .. } = self {
                let conditions = step.predicates.into_iter();
                step.predicates = conditions
                    .filter_map(|one| self.condition(one, at).transpose())
                    .collect::<Result<_, Never>>()
                    .ok()?;
            }
            followed.push(step);
        }
        if let (Self::Message { message, .. }, Position::Segment(segment, group)) = (self, at) {
            // A segment that opens a group stands for it; from any other no path leads back into the group.
            let opened = group.filter(|group| opens(*message, *group, segment));
            at = opened.map_or(Position::Inside(segment), |group| Position::Group(Some(group)));
        }
        Some((followed, at))
    }

    /// A condition with the groups that its segments open and the codes that the release knows; none if it says nothing
    /// then.
    fn condition(&self, condition: Condition, at: Position) -> Result<Option<Condition>, Never> {
        Ok(match condition {
            Condition::Exists(path) => Some(Condition::Exists(self.follow(path, at).ok_or(Never)?.0)),
            Condition::Equals(path, mut operands) => {
                let path = self.follow(path, at).ok_or(Never)?.0;
                let tag = path.last().map_or("", |step| &step.name);
                operands.retain(|operand| self.knows(tag, operand));
                if operands.is_empty() {
                    return Err(Never);
                }
                Some(Condition::Equals(path, operands))
            }
            // What can never be is not, and what always is is never not.
            Condition::Not(inner) => match self.condition(*inner, at) {
                Ok(Some(inner)) => Some(Condition::Not(Box::new(inner))),
                Ok(None) => return Err(Never),
                Err(Never) => None,
            },
        })
    }

    /// Whether an element has this code, if it is one of codes.
    fn knows(&self, tag: &str, operand: &Operand) -> bool {
        let (Self::Message { release, service, .. }, Operand::Text(code)) = (self, operand) else { return true };
        let element = release.element(tag).or_else(|| service.as_ref()?.element(tag));
        element.is_none_or(|element| !element.is_coded() || element.code(code).is_some() || is_of_eancom(code))
    }
}

/// Whether a code is one that EANCOM has of its own, which messages of every release may have: `33E`.
pub(crate) fn is_of_eancom(code: &str) -> bool {
    matches!(code.as_bytes(), [b'0'..=b'9', b'0'..=b'9', b'E'])
}

/// What `name` stands for in a message, and the number of the group that is entered with it.
fn enter(
    message: Message<'static>,
    service: Option<Directory<'static>>,
    at: Position,
    name: &str,
) -> Option<(Option<u16>, Position)> {
    let of_service = || service.and_then(|service| service.segment(name));
    match at {
        Position::Segment(segment, _) if !is_segment(name) && !is_group(name) => {
            Some((None, part(segment.rows(), name)?))
        }
        Position::Inside(segment) => Some((None, part(segment.rows(), name)?)),
        Position::Composite(composite) => Some((None, part(composite.rows(), name)?)),
        // The octets of a package, and what it is called, which no message says.
        Position::Group(None) if name == "UNO" => Some((None, Position::Somewhere)),
        // Behind a segment that opens no group stands nothing.
        Position::Segment(segment, group) if group.is_none_or(|group| !opens(message, group, segment)) => None,
        Position::Group(group) | Position::Segment(_, group) => {
            let within = message.rows().filter(|row| row.parent().map(|parent| parent.index()) == group);
            let wanted = |number: Option<u16>| number.is_some_and(|number| name == format!("SG{number}"));
            let mut rows =
                within.filter(|row| row.tag() == Some(name) || row.trigger() == Some(name) || wanted(row.group()));
            let row = rows.next()?;
            let segment = row.segment().or_else(of_service);
            Some(match row.group() {
                None => (None, Position::Segment(segment?, group)),
                Some(_) if is_group(name) => (None, Position::Group(Some(row.index()))),
                Some(number) => {
                    let trigger = message.row(row.index() + 1)?.segment().or_else(of_service)?;
                    (Some(number), Position::Segment(trigger, Some(row.index())))
                }
            })
        }
        Position::Element(_) | Position::Json(_) | Position::Somewhere => Some((None, Position::Somewhere)),
    }
}

/// Whether `segment` is the one that opens the group in this row.
fn opens(message: Message<'static>, group: usize, segment: Segment<'static>) -> bool {
    message.row(group).and_then(|row| row.trigger()) == Some(segment.tag())
}

/// What stands in a segment or a composite.
fn part(rows: impl Iterator<Item = PartRow<'static>>, name: &str) -> Option<Position> {
    let mut rows = rows;
    let row = rows.find(|row| row.tag() == name)?;
    Some(match row.constituent() {
        Some(Constituent::Composite(composite)) => Position::Composite(composite),
        _ => Position::Somewhere,
    })
}

/// What stands in an element of XML.
fn below(syntax: &XmlSyntax, definition: TypeDefinition<'static>, name: &str) -> Option<Position> {
    if let Some(attribute) = name.strip_prefix('@') {
        return definition.attribute("", attribute).map(|_| Position::Somewhere);
    }
    let (prefix, local) = split(name);
    let child = definition.child(syntax.namespaces.get(prefix)?, local)?;
    Some(Position::Element(child.element().definition()))
}
