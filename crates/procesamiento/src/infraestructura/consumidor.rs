use std::sync::Arc;

use anonimizacion::{ErrorSeudonimo, Seudonimizador};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contratos::{ComandoAnonimizarImagen, Recibido, ahora, id_derivado};
use futures::future::join_all;
use mensajeria::{Desenlace, Entrante, ErrorManejo, Manejador, Motivo, tipados};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::aplicacion::{
    AnonimizarImagenes, ErrorLimpieza, ErrorRepositorio, LimpiarImagen, OrdenAnonimizar, OrdenLimpiar, Origen,
};
use crate::dominio::{
    Antecedentes, Borrador, ErrorImagen, ErrorValor, Huella, IdImagen, IdOperacion, Incumplimiento, Inquilino, Perfil,
    Recepcion,
};

/// Handles `ComandoAnonimizarImagen`, of this service or of anybody who brings all the fields of an image.
pub struct ConsumidorAnonimizar {
    casos: AnonimizarImagenes,
    limpiar: LimpiarImagen,
    seudonimizador: Arc<Seudonimizador>,
    /// Told whenever originals may go.
    barrendero: Arc<Notify>,
}

/// A command that was understood. Without all the fields of an image it works only for one already taken in.
#[derive(Clone)]
struct Leido {
    orden: OrdenAnonimizar,
    faltas: Vec<Incumplimiento>,
    /// The image came with its file. The reference itself is not used: which file is in the image's row.
    con_archivo: bool,
}

impl ConsumidorAnonimizar {
    pub fn nuevo(
        casos: AnonimizarImagenes,
        limpiar: LimpiarImagen,
        seudonimizador: Arc<Seudonimizador>,
        barrendero: Arc<Notify>,
    ) -> Self {
        Self { casos, limpiar, seudonimizador, barrendero }
    }

    /// Cleans files, as many at once as there are turns. Each is committed on its own, so that on an error what is
    /// done stays done.
    async fn limpiar(&self, leidos: &[Leido]) -> Result<Vec<Result<(), ErrorImagen>>, ErrorManejo> {
        let limpiezas = leidos.iter().map(async |leido| {
            let OrdenAnonimizar { id, inquilino, origen, .. } = leido.orden.clone();
            let hecha = self.limpiar.ejecutar(OrdenLimpiar { id, inquilino, origen }).await;
            self.barrendero.notify_one();
            hecha
        });
        let respuestas = join_all(limpiezas).await.into_iter().map(|hecha| match hecha {
            Ok(()) => Ok(Ok(())),
            Err(ErrorLimpieza::Imagen(error)) => Ok(Err(error)),
            Err(ErrorLimpieza::Repositorio(error)) => Err(clasificar(error)),
            Err(ErrorLimpieza::Objetos(error)) => Err(ErrorManejo::Infraestructura(Box::new(error))),
        });
        respuestas.collect()
    }

    fn leer(&self, recibido: &Recibido<ComandoAnonimizarImagen>, instante: DateTime<Utc>) -> Result<Leido, Motivo> {
        let Recibido { cabecera, datos } = recibido;
        let id = match datos.id_imagen.as_deref() {
            Some(texto) => Uuid::try_parse(texto).map_err(|_| incompleto("id_imagen is not a uuid".to_owned()))?,
            None => id_derivado(&["imagen", &cabecera.id.to_string()]),
        };
        let perfil = match datos.perfil.as_deref() {
            Some(texto) => Perfil::leer(texto)
                .ok_or_else(|| Motivo { codigo: "perfil_desconocido", detalle: "no such profile".to_owned() })?,
            None => Perfil::Metadatos,
        };
        let inquilino = match cabecera.inquilino.as_deref() {
            Some(texto) => Inquilino::try_from(texto).map_err(|error| incompleto(format!("tenant {error}")))?,
            None => Inquilino::publico(),
        };
        let origen = Origen {
            operacion: IdOperacion(cabecera.id),
            huella: cabecera.huella.as_deref().and_then(|texto| Huella::try_from(texto).ok()),
            correlacion: cabecera.correlacion,
            traza: cabecera.traza.clone(),
            instante,
        };
        let (recepcion, faltas) = match self.recepcion(datos, &inquilino)? {
            Ok(recepcion) => (Some(recepcion), Vec::new()),
            Err(faltas) => (None, faltas),
        };
        let con_archivo = datos.referencia.is_some();
        Ok(Leido {
            orden: OrdenAnonimizar { id: IdImagen(id), inquilino, perfil, recepcion, origen },
            faltas,
            con_archivo,
        })
    }

    /// The image that the command itself brings. The id of a patient becomes a pseudonym here, whoever sent it.
    fn recepcion(
        &self,
        datos: &ComandoAnonimizarImagen,
        inquilino: &Inquilino,
    ) -> Result<Result<Recepcion, Vec<Incumplimiento>>, Motivo> {
        let texto = |campo: &Option<String>| campo.clone().unwrap_or_default();
        let paciente = match self.seudonimizador.paciente(inquilino.as_str(), &texto(&datos.id_paciente)) {
            Ok(seudonimo) => seudonimo.to_string(),
            Err(ErrorSeudonimo::SinId) => String::new(),
            Err(error) => return Err(Motivo { codigo: "sin_seudonimo", detalle: error.to_string() }),
        };
        let borrador = Borrador {
            modalidad: texto(&datos.modalidad),
            patologia: texto(&datos.patologia),
            region_anatomica: texto(&datos.region_anatomica),
            formato_imagen: texto(&datos.formato_imagen),
            fuente_de_datos: texto(&datos.fuente_de_datos),
            paciente,
            fecha_ingesta: texto(&datos.fecha_ingesta),
        };
        let antecedentes = match datos.antecedentes.as_deref().map(Antecedentes::try_from) {
            None | Some(Err(ErrorValor::Ausente)) => Ok(None),
            Some(Ok(antecedentes)) => Ok(Some(antecedentes)),
            Some(Err(error)) => Err(vec![Incumplimiento { campo: "antecedentes", error }]),
        };
        let recepcion = borrador
            .validar(inquilino.clone())
            .and_then(|ficha| Ok(Recepcion { ficha, antecedentes: antecedentes?, original: None }));
        Ok(recepcion)
    }
}

#[async_trait]
impl Manejador for ConsumidorAnonimizar {
    #[tracing::instrument(name = "anonimizar.manejar", skip_all, fields(mensajes = lote.len()))]
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        let lote = tipados::<ComandoAnonimizarImagen>(lote);
        let instante = ahora();
        let leidos: Vec<_> = lote.recibidos.iter().map(|recibido| self.leer(recibido, instante)).collect();
        let (con_archivo, sin_archivo): (Vec<Leido>, Vec<Leido>) =
            leidos.iter().flatten().cloned().partition(|leido| leido.con_archivo);
        let ordenes: Vec<_> = sin_archivo.into_iter().map(|leido| leido.orden).collect();
        let mut fichas = self.casos.ejecutar(&ordenes).await.map_err(clasificar)?.into_iter();
        let mut archivos = self.limpiar(&con_archivo).await?.into_iter();
        let desenlaces = leidos.into_iter().map_while(|leido| match leido {
            Ok(leido) => {
                let respuesta = if leido.con_archivo { archivos.next() } else { fichas.next() };
                respuesta.map(|respuesta| desenlace(respuesta, &leido.faltas))
            }
            Err(motivo) => Some(Desenlace::Rechazado(motivo)),
        });
        let desenlaces = desenlaces.collect();
        Ok(lote.desenlaces(desenlaces))
    }
}

fn desenlace(respuesta: Result<(), ErrorImagen>, faltas: &[Incumplimiento]) -> Desenlace {
    let Err(error) = respuesta else {
        return Desenlace::Hecho;
    };
    let detalle = error.to_string();
    Desenlace::Rechazado(match error {
        ErrorImagen::NoExiste(_) => {
            let faltas: Vec<_> = faltas.iter().map(|falta| format!("{} {}", falta.campo, falta.error)).collect();
            incompleto(format!("{detalle}; {}", faltas.join(", ")))
        }
        ErrorImagen::Ajena(_) => Motivo { codigo: "inquilino_ajeno", detalle },
        ErrorImagen::YaExiste(_) | ErrorImagen::ConArchivo(_) | ErrorImagen::SinArchivo(_) => {
            Motivo { codigo: "estado_invalido", detalle }
        }
    })
}

fn incompleto(detalle: String) -> Motivo {
    Motivo { codigo: "datos_incompletos", detalle }
}

/// Contention counts as data: an operation id that another image holds never goes through by waiting.
fn clasificar(error: ErrorRepositorio) -> ErrorManejo {
    match error {
        ErrorRepositorio::Tecnico(causa) => match causa.downcast::<sqlx::Error>() {
            Ok(causa) => bandejas::clasificar(*causa),
            Err(causa) => ErrorManejo::Datos(causa),
        },
        otro => ErrorManejo::Datos(Box::new(otro)),
    }
}
