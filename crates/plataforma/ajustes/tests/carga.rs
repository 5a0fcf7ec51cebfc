//! Precedence of the sources and the message of each refusal.
#![expect(clippy::result_large_err, reason = "figment::Jail fixes the error type of its closures")]

use ajustes::{Claves, ErrorAjustes, Formato, Http, Postgres, Telemetria, cargar, exigir_loopback};
use figment::Jail;
use secrecy::ExposeSecret;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ajustes {
    http: Http,
    postgres: Postgres,
    claves: Claves,
    telemetria: Telemetria,
}

const POR_DEFECTO: &str = r#"
[http]
direccion = "127.0.0.1"
puerto = 5000

[postgres]
url = "postgres://127.0.0.1/base"
conexiones = 8

[claves]
maestra = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

[telemetria]
filtro = "info"
formato = "texto"
"#;

fn cargados() -> Ajustes {
    cargar(POR_DEFECTO).expect("the settings load")
}

fn rechazo() -> String {
    cargar::<Ajustes>(POR_DEFECTO).expect_err("the settings are refused").to_string()
}

#[test]
fn los_valores_embebidos_bastan() {
    Jail::expect_with(|_| {
        let ajustes = cargados();

        assert_eq!(ajustes.http.socket().to_string(), "127.0.0.1:5000");
        assert_eq!(ajustes.telemetria.formato, Formato::Texto);
        assert_eq!(ajustes.telemetria.filtro, "info");
        assert_eq!(ajustes.claves.maestra.expose_secret().len(), 44);
        Ok(())
    });
}

#[test]
fn el_archivo_gana_a_lo_embebido_y_el_entorno_al_archivo() {
    Jail::expect_with(|jaula| {
        jaula.create_file("propio.toml", "[http]\npuerto = 6000\n[postgres]\nconexiones = 3\n")?;
        jaula.set_env("SALUDTECH_CONFIG", "propio.toml");
        jaula.set_env("SALUDTECH_HTTP__PUERTO", "7000");

        let ajustes = cargados();

        assert_eq!(ajustes.http.puerto, 7000);
        assert_eq!(ajustes.postgres.conexiones, 3);
        Ok(())
    });
}

#[test]
fn un_archivo_nombrado_que_no_existe_es_un_error() {
    Jail::expect_with(|jaula| {
        jaula.set_env("SALUDTECH_CONFIG", "no-existe.toml");

        assert!(rechazo().contains("no-existe.toml"), "{}", rechazo());
        Ok(())
    });
}

#[test]
fn el_error_nombra_la_clave_y_su_origen() {
    for (variable, valor, esperado) in [
        ("SALUDTECH_HTTP__PUERTO", "70000", "http.puerto: "),
        ("SALUDTECH_HTTP__DIRECCION", "aqui", "http.direccion: "),
        ("SALUDTECH_POSTGRES__CONEXIONES", "0", "postgres.conexiones: expected a number from 1 to 1000"),
        ("SALUDTECH_POSTGRES__URL", "mysql://x", "postgres.url: expected a postgres:// url"),
        ("SALUDTECH_TELEMETRIA__FORMATO", "xml", "telemetria.formato: expected one of texto, json"),
        ("SALUDTECH_CLAVES__MAESTRA", "corta", "claves.maestra: expected 32 bytes in base64"),
    ] {
        Jail::expect_with(|jaula| {
            jaula.set_env(variable, valor);

            let mensaje = rechazo();

            assert!(mensaje.contains(esperado), "{mensaje}");
            assert!(mensaje.contains("environment"), "{mensaje}");
            Ok(())
        });
    }
}

#[test]
fn una_clave_desconocida_o_ausente_detiene_el_arranque() {
    Jail::expect_with(|jaula| {
        jaula.set_env("SALUDTECH_HTTP__PUERT", "1");
        assert!(rechazo().contains("http.puert: is not a known key"), "{}", rechazo());
        Ok(())
    });
    let sin_claves = POR_DEFECTO.replace("maestra =", "# ");
    let mensaje = cargar::<Ajustes>(&sin_claves).expect_err("a key is missing").to_string();
    assert!(mensaje.contains("claves.maestra: is missing"), "{mensaje}");
}

#[test]
fn un_secreto_no_sale_ni_en_el_error_ni_en_debug() {
    Jail::expect_with(|jaula| {
        jaula.set_env("SALUDTECH_CLAVES__MAESTRA", "987654321");
        assert!(!rechazo().contains("987654321"), "{}", rechazo());
        Ok(())
    });
    Jail::expect_with(|_| {
        let texto = format!("{:?}", cargados());
        assert!(!texto.contains("AAAAAAAA") && !texto.contains("127.0.0.1/base"), "{texto}");
        Ok(())
    });
}

#[test]
fn las_variables_ajenas_a_los_ajustes_se_ignoran() {
    Jail::expect_with(|jaula| {
        jaula.set_env("SALUDTECH_FALLO", "antes-de-ack");
        jaula.set_env("SALUDTECH_SIN_AUTENTICACION", "desarrollo");

        assert_eq!(cargados().http.puerto, 5000);
        Ok(())
    });
}

#[test]
fn fuera_de_loopback_solo_con_permiso_expreso() {
    let abierto = Http { direccion: "0.0.0.0".parse().expect("an address"), puerto: 5000 };
    Jail::expect_with(|jaula| {
        assert!(matches!(exigir_loopback(&abierto), Err(ErrorAjustes::Expuesto(_))));
        assert!(exigir_loopback(&cargados().http).is_ok());

        jaula.set_env("SALUDTECH_SIN_AUTENTICACION", "desarrollo");
        assert!(exigir_loopback(&abierto).is_ok());
        Ok(())
    });
}
