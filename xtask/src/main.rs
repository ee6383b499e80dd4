//! Tasks of the workspace: making the packed data, conformance runs, generated docs.
fn main() {}
