//! The shape of the repository, as tests: what ARCHITECTURE.md promises and no compiler checks.
