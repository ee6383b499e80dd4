//! Settings from a file: `karvan.toml` in the folder or one above it, else in the user's configuration folder.
//!
//! A setting is an option that has a default, by its long name: options of every verb at the top, those of one verb in
//! a table of its name. A file changes the default; the command line has the last word.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use karvan_engine::explain::distance;
use toml::{Table, Value};

/// The name of the file.
const NAME: &str = "karvan.toml";

/// Options that are settings though they have no default that is written down.
const WITHOUT_DEFAULT: [&str; 4] = ["jobs", "lang", "level", "profile"];

/// The file that holds, if there is one.
pub(crate) fn file() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let above = here.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file());
    above.or_else(|| Some(user_folder()?.join("karvan").join(NAME)).filter(|path| path.is_file()))
}

/// Where this system keeps what a user has configured.
fn user_folder() -> Option<PathBuf> {
    let given = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return given("APPDATA");
    }
    given("XDG_CONFIG_HOME").or_else(|| Some(given("HOME")?.join(".config")))
}

/// The command line with the defaults that the file at `path` sets.
///
/// # Errors
/// Why the file cannot be read, or which of its keys is no setting.
pub(crate) fn settle(command: Command, path: &Path) -> Result<Command, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    with_defaults(command, "", table)
}

/// `command` with the defaults of `table`, the tables of which are for the verbs below it; `above` leads to it: `trust.`.
fn with_defaults(mut command: Command, above: &str, table: Table) -> Result<Command, String> {
    for (key, value) in table {
        match (value, command.find_subcommand(&key).cloned()) {
            (Value::Table(table), Some(verb)) => {
                let verb = with_defaults(verb, &format!("{above}{key}."), table)?;
                command = command.mut_subcommand(&key, |_| verb);
            }
            (value, _) => {
                let (id, values) = setting(&command, &key, &format!("{above}{key}"), value)?;
                command = command.mut_arg(id, |argument| argument.default_values(values));
            }
        }
    }
    Ok(command)
}

/// The option of `command` that is set by `key`, and the values that `value` gives it; `shown` is the key as it is told.
fn setting(command: &Command, key: &str, shown: &str, value: Value) -> Result<(String, Vec<&'static str>), String> {
    let settings = || command.get_arguments().filter(|argument| is_setting(argument));
    if let Some(argument) = settings().find(|argument| argument.get_long() == Some(key)) {
        let values = match value {
            Value::Array(list) if matches!(argument.get_action(), ArgAction::Append) => {
                list.into_iter().map(|value| scalar(shown, value)).collect::<Result<_, _>>()?
            }
            value => vec![scalar(shown, value)?],
        };
        return Ok((argument.get_id().to_string(), values));
    }
    let verbs = command.get_subcommands().map(Command::get_name);
    let known = settings().filter_map(Arg::get_long).chain(verbs);
    match known.min_by_key(|known| distance(key, &known.to_uppercase())) {
        Some(nearest) => Err(format!("{shown} is no setting; the nearest is {nearest}")),
        None => Err(format!("{shown} is no setting")),
    }
}

fn is_setting(argument: &Arg) -> bool {
    let named = argument.get_long().is_some_and(|name| WITHOUT_DEFAULT.contains(&name));
    argument.get_action().takes_values() && (named || !argument.get_default_values().is_empty())
}

/// A value as the command line would give it; it lives as long as the command line does.
fn scalar(key: &str, value: Value) -> Result<&'static str, String> {
    match value {
        Value::String(text) => Ok(text.leak()),
        Value::Integer(number) => Ok(number.to_string().leak()),
        _ => Err(format!("{key} takes a string or a whole number")),
    }
}
