//! The command line of Karvan.
fn main() {}
