//! The use cases of Karvan as plain functions: inspect, validate, convert, sign, verify.
