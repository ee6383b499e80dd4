//! The packed directories: what each release holds, beside the published counts, and what does not resolve.

use std::path::Path;

use super::Table;
use crate::directory::{self, check};

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let source = data.join("edifact");
    let collected = directory::collect(&source)?;
    let counts = check::counts(&collected, &source)?;
    let mut table = Table::new(["release", "what", "counted", "verdict"]);
    for count in &counts {
        table.row([count.release.as_str(), count.what, &count.counted, &count.verdict()]);
    }
    let stated = counts.iter().filter(|count| count.stated.is_some()).count();
    let argued = counts.iter().filter(|count| count.differs() && !count.is_open()).count();
    let open = counts.iter().filter(|count| count.is_open()).count();
    let equal = stated - argued - open;
    table.summary(format!("{} releases, {} service directories", collected.releases.len(), collected.services.len()));
    table.summary(format!("{stated} stated counts: {equal} equal, {argued} different and argued, {open} different"));
    let current = directory::is_current(&collected)?;
    table.summary(format!(
        "the packed file is {}",
        if current { "what the texts give" } else { "NOT what the texts give" }
    ));
    for line in check::unresolved(&collected) {
        table.summary(format!("used and not defined: {line}"));
    }
    Ok(table)
}
