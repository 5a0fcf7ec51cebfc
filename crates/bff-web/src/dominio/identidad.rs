/// The partner on whose behalf a request acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquilino(String);

impl Inquilino {
    /// The tenant of every request while no identity provider is configured.
    pub fn publico() -> Self {
        Self("publico".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who makes a request, for the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// The actor of every request while no identity provider is configured.
    pub fn anonimo() -> Self {
        Self("anonimo".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request carries through every service it touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contexto {
    pub inquilino: Inquilino,
    pub actor: Actor,
    /// W3C traceparent.
    pub traza: String,
    /// The value of X-Request-Id.
    pub peticion: String,
}
