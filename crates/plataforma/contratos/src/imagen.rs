use std::collections::BTreeMap;

use crate::mensaje::mensaje;

mensaje! {
    /// Asks to anonymise an image by reference; `id_paciente` is already a pseudonym here.
    ComandoAnonimizarImagen {
        id_imagen: String,
        modalidad: String,
        patologia: String,
        region_anatomica: String,
        formato_imagen: String,
        fuente_de_datos: String,
        antecedentes: String,
        id_paciente: String,
        fecha_ingesta: String,
        /// Where the original waits in the quarantine store; never pixels.
        referencia: String,
        perfil: String,
    }
}

mensaje! {
    /// An image was anonymised; says what was removed, never its content.
    EventoAnonimizacion {
        id_imagen: String,
        modalidad: String,
        region_anatomica: String,
        formato_imagen: String,
        referencia: String,
        digest: String,
        perfil: String,
        retirados: BTreeMap<String, i64>,
    }
}

mensaje! {
    /// An image was not anonymised, and waits for a reviewer or cannot be worked on.
    EventoAnonimizacionFallida {
        id_imagen: String,
        /// Stable, for programs.
        codigo: String,
        /// For people; free of personal data.
        motivo: String,
    }
}

mensaje! {
    /// Somebody saw an anonymised image: the access audit.
    EventoConsultaAnonimizacion {
        id_imagen: String,
        quien: String,
        operacion: String,
        /// Milliseconds since the epoch.
        cuando: i64,
    }
}
