//! Expressions, from text to a tree: XPath 1.0 §2 and §3.

use super::XPathError;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Compare(Comparison, Box<Self>, Box<Self>),
    Arithmetic(Operation, Box<Self>, Box<Self>),
    Negate(Box<Self>),
    Union(Box<Self>, Box<Self>),
    Literal(String),
    Number(f64),
    Call(String, Vec<Self>),
    /// A location path: where it begins, and its steps.
    Path(Start, Vec<Step>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Where a location path begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Start {
    Root,
    Context,
    /// At the nodes of an expression, filtered.
    Filter(Box<Expression>, Vec<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: NodeTest,
    pub(super) predicates: Vec<Expression>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Namespace,
    Parent,
    Preceding,
    PrecedingSibling,
    Itself,
}

const AXES: [(&str, Axis); 13] = [
    ("ancestor", Axis::Ancestor),
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("attribute", Axis::Attribute),
    ("child", Axis::Child),
    ("descendant", Axis::Descendant),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("following", Axis::Following),
    ("following-sibling", Axis::FollowingSibling),
    ("namespace", Axis::Namespace),
    ("parent", Axis::Parent),
    ("preceding", Axis::Preceding),
    ("preceding-sibling", Axis::PrecedingSibling),
    ("self", Axis::Itself),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NodeTest {
    /// `*`
    AnyName,
    /// `prefix:*`, the namespace.
    AnyNameIn(String),
    /// A name: namespace and local name.
    Name(String, String),
    Text,
    Comment,
    /// A processing instruction, perhaps with this target.
    Instruction(Option<String>),
    AnyNode,
}

/// How deep expressions may stand in one another.
const DEPTH: usize = 64;

/// Reads `text`; `namespace` tells what a prefix is bound to.
pub(super) fn parse<'n>(text: &str, namespace: &dyn Fn(&str) -> Option<&'n str>) -> Result<Expression, XPathError> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, namespace };
    let expression = parser.expression()?;
    match parser.tokens.get(parser.next) {
        None => Ok(expression),
        Some((at, _)) => Err(XPathError::Syntax { at: *at }),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// An operator or a mark.
    Mark(&'static str),
    /// `*` as a name test.
    Star,
    Literal(String),
    Number(f64),
    /// A name, with a prefix or `prefix:*`.
    Name(String),
    /// A name with `(` behind it.
    Function(String),
    Axis(Axis),
    Variable,
}

/// Marks, the longer ones first.
const MARKS: [&str; 19] =
    ["//", "::", "..", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<"];

/// XPath 1.0 §3.7.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, XPathError> {
    let mut tokens: Vec<(usize, Token)> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let first = rest.as_bytes()[0];
        let syntax = XPathError::Syntax { at };
        // Where an operand just ended, `*` and names are operators.
        let operator = tokens.last().is_some_and(|(_, token)| match token {
            Token::Mark(mark) => matches!(*mark, ")" | "]" | "." | ".."),
            Token::Axis(_) | Token::Function(_) => false,
            _ => true,
        });
        let (token, length) = match first {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'"' | b'\'' => {
                let end = rest[1..].find(char::from(first)).ok_or(syntax)?;
                (Token::Literal(rest[1..1 + end].to_owned()), end + 2)
            }
            b'0'..=b'9' => number(rest),
            b'.' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => number(rest),
            b'*' if operator => (Token::Mark("*"), 1),
            b'*' => (Token::Star, 1),
            b'>' => {
                if rest.starts_with(">=") {
                    (Token::Mark(">="), 2)
                } else {
                    (Token::Mark(">"), 1)
                }
            }
            b'$' => (Token::Variable, 1),
            _ => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                Some(mark) => (Token::Mark(mark), mark.len()),
                None => name(rest, operator).ok_or(syntax)?,
            },
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

fn number(text: &str) -> (Token, usize) {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(0);
    let length = if text[whole..].starts_with('.') { whole + 1 + digits(whole + 1) } else { whole };
    (Token::Number(text[..length].parse().unwrap_or(f64::NAN)), length)
}

fn name(text: &str, operator: bool) -> Option<(Token, usize)> {
    let word = |text: &str| {
        let is_part = |character: char| {
            matches!(character, '-' | '_' | '.' | '\u{b7}') || character.is_alphanumeric() || !character.is_ascii()
        };
        let end = text.find(|character| !is_part(character)).unwrap_or(text.len());
        crate::is_local_name(&text[..end]).then_some(end)
    };
    let first = word(text)?;
    let local = &text[..first];
    let mark = match local {
        "and" => Some("and"),
        "or" => Some("or"),
        "mod" => Some("mod"),
        "div" => Some("div"),
        _ => None,
    };
    if operator {
        return mark.map(|mark| (Token::Mark(mark), first));
    }
    let behind = text[first..].trim_start();
    if behind.starts_with("::") {
        let axis = AXES.iter().find(|(name, _)| *name == local)?.1;
        return Some((Token::Axis(axis), text.len() - behind.len() + 2));
    }
    let length = match text[first..].strip_prefix(':') {
        Some(rest) if rest.starts_with('*') => first + 2,
        Some(rest) => first + 1 + word(rest)?,
        None => first,
    };
    let name = text[..length].to_owned();
    let is_function = text[length..].trim_start().starts_with('(');
    Some((if is_function { Token::Function(name) } else { Token::Name(name) }, length))
}

struct Parser<'p, 'n> {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    namespace: &'p dyn Fn(&str) -> Option<&'n str>,
}

/// The operators of each level, from the weakest.
const LEVELS: [&[&str]; 6] =
    [&["or"], &["and"], &["=", "!="], &["<", "<=", ">", ">="], &["+", "-"], &["*", "div", "mod"]];

impl Parser<'_, '_> {
    fn expression(&mut self) -> Result<Expression, XPathError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(XPathError::Depth { limit: DEPTH });
        }
        let expression = self.level(0);
        self.depth -= 1;
        expression
    }

    fn level(&mut self, level: usize) -> Result<Expression, XPathError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.mark_of(operators) {
            let (one, other) = (Box::new(left), Box::new(self.level(level + 1)?));
            left = match operator {
                "or" => Expression::Or(one, other),
                "and" => Expression::And(one, other),
                "=" => Expression::Compare(Comparison::Equal, one, other),
                "!=" => Expression::Compare(Comparison::NotEqual, one, other),
                "<" => Expression::Compare(Comparison::Less, one, other),
                "<=" => Expression::Compare(Comparison::LessOrEqual, one, other),
                ">" => Expression::Compare(Comparison::Greater, one, other),
                ">=" => Expression::Compare(Comparison::GreaterOrEqual, one, other),
                "+" => Expression::Arithmetic(Operation::Add, one, other),
                "-" => Expression::Arithmetic(Operation::Subtract, one, other),
                "*" => Expression::Arithmetic(Operation::Multiply, one, other),
                "div" => Expression::Arithmetic(Operation::Divide, one, other),
                _ => Expression::Arithmetic(Operation::Remainder, one, other),
            };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, XPathError> {
        let mut negations = 0_usize;
        while self.mark("-") {
            negations += 1;
        }
        let mut expression = self.path()?;
        while self.mark("|") {
            expression = Expression::Union(Box::new(expression), Box::new(self.path()?));
        }
        // Two signs take each other back, but still make a number of it.
        for _ in 0..if negations > 0 { 2 - negations % 2 } else { 0 } {
            expression = Expression::Negate(Box::new(expression));
        }
        Ok(expression)
    }

    /// XPath 1.0 §2 and §3.3.
    fn path(&mut self) -> Result<Expression, XPathError> {
        let start = match self.peek() {
            Some(Token::Mark("/")) => {
                self.next += 1;
                if !self.at_step() {
                    return Ok(Expression::Path(Start::Root, Vec::new()));
                }
                return self.steps(Start::Root, Vec::new());
            }
            Some(Token::Mark("//")) => {
                self.next += 1;
                return self.steps(Start::Root, vec![anywhere()]);
            }
            Some(Token::Literal(_) | Token::Number(_) | Token::Variable | Token::Mark("(")) => self.primary()?,
            Some(Token::Function(name))
                if !matches!(name.as_str(), "node" | "text" | "comment" | "processing-instruction") =>
            {
                self.primary()?
            }
            _ => return self.steps(Start::Context, Vec::new()),
        };
        let predicates = self.predicates()?;
        let is_path = matches!(self.peek(), Some(Token::Mark("/" | "//")));
        if predicates.is_empty() && !is_path {
            return Ok(start);
        }
        let start = Start::Filter(Box::new(start), predicates);
        if self.mark("//") {
            self.steps(start, vec![anywhere()])
        } else if self.mark("/") {
            self.steps(start, Vec::new())
        } else {
            Ok(Expression::Path(start, Vec::new()))
        }
    }

    fn steps(&mut self, start: Start, mut steps: Vec<Step>) -> Result<Expression, XPathError> {
        loop {
            steps.push(self.step()?);
            if self.mark("//") {
                steps.push(anywhere());
            } else if !self.mark("/") {
                return Ok(Expression::Path(start, steps));
            }
        }
    }

    fn at_step(&self) -> bool {
        match self.peek() {
            Some(Token::Mark(mark)) => matches!(*mark, "." | ".." | "@"),
            Some(Token::Star | Token::Name(_) | Token::Axis(_) | Token::Function(_)) => true,
            _ => false,
        }
    }

    fn step(&mut self) -> Result<Step, XPathError> {
        if self.mark(".") {
            return Ok(Step { axis: Axis::Itself, test: NodeTest::AnyNode, predicates: Vec::new() });
        }
        if self.mark("..") {
            return Ok(Step { axis: Axis::Parent, test: NodeTest::AnyNode, predicates: Vec::new() });
        }
        let axis = if let Some(&Token::Axis(axis)) = self.peek() {
            self.next += 1;
            axis
        } else if self.mark("@") {
            Axis::Attribute
        } else {
            Axis::Child
        };
        let test = self.node_test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn node_test(&mut self) -> Result<NodeTest, XPathError> {
        let token = self.take()?;
        let test = match token {
            Token::Star => NodeTest::AnyName,
            Token::Name(name) => match name.split_once(':') {
                None => NodeTest::Name(String::new(), name),
                Some((prefix, local)) => {
                    let namespace = (self.namespace)(prefix);
                    let namespace = namespace.ok_or_else(|| XPathError::Prefix { prefix: prefix.to_owned() })?;
                    match local {
                        "*" => NodeTest::AnyNameIn(namespace.to_owned()),
                        _ => NodeTest::Name(namespace.to_owned(), local.to_owned()),
                    }
                }
            },
            Token::Function(kind) => {
                self.expect("(")?;
                let test = match kind.as_str() {
                    "node" => NodeTest::AnyNode,
                    "text" => NodeTest::Text,
                    "comment" => NodeTest::Comment,
                    "processing-instruction" => match self.peek() {
                        Some(Token::Literal(target)) => {
                            let target = target.clone();
                            self.next += 1;
                            NodeTest::Instruction(Some(target))
                        }
                        _ => NodeTest::Instruction(None),
                    },
                    _ => return Err(self.syntax_before()),
                };
                self.expect(")")?;
                test
            }
            _ => return Err(self.syntax_before()),
        };
        Ok(test)
    }

    fn predicates(&mut self) -> Result<Vec<Expression>, XPathError> {
        let mut predicates = Vec::new();
        while self.mark("[") {
            predicates.push(self.expression()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    fn primary(&mut self) -> Result<Expression, XPathError> {
        match self.take()? {
            Token::Literal(text) => Ok(Expression::Literal(text)),
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Mark("(") => {
                let expression = self.expression()?;
                self.expect(")")?;
                Ok(expression)
            }
            Token::Function(name) => {
                self.expect("(")?;
                let mut arguments = Vec::new();
                if !self.mark(")") {
                    loop {
                        arguments.push(self.expression()?);
                        if !self.mark(",") {
                            break;
                        }
                    }
                    self.expect(")")?;
                }
                Ok(Expression::Call(name, arguments))
            }
            // A signature binds no variables.
            _ => Err(self.syntax_before()),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take(&mut self) -> Result<Token, XPathError> {
        let token = self.peek().cloned();
        self.next += 1;
        token.ok_or_else(|| self.syntax_before())
    }

    fn mark(&mut self, mark: &str) -> bool {
        self.mark_of(&[mark]).is_some()
    }

    fn mark_of<'m>(&mut self, marks: &[&'m str]) -> Option<&'m str> {
        let Some(Token::Mark(found)) = self.peek() else { return None };
        let mark = marks.iter().find(|mark| *mark == found).copied()?;
        self.next += 1;
        Some(mark)
    }

    fn expect(&mut self, mark: &str) -> Result<(), XPathError> {
        if self.mark(mark) {
            return Ok(());
        }
        self.next += 1;
        Err(self.syntax_before())
    }

    /// The error of the token just taken.
    fn syntax_before(&self) -> XPathError {
        let at = |(at, _): &(usize, Token)| *at;
        let last = self.tokens.last().map_or(0, at);
        XPathError::Syntax { at: self.tokens.get(self.next.saturating_sub(1)).map_or(last, at) }
    }
}

/// What `//` stands for.
fn anywhere() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: NodeTest::AnyNode, predicates: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Expression, XPathError> {
        parse(text, &|prefix| (prefix == "p").then_some("urn:p"))
    }

    #[test]
    fn names_are_operators_where_an_operand_ended() {
        // XPath 1.0 §3.7: the first rule of disambiguation.
        let div = read("div div div").unwrap();
        let Expression::Arithmetic(Operation::Divide, one, other) = div else { panic!("{div:?}") };
        assert_eq!(one, other);
        assert!(matches!(read("* * *").unwrap(), Expression::Arithmetic(Operation::Multiply, ..)));
        assert!(matches!(read("a-b").unwrap(), Expression::Path(Start::Context, steps) if steps.len() == 1));
        assert!(matches!(read("a -b").unwrap(), Expression::Arithmetic(Operation::Subtract, ..)));
    }

    #[test]
    fn operators_bind_as_the_grammar_has_it() {
        assert_eq!(
            read("1 or 2 and 3 = 4 < 5 + 6 * 7").unwrap(),
            read("1 or (2 and (3 = (4 < (5 + (6 * 7)))))").unwrap()
        );
        assert_eq!(read("1 - 2 - 3").unwrap(), read("(1 - 2) - 3").unwrap());
        assert_eq!(read("//a/@b").unwrap(), read("/descendant-or-self::node()/child::a/attribute::b").unwrap());
        assert_eq!(read("../p:*").unwrap(), read("parent::node() / child :: p:*").unwrap());
    }

    #[test]
    fn what_is_no_expression_is_an_error_with_its_place() {
        for (bad, at) in
            [("", 0), ("a b", 2), ("1 +", 2), ("$x", 1), ("f(1", 2), ("a[", 1), ("#", 0), ("'x", 0), ("x::a", 0)]
        {
            assert_eq!(read(bad), Err(XPathError::Syntax { at }), "{bad}");
        }
        assert_eq!(read("q:a"), Err(XPathError::Prefix { prefix: "q".to_owned() }));
        assert_eq!(read(&"(".repeat(100)), Err(XPathError::Depth { limit: DEPTH }));
        assert!(read(&"-".repeat(100_000)).is_err());
    }
}
