//! The environment variables of the developer tool.

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the developer tool is configured by environment, read only here")]
pub fn variable(nombre: &str) -> Option<String> {
    std::env::var(nombre).ok().filter(|valor| !valor.is_empty())
}
