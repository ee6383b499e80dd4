//! `cargo xtask json-schema`: writes the JSON Schemas of Karvan's own JSON, which are made of the tables of terms.

use std::collections::BTreeSet;
use std::fs;
use std::process::ExitCode;

use karvan_model::{DocumentType, json};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; say which files are not what the tables of terms give.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    let folder = crate::workspace().join("schemas/output/documents");
    fs::create_dir_all(&folder)?;
    let mut others: BTreeSet<_> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    let mut differ = false;
    for kind in DocumentType::all() {
        let path = folder.join(format!("{}.schema.json", kind.name()));
        let text = format!("{:#}\n", json::schema(kind));
        others.remove(&path);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        differ = true;
        println!("{}", path.display());
        if !arguments.check {
            fs::write(&path, text)?;
        }
    }
    for path in others {
        differ = true;
        println!("{} is of no kind of document", path.display());
        if !arguments.check {
            fs::remove_file(path)?;
        }
    }
    Ok(ExitCode::from(u8::from(arguments.check && differ)))
}
