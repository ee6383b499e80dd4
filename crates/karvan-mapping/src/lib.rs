//! Tables that tie a term to a place in a syntax, the engine that runs them both ways, the loss report.
