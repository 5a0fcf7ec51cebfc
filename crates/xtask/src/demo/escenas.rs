//! The scenes: what each sends, shows and expects.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::bff::Bff;
use super::respuestas::{Detalle, Imagen, Notificacion, Pagina, Saga, Suscripcion};
use super::{cuerpos, seguimiento};
use crate::consola::{azul, duracion, linea, negrita, tenue, titulo, verde};
use crate::rutas;

/// The play so far: the e-mails shown at the end are those of its subscriptions.
pub struct Escenas {
    bff: Bff,
    correos: PathBuf,
    /// Makes the codes of this run differ from those of any other.
    sello: String,
    suscripciones: Vec<(&'static str, String)>,
}

struct Creada {
    id: String,
    saga: Option<String>,
    desde: Instant,
}

impl Escenas {
    pub fn nuevas(bff: Bff, correos: PathBuf) -> Self {
        let sello = contratos::id_nuevo().simple().to_string();
        Self { bff, correos, sello, suscripciones: vec![] }
    }

    /// The user's own request, to a running data service and an active subscription.
    pub async fn pro(&mut self) -> Result<()> {
        titulo("1. Una suscripción PRO: una transacción larga por cuatro servicios");
        self.despejar("0001", "pro").await?;
        let creada = self.crear("PRO", cuerpos::PRO).await?;
        let saga = self.seguir(&creada).await?;
        ensure!(saga.fase == "completada", "la saga terminó {}", saga.fase);
        let detalle = self.detalle(&creada.id, "activa").await?;
        let servicio = detalle.servicio_datos.context("la suscripción no tiene servicio de datos")?;
        let de_que = [servicio.nube_codigo, servicio.dataset_codigo, servicio.experto_codigo];
        let de_que: Vec<String> = de_que.into_iter().flatten().collect();
        linea(format!("  servicio de datos   {}  {}", verde(&servicio.estado), tenue(de_que.join(" · "))));
        ensure!(servicio.estado == "iniciado", "el servicio de datos está {}", servicio.estado);
        Ok(())
    }

    /// Fails for a real reason and leaves nothing behind.
    pub async fn pro_plus(&mut self) -> Result<()> {
        titulo("2. Una suscripción PRO_PLUS: no hay experto libre de su especialidad, y se deshace");
        let cuerpo = cuerpos::suscripcion(&format!("D{}", &self.sello[20..]), "pro_plus", "PRO PLUS");
        let creada = self.crear("PRO_PLUS", &cuerpo).await?;
        let saga = self.seguir(&creada).await?;
        ensure!(saga.fase == "compensada", "la saga terminó {}", saga.fase);
        let por_experto = saga.pasos.iter().any(|paso| paso.codigo.as_deref() == Some("sin_experto"));
        ensure!(por_experto, "ningún paso falló por «sin_experto»");
        let detalle = self.detalle(&creada.id, "cancelada").await?;
        let servicio = detalle.servicio_datos.map_or_else(|| "ninguno".to_owned(), |servicio| servicio.estado);
        linea(format!("  servicio de datos   {}", verde(&servicio)));
        ensure!(matches!(servicio.as_str(), "ninguno" | "terminado"), "el servicio de datos quedó {servicio}");
        Ok(())
    }

    /// Needs no other service.
    pub async fn basico(&mut self) -> Result<()> {
        titulo("3. Una suscripción BASICO: sin transacción larga");
        let cuerpo = cuerpos::suscripcion(&format!("B{}", &self.sello[20..]), "basico", "BASICO");
        let creada = self.crear("BASICO", &cuerpo).await?;
        ensure!(creada.saga.is_none(), "una suscripción BASICO no debería tener saga");
        self.detalle(&creada.id, "activa").await?;
        Ok(())
    }

    pub async fn imagen(&mut self) -> Result<()> {
        titulo("4. El registro de una imagen: se anonimiza antes de que nadie la vea");
        let cuerpo = cuerpos::imagen(&contratos::id_nuevo().to_string());
        mostrar_peticion("/procesamiento/procesar-imagen", &cuerpo);
        let desde = Instant::now();
        let lugar = self.bff.ordenar("/procesamiento/procesar-imagen", &cuerpo).await?;
        linea(format!("  202 Accepted        {}", azul(&lugar)));
        let operacion = self.bff.operacion(&lugar).await?;
        let id = operacion.recursos.id_imagen.context("la operación no nombra la imagen")?;
        let lista = |imagen: Imagen| (imagen.estado == "anonimizada").then_some(imagen);
        let imagen = self.bff.esperar(&format!("/anonimizado/{id}"), lista).await?;
        linea(format!("  imagen              {id}"));
        linea(format!("  estado final        {} {}", verde(&imagen.estado), tenue(duracion(desde.elapsed()))));
        let (seudonimo, perfil) = (imagen.id_paciente.unwrap_or_default(), imagen.perfil.unwrap_or_default());
        linea(format!("  paciente            {seudonimo} {}", tenue(format!("(perfil {perfil})"))));
        ensure!(
            seudonimo != cuerpos::PACIENTE && !seudonimo.is_empty(),
            "el identificador del paciente no se sustituyó"
        );
        Ok(())
    }

    /// One mail per outcome, in the files where this environment's mail lands.
    pub async fn correos(&mut self) -> Result<()> {
        titulo("5. Los correos");
        for (plan, id) in &self.suscripciones {
            let notificacion = self.notificacion(id).await?;
            let correo = self.correos.join(format!("{}.eml", notificacion.id_notificacion));
            ensure!(correo.is_file(), "no existe {}", correo.display());
            let destinatario = notificacion.destinatario.unwrap_or_default();
            let plantilla = notificacion.plantilla;
            linea(format!("  {plan:<10}{plantilla:<28}{destinatario:<26}{}", verde(notificacion.estado)));
            linea(tenue(format!("            {}", rutas::corta(&correo))));
        }
        ensure!(self.suscripciones.len() == 3, "faltan suscripciones: no todas se crearon");
        Ok(())
    }

    /// The only one of a subscription, once it was sent.
    async fn notificacion(&self, id: &str) -> Result<Notificacion> {
        let enviada = |mut pagina: Pagina<Notificacion>| {
            let todas = pagina.elementos.iter().all(|n| matches!(n.estado.as_str(), "enviada" | "confirmada"));
            let unica = pagina.elementos.len() == 1 && todas;
            if unica { pagina.elementos.pop() } else { None }
        };
        let ruta = format!("/notificaciones?id_suscripcion={id}");
        self.bff.esperar(&ruta, enviada).await.context("se esperaba un correo, enviado")
    }

    /// Cancels what an earlier run left: a client has a plan once.
    async fn despejar(&self, cliente: &str, plan: &str) -> Result<()> {
        let ruta = format!("/suscripciones?codigo_cliente={cliente}&codigo_plan={plan}&estado=activa");
        let previas: Option<Pagina<Suscripcion>> = self.bff.leer(&ruta).await?;
        for previa in previas.into_iter().flat_map(|pagina| pagina.elementos) {
            linea(format!(
                "  de antes            {} {}",
                previa.id,
                tenue("se cancela: un cliente tiene un plan una vez")
            ));
            let cuerpo = cuerpos::cancelacion(&previa.id);
            let operacion =
                self.bff.operacion(&self.bff.ordenar("/suscripciones/cancelar-comando", &cuerpo).await?).await?;
            let saga = operacion.recursos.id_saga.context("la cancelación no nombra su saga")?;
            let terminada = |saga: Saga| saga.terminada().then_some(saga.fase);
            let fase = self.bff.esperar(&format!("/sagas/{saga}"), terminada).await?;
            ensure!(fase == "completada", "la cancelación terminó {fase}");
        }
        Ok(())
    }

    async fn crear(&mut self, plan: &'static str, cuerpo: &str) -> Result<Creada> {
        mostrar_peticion("/suscripciones/suscripcion-comando", cuerpo);
        let desde = Instant::now();
        let lugar = self.bff.ordenar("/suscripciones/suscripcion-comando", cuerpo).await?;
        linea(format!("  202 Accepted        {} {}", azul(&lugar), tenue(duracion(desde.elapsed()))));
        let operacion = self.bff.operacion(&lugar).await?;
        let id = operacion.recursos.id_suscripcion.context("la operación no nombra la suscripción")?;
        linea(format!("  suscripción         {id}"));
        self.suscripciones.push((plan, id.clone()));
        Ok(Creada { id, saga: operacion.recursos.id_saga, desde })
    }

    async fn seguir(&self, creada: &Creada) -> Result<Saga> {
        let id = creada.saga.as_deref().context("la operación no nombra la saga")?;
        linea(format!("  saga                {id}"));
        let saga = seguimiento::seguir(&self.bff, id, creada.desde).await?;
        linea(format!("  saga {} en {}", negrita(&saga.fase), duracion(creada.desde.elapsed())));
        Ok(saga)
    }

    async fn detalle(&self, id: &str, estado: &str) -> Result<Detalle> {
        let lista = |detalle: Detalle| (detalle.suscripcion.estado == estado).then_some(detalle);
        let detalle = self.bff.esperar(&format!("/suscripciones/{id}"), lista).await?;
        let motivo = detalle.suscripcion.motivo.as_deref().map_or_else(String::new, |motivo| format!("({motivo})"));
        linea(format!("  estado final        {} {}", verde(&detalle.suscripcion.estado), tenue(motivo)));
        Ok(detalle)
    }
}

fn mostrar_peticion(ruta: &str, cuerpo: &str) {
    linea(format!("  {} {}", negrita("POST"), azul(ruta)));
    for renglon in cuerpo.lines() {
        linea(tenue(format!("    {renglon}")));
    }
}
