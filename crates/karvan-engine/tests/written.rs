//! What a table writes is valid: every term by itself, beside what its groups must have, and documents of terms at random. A
//! value for which the syntax has no valid place is lost and told, or stands elsewhere.

use std::collections::BTreeSet;

use karvan_engine::Directories;
use karvan_engine::validate::{Options, Rules, validate};
use karvan_mapping::{Syntax, Table, Target, tables, write};
use karvan_model::{Document, DocumentType, Group, Kind, Node, Part, Term, TermId, Value};
use karvan_schema::xml::{self, Grammar};
use karvan_text::Diagnostic;
use karvan_xml::{Document as XmlDocument, Limits};

/// How the values of a document look.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    /// Short, with codes that lists have.
    Plain,
    /// With all that may qualify them.
    Qualified,
    /// Long, with codes that no list has.
    Strange,
    /// Days with their time, numbers below nothing, texts with what XML marks.
    Odd,
}

const STYLES: [Style; 3] = [Style::Plain, Style::Qualified, Style::Strange];
const XML_STYLES: [Style; 4] = [Style::Plain, Style::Qualified, Style::Strange, Style::Odd];

fn value(term: &Term, style: Style) -> Value {
    let release = Directories::builtin().release("D.01B").expect("a packed release");
    let listed = || term.untded().and_then(|tag| release.element(tag)?.codes().next());
    let text = match (term.key(), term.kind()) {
        ("currencyCode" | "vatCurrencyCode", _) => "IRR".to_owned(),
        ("unNumber" | "upperPlacard" | "lowerPlacard", _) => "1203".to_owned(),
        (_, Kind::Code) if style == Style::Strange => "Q9".to_owned(),
        (_, Kind::Code) => listed().map_or_else(|| "1".to_owned(), |code| code.value().to_owned()),
        (_, Kind::Date) => "2026-01-02".to_owned(),
        (_, Kind::Amount | Kind::Quantity | Kind::Percentage) if style == Style::Odd => "-0.250".to_owned(),
        (_, Kind::Binary) => "S2FydmFu".to_owned(),
        (_, Kind::Amount | Kind::Quantity | Kind::Percentage) => "7".to_owned(),
        _ if style == Style::Strange => "Karvan ".repeat(9).trim_end().to_owned(),
        (_, Kind::Text) if style == Style::Odd => "<a> & \"b\"\n]]> \u{645}".to_owned(),
        _ => "7".to_owned(),
    };
    let value = Value::parse(term.kind(), &text).expect("a value of its kind");
    match term.kind() {
        Kind::Date if style == Style::Odd => value.with(Part::Time, "10:30:00"),
        _ if style != Style::Qualified => value,
        Kind::Quantity => value.with(Part::Unit, "KGM"),
        Kind::Binary => value.with(Part::Mime, "application/pdf").with(Part::FileName, "a.pdf"),
        Kind::Identifier => value.with(Part::Scheme, "9"),
        Kind::Amount => value.with(Part::Currency, "EUR"),
        _ => value,
    }
}

/// A document of what its kind and its groups must have, and what is `chosen`.
fn document(kind: &'static DocumentType, style: Style, mut chosen: impl FnMut(TermId) -> bool) -> Document {
    let mut document = Document::new(kind);
    fill(kind, kind.top(), &mut document.root, style, &mut chosen);
    document
}

fn fill(
    kind: &'static DocumentType,
    members: &[TermId],
    group: &mut Group,
    style: Style,
    chosen: &mut impl FnMut(TermId) -> bool,
) {
    for &id in members {
        let term = kind.term(id);
        if !chosen(id) && !term.is_required() {
            continue;
        }
        if term.kind() == Kind::Group {
            let mut inner = Group::new(Some(id));
            fill(kind, term.members(), &mut inner, style, chosen);
            if !inner.is_empty() {
                group.push(Node::Group(inner));
            }
        } else {
            group.push_value(id, value(term, style));
        }
    }
}

/// Two documents for each term of a kind, with the term beside what its groups must have, plain and in one of the other styles,
/// and some of terms at random.
fn documents(kind: &'static DocumentType) -> Vec<Document> {
    let mut documents = Vec::new();
    let values = kind.terms().iter().filter(|term| !matches!(term.kind(), Kind::Group | Kind::Part(_)));
    for (number, term) in values.enumerate() {
        let way = way(kind, kind.find(term.id()).expect("a term of the kind"));
        let styles = [XML_STYLES[0], XML_STYLES[1 + number % (XML_STYLES.len() - 1)]];
        documents.extend(styles.map(|style| document(kind, style, |term| way.contains(&term))));
    }
    let mut chance = Chance(1);
    documents.extend((0..20).map(|round| at_random(kind, XML_STYLES[round % XML_STYLES.len()], round, &mut chance)));
    documents
}

/// A generator of Knuth's; enough to choose by.
struct Chance(u64);

/// A document of terms at random, of more with each round.
fn at_random(kind: &'static DocumentType, style: Style, round: usize, chance: &mut Chance) -> Document {
    document(kind, style, |_| {
        chance.0 = chance.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance.0 >> 33) % 10 < 1 + round as u64 / 3
    })
}

/// A term and the groups around it.
fn way(kind: &DocumentType, term: TermId) -> Vec<TermId> {
    std::iter::successors(Some(term), |&term| kind.term(term).within()).collect()
}

/// What a message must have and a document need not: only who writes the document can tell it.
const LEFT_OUT: [(&str, &[&str]); 10] = [
    ("cargo-report", &["GID"]),
    ("quotation", &["LIN"]),
    ("request-for-quotation", &["LIN"]),
    ("goods-declaration", &["BGM"]),
    ("receiving-advice", &["NAD", "CDI"]),
    ("forwarding-instruction", &["NAD"]),
    ("remittance-advice", &["MOA", "UNS"]),
    ("customs-response", &["BGM"]),
    ("transport-status", &["BGM", "STS"]),
    ("dangerous-goods-notification", &["CNI", "GID", "DGS", "FTX", "MEA"]),
];

/// The findings on the structure of what is written, less those on what is left out.
fn findings(document: &Document, target: Target) -> BTreeSet<String> {
    let Ok(writing) = write(document, target) else { return BTreeSet::new() };
    let kind = document.kind.name();
    let left_out = LEFT_OUT.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, tags)| tags);
    let mut found = BTreeSet::new();
    let mut options = Options::default();
    options.rules = Rules::None;
    let outcome = validate(&writing.bytes[..], &options, &mut |finding| {
        let is_missing = ["segment-missing", "group-missing"].contains(&finding.message.id());
        let of = |tag: &&str| finding.expected.as_ref().is_some_and(|expected| expected.contains(*tag));
        let is_left_out = is_missing && left_out.iter().any(of);
        if [2, 5].contains(&finding.code.layer()) && !is_left_out {
            let text = String::from_utf8_lossy(&writing.bytes);
            found.insert(format!(
                "{kind} as {target}: {} {} {:?}\n{text}",
                finding.code, finding.place.path, finding.message
            ));
        }
    });
    outcome.expect("octets in memory can be read");
    found
}

/// The releases that the tables of a kind name, but those whose tables write what is incomplete.
fn releases(kind: &'static DocumentType) -> Vec<Target> {
    let release = |table: &'static Table| match table.syntax() {
        Syntax::Edifact(syntax) if !syntax.incomplete => Some(Target::Edifact(Some(&syntax.release))),
        _ => None,
    };
    let named = Target::of(kind);
    tables().filter(|table| table.kind() == kind).filter_map(release).filter(|target| named.contains(target)).collect()
}

/// Each style of a value is tried in another release, and each term begins with the next one.
#[test]
fn a_term_by_itself_is_written_validly_or_lost() {
    let mut found = BTreeSet::new();
    for kind in DocumentType::all() {
        let releases = releases(kind);
        let values = kind.terms().iter().filter(|term| !matches!(term.kind(), Kind::Group | Kind::Part(_)));
        for (number, term) in values.enumerate() {
            let way = way(kind, kind.find(term.id()).expect("a term of the kind"));
            for (turn, style) in STYLES.into_iter().enumerate() {
                let release = releases[(number + turn) % releases.len()];
                found.extend(findings(&document(kind, style, |term| way.contains(&term)), release));
            }
        }
    }
    let some: Vec<_> = found.iter().take(3).collect();
    assert!(found.is_empty(), "{}: {some:#?}", found.len());
}

#[test]
fn any_terms_together_are_written_validly_or_lost() {
    let mut found = BTreeSet::new();
    let mut chance = Chance(1);
    for kind in DocumentType::all() {
        for target in releases(kind) {
            for round in 0..20 {
                let made = at_random(kind, STYLES[round % STYLES.len()], round, &mut chance);
                found.extend(findings(&made, target));
            }
        }
    }
    let some: Vec<_> = found.iter().take(3).collect();
    assert!(found.is_empty(), "{}: {some:#?}", found.len());
}

/// What a schema asks for and a document need not have, by the element that it is missing in: only who writes the document can
/// tell it, and what stands beside it is worth more than nothing.
const LEFT_OUT_OF_XML: [(&str, &[&str]); 26] = [
    ("Order", &["cac:BuyerCustomerParty", "cac:SellerSupplierParty"]),
    ("OrderChange", &["cac:BuyerCustomerParty", "cac:SellerSupplierParty", "cac:OrderLine"]),
    ("OrderCancellation", &["cac:BuyerCustomerParty", "cac:SellerSupplierParty"]),
    ("OrderResponse", &["cac:BuyerCustomerParty", "cac:SellerSupplierParty"]),
    ("DespatchAdvice", &["cac:DespatchSupplierParty", "cac:DeliveryCustomerParty", "cac:DespatchLine"]),
    ("ReceiptAdvice", &["cac:DespatchSupplierParty", "cac:DeliveryCustomerParty", "cac:ReceiptLine"]),
    ("RemittanceAdvice", &["cac:RemittanceAdviceLine"]),
    ("ForwardingInstructions", &["cac:Shipment"]),
    ("Waybill", &["cac:Shipment"]),
    ("cac:AnticipatedMonetaryTotal", &["cbc:PayableAmount"]),
    ("cac:LegalMonetaryTotal", &["cbc:PayableAmount"]),
    ("cac:TaxTotal", &["cbc:TaxAmount"]),
    ("rsm:eCMR", &["rsm:SpecifiedSupplyChainConsignment"]),
    ("ram:ApplicableTransportDangerousGoods", &["ram:UNDGIdentificationCode"]),
    ("rsm:SupplyChainTradeTransaction", &["ram:ApplicableHeaderTradeAgreement", "ram:ApplicableHeaderTradeSettlement"]),
    ("ram:ApplicableHeaderTradeAgreement", &["ram:SellerTradeParty", "ram:BuyerTradeParty"]),
    (
        "ram:ApplicableHeaderTradeSettlement",
        &["ram:OrderCurrencyCode", "ram:SpecifiedTradeSettlementHeaderMonetarySummation"],
    ),
    ("ram:SpecifiedTradeSettlementHeaderMonetarySummation", &["ram:LineTotalAmount", "ram:TaxBasisTotalAmount"]),
    (
        "ram:IncludedSupplyChainTradeLineItem",
        &["ram:SpecifiedLineTradeAgreement", "ram:SpecifiedLineTradeDelivery", "ram:SpecifiedLineTradeSettlement"],
    ),
    ("ram:SpecifiedLineTradeAgreement", &["ram:NetPriceProductTradePrice"]),
    ("ram:SpecifiedLineTradeDelivery", &["ram:RequestedQuantity"]),
    ("ram:SpecifiedLineTradeSettlement", &["ram:SpecifiedTradeSettlementLineMonetarySummation"]),
    ("ram:SpecifiedTradeSettlementLineMonetarySummation", &["ram:LineTotalAmount"]),
    ("ram:PostalTradeAddress", &["ram:CountryID"]),
    ("ram:ApplicableTradeTax", &["ram:CategoryCode"]),
    ("ram:CategoryTradeTax", &["ram:CategoryCode"]),
];

/// The findings on what is written of the grammar that its table names, less those on what is left out.
fn findings_of_xml(document: &Document, target: Target) -> BTreeSet<String> {
    let Ok(writing) = write(document, target) else { return BTreeSet::new() };
    let grammar = tables().find_map(|table| match table.syntax() {
        Syntax::Xml(syntax) if table.title() == writing.format => Grammar::builtin(&syntax.grammar),
        _ => None,
    });
    let text = String::from_utf8(writing.bytes).expect("XML is written in UTF-8");
    let written = XmlDocument::parse(text, &Limits::default()).expect("what is written is well-formed");
    let shape = |finding: Diagnostic| {
        let argument = |name| finding.message.arguments().iter().find(|(own, _)| *own == name).map(|(_, text)| &**text);
        let left_out = LEFT_OUT_OF_XML.iter().find(|(parent, _)| argument("parent") == Some(parent));
        let is_left_out = finding.message.id() == "grammar-missing"
            && left_out.is_some_and(|(_, names)| argument("element").is_some_and(|name| names.contains(&name)));
        let (kind, code, path) = (document.kind.name(), finding.code, &finding.place.path);
        (!is_left_out).then(|| format!("{kind} as {target}: {code} {path} {:?}", finding.message))
    };
    xml::validate(&written, grammar.expect("a packed grammar")).into_iter().filter_map(shape).collect()
}

#[test]
fn what_stands_in_xml_is_valid_but_for_what_the_document_leaves_out() {
    let mut found = BTreeSet::new();
    for kind in DocumentType::all() {
        let targets = Target::of(kind).into_iter().filter(|target| matches!(target, Target::Xml(_)));
        let targets: Vec<_> = targets.collect();
        let documents = if targets.is_empty() { Vec::new() } else { documents(kind) };
        for target in targets {
            found.extend(documents.iter().flat_map(|document| findings_of_xml(document, target)));
        }
    }
    let some: Vec<_> = found.iter().take(9).collect();
    assert!(found.is_empty(), "{}: {some:#?}", found.len());
}

/// What the schemas of Buy-Ship-Pay ask for and a document need not have.
const LEFT_OUT_OF_JSON: [(&str, &str); 2] =
    [("packing-list", "issueDateTime"), ("remittance-advice", "specifiedTradeSettlementPaymentMonetarySummation")];

#[test]
fn what_stands_in_json_is_valid_but_for_what_the_document_leaves_out() {
    let mut found = BTreeSet::new();
    for kind in DocumentType::all().filter(|kind| Target::of(kind).contains(&Target::Bsp)) {
        let findings = documents(kind).into_iter().flat_map(|document| findings(&document, Target::Bsp));
        let is_left_out = |finding: &String| {
            let of_kind = LEFT_OUT_OF_JSON.iter().filter(|(of, _)| *of == kind.name());
            finding.contains("json-member-missing")
                && of_kind.into_iter().any(|(_, name)| finding.contains(&format!("\"{name}\")]")))
        };
        found.extend(findings.filter(|finding| !is_left_out(finding)));
    }
    let some: Vec<_> = found.iter().take(3).collect();
    assert!(found.is_empty(), "{}: {some:#?}", found.len());
}
