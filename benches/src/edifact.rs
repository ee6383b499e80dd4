//! Invoices in EDIFACT, INVOIC D.14B as EN 16931-3-4 has it.

use std::fmt::Write as _;

/// What the lines of an invoice are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// All say the same but for their number and article: the best case for what learns from earlier lines.
    Alike,
    /// Each says what its goods ask for: identifiers, texts of any length, periods, references, allowances, or none. There
    /// are two dozen of them, as in the invoice of a month.
    Varied,
    /// The same, and no two have to have anything in common: the worst case.
    Mixed,
}

/// An invoice of so many lines.
#[must_use]
pub fn invoice(count: usize, lines: Lines) -> String {
    let mut file = String::from(
        "UNB+UNOW:4+4012345000009:14+4098765000008:14+20261122:0900+B1'\
         UNH+1+INVOIC:D:14B:UN::16B'BGM+380+RE-2026-1'DTM+137:20261122:102'\
         FTX+DOC+++urn?:cen.eu?:en16931?:2017'RFF+ON:PO-77'\
         NAD+SE+++Speicherstadt Roesterei AG+Kaffeegasse 3+Bremen++28195+DE'RFF+VA:DE987654321'\
         NAD+BY+++Nordlicht Handel GmbH+Am Hafen 12+Hamburg++20457+DE'CUX+2:EUR'PYT+1'DTM+13:20261222:102'",
    );
    let before = segments(&file);
    let mut choices = Choices(0x9E37_79B9_7F4A_7C15);
    for number in 1..=count {
        match lines {
            Lines::Alike => alike(number, &mut file),
            Lines::Varied => {
                let mut goods = Choices(0x2545_F491_4F6C_DD1D + choices.below(24));
                varied(number, &mut goods, &mut choices, &mut file);
            }
            Lines::Mixed => {
                let mut goods = Choices(choices.below(u64::MAX));
                varied(number, &mut goods, &mut choices, &mut file);
            }
        }
    }
    let net = 150 * count;
    // Writing to a string cannot fail.
    let _ = write!(
        file,
        "UNS+S'MOA+79:{net}'MOA+389:{net}'MOA+176:{tax}'MOA+388:{gross}'MOA+9:{gross}'\
         TAX+7+VAT+++:::7+S'MOA+125:{net}'MOA+124:{tax}'UNT+{count}+1'UNZ+1+B1'",
        tax = format_args!("{:.2}", net as f64 * 0.07),
        gross = format_args!("{:.2}", net as f64 * 1.07),
        count = segments(&file) - before + 21,
    );
    file
}

/// How many segments a message has so far: nothing in these texts releases a terminator.
fn segments(file: &str) -> usize {
    memchr::memchr_iter(b'\'', file.as_bytes()).count()
}

fn alike(number: usize, file: &mut String) {
    let _ = write!(
        file,
        "LIN+{number}++4012345000016:SRV::9'PIA+5+ART-{number}:SA'IMD+F++:::Kaffee, ganze Bohne'\
         IMD+A++:::Geroestet, Beutel zu 1 kg'QTY+47:10:KGM'ALI+BR'MOA+203:150'PRI+AAA:15:::1:KGM'TAX+7+VAT+++:::7+S'",
    );
}

/// Goods with what is told of them.
const GOODS: [(&str, &str, &str); 6] = [
    ("Kaffee, ganze Bohne", "Geroestet, Beutel zu 1 kg", "BR"),
    ("Safran", "Faeden, handverlesen, in der Dose zu 5 g; trocken und dunkel zu lagern", "IR"),
    ("Pistazien in der Schale", "Geroestet und gesalzen", "IR"),
    ("Sechskantschraube M10x80 verzinkt", "DIN 931, Festigkeitsklasse 8.8, Karton zu 200 Stueck", "DE"),
    ("Haselnusskerne", "Ganze Kerne, 11 bis 13 mm", "TR"),
    ("Akku-Schlagschrauber 18 V", "Mit zwei Akkus, Ladegeraet und Koffer, ohne Steckschluesselsatz", "CN"),
];

const REMARKS: [&str; 3] = [
    "Teillieferung, der Rest folgt",
    "Ware laut Lieferschein 4711 vom Kunden am Lager abgeholt, Verpackung zurueckgenommen",
    "Ersatz fuer beschaedigte Ware",
];

/// A line about the `goods`, whose numbers are the `choices`.
fn varied(number: usize, goods: &mut Choices, choices: &mut Choices, file: &mut String) {
    let (name, description, country) = goods.one_of(&GOODS);
    let mut put = |segment: std::fmt::Arguments<'_>| {
        let _ = write!(file, "{segment}'");
    };
    match goods.often(70) {
        true => put(format_args!("LIN+{number}++40123450{:05}:SRV::9", choices.below(100_000))),
        false => put(format_args!("LIN+{number}")),
    }
    match goods.often(30) {
        true => put(format_args!("PIA+5+ART-{number}:SA+{}:IN", choices.below(1_000_000))),
        false => put(format_args!("PIA+5+ART-{number}:SA")),
    }
    if goods.often(25) {
        put(format_args!("PIA+1+{:08}:STI", choices.below(100_000_000)));
    }
    put(format_args!("IMD+F++:::{name}"));
    if goods.often(60) {
        put(format_args!("IMD+A++:::{description}"));
    }
    let unit = goods.one_of(&["KGM", "PCE", "H87", "LTR"]);
    let (quantity, price) = (1 + choices.below(500), 1 + choices.below(50_000));
    put(format_args!("QTY+47:{quantity}:{unit}"));
    if goods.often(40) {
        put(format_args!("ALI+{country}"));
    }
    if goods.often(15) {
        put(format_args!("DTM+167:20261101:102"));
        put(format_args!("DTM+168:202611{:02}:102", 2 + choices.below(28)));
    }
    if goods.often(25) {
        put(format_args!("FTX+ACB+++{}", goods.one_of(&REMARKS)));
    }
    for (property, value) in [("Charge", "L-2026-11"), ("Farbe", "naturbelassen")] {
        if goods.often(20) {
            put(format_args!("FTX+ACF+++{property}:{value}"));
        }
    }
    put(format_args!("MOA+203:{}.{:02}", quantity * price / 100, quantity * price % 100));
    put(format_args!("PRI+AAA:{}.{:02}:::1:{unit}", price / 100, price % 100));
    if goods.often(20) {
        put(format_args!("PRI+AAB:{}.{:02}:::1:{unit}", price / 80, price % 100));
    }
    if goods.often(20) {
        put(format_args!("RFF+ON::{}", choices.below(400)));
    }
    if goods.often(15) {
        put(format_args!("RFF+AVE:OBJ-{}", choices.below(40)));
    }
    if goods.often(15) {
        put(format_args!("RFF+AWQ:{}", choices.below(10_000)));
    }
    match goods.often(80) {
        true => put(format_args!("TAX+7+VAT+++:::{}+S", goods.one_of(&["7", "19"]))),
        false => put(format_args!("TAX+7+VAT+++:::0+Z")),
    }
    if goods.often(12) {
        put(format_args!("ALC+A+Mengenrabatt:95"));
        put(format_args!("PCD+1:5"));
        put(format_args!("MOA+204:{}", choices.below(90)));
        put(format_args!("MOA+25:{}", choices.below(1_800)));
    }
    if goods.often(6) {
        put(format_args!("ALC+C++++FC:::Fracht"));
        put(format_args!("MOA+23:{}.50", choices.below(40)));
    }
}

/// Choices that are the same in every run (Marsaglia's xorshift).
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn often(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}
