//! What `test` runs, in this order.

/// A command that must succeed.
pub struct Comprobacion {
    pub nombre: &'static str,
    pub programa: &'static str,
    pub argumentos: &'static [&'static str],
}

const fn cargo(nombre: &'static str, argumentos: &'static [&'static str]) -> Comprobacion {
    Comprobacion { nombre, programa: "cargo", argumentos }
}

pub const COMPROBACIONES: &[Comprobacion] = &[
    cargo("pruebas de todos los crates y del sistema", &["test", "--workspace", "--no-fail-fast"]),
    cargo("anonimizador sobre el corpus", &["xtask", "corpus", "--salvo-pendientes", "--sin-hostiles"]),
    cargo("cachés de consultas SQL", &["xtask", "sqlx", "--comprobar"]),
    cargo("colección de Postman contra el sistema", &["xtask", "validar", "postman"]),
    cargo("diagramas en Mermaid del sistema", &["xtask", "validar", "mermaid"]),
    cargo("documento AsyncAPI", &["xtask", "validar", "asyncapi"]),
    cargo("Docker Compose", &["xtask", "validar", "compose"]),
    cargo("Dockerfile", &["xtask", "validar", "dockerfile"]),
    cargo("manifiestos de Kubernetes", &["xtask", "validar", "k8s"]),
    cargo("GitHub Actions", &["xtask", "validar", "acciones"]),
    cargo("dependencias", &["xtask", "validar", "dependencias"]),
];
