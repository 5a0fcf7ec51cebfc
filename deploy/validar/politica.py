"""What no schema knows: that the deployments fit the processes that they start, and keep the house rules.

usage: politica.py compose RESOLVED.json
       politica.py k8s RENDERED.yaml
"""

import json
import pathlib
import sys
import tomllib

import yaml

RAIZ = pathlib.Path(__file__).parents[2]
SERVICIOS = ("bff-web", "suscripciones", "servicio-datos", "procesamiento", "notificaciones")
PREFIJO = "SALUDTECH_"
PERMISO = "SALUDTECH_SIN_AUTENTICACION"
# What the operating system defines, and no service reads as a setting of its own.
DEL_SISTEMA = {"TMPDIR"}
# Keys of Pulsar that say where it listens: the only ones in which the two standalone.conf may differ.
DIRECCIONES = {
    "brokerServicePort", "webServicePort", "bindAddress", "bindAddresses", "advertisedAddress",
    "advertisedListeners", "internalListenerName",
}


def ajustes(servicio):
    """The default settings of a service, and the secrets that have none."""
    texto = (RAIZ / "crates" / servicio / "config" / "default.toml").read_text()
    secretos = {"SALUDTECH_OPERACIONES__CLAVE"}
    if servicio != "bff-web":
        secretos = {"SALUDTECH_POSTGRES__URL", "SALUDTECH_CLAVES__MAESTRA"}
    return tomllib.loads(texto), secretos


def conocida(variable, valores):
    """Whether a variable sets something that the service reads."""
    for nombre in variable.removeprefix(PREFIJO).lower().split("__"):
        if not isinstance(valores, dict) or nombre not in valores:
            return False
        valores = valores[nombre]
    return not isinstance(valores, dict)


def faltas_de_entorno(servicio, entorno):
    """Unknown variables and missing secrets; a process refuses to start for either."""
    valores, secretos = ajustes(servicio)
    for variable in entorno:
        if variable != PERMISO and variable not in secretos | DEL_SISTEMA and not conocida(variable, valores):
            yield f"{servicio}: {variable} no es un ajuste suyo"
    for variable in secretos - entorno.keys():
        yield f"{servicio}: falta {variable}"
    if entorno.get("SALUDTECH_HTTP__PUERTO") != str(valores["http"]["puerto"]):
        yield f"{servicio}: su puerto documentado es {valores['http']['puerto']}"


def compose(ruta):
    servicios = json.loads(ruta.read_text())["services"]
    for nombre, servicio in servicios.items():
        for puerto in servicio.get("ports", []):
            if puerto.get("host_ip") != "127.0.0.1":
                yield f"{nombre}: el puerto {puerto['published']} no está solo en 127.0.0.1"
        if nombre != "topicos" and "healthcheck" not in servicio:
            yield f"{nombre}: no tiene healthcheck"
        if "build" in servicio and not (
            servicio.get("read_only") and servicio.get("cap_drop") == ["ALL"]
            and "no-new-privileges:true" in servicio.get("security_opt", [])
        ):
            yield f"{nombre}: puede más de lo que necesita"
    for nombre in SERVICIOS:
        servicio = servicios[nombre]
        yield from faltas_de_entorno(nombre, servicio["environment"])
        puerto = str(ajustes(nombre)[0]["http"]["puerto"])
        if [(p["published"], str(p["target"])) for p in servicio["ports"]] != [(puerto, puerto)]:
            yield f"{nombre}: no publica su puerto {puerto}"
    yield from faltas_de_pulsar()


def faltas_de_pulsar():
    local, contenedor = (propiedades(RAIZ / "deploy" / ruta) for ruta in (
        "local/standalone.conf", "docker/pulsar/standalone.conf"))
    for clave in sorted((local.keys() | contenedor.keys()) - DIRECCIONES):
        if local.get(clave) != contenedor.get(clave):
            yield f"Pulsar: {clave} es {local.get(clave)} en local y {contenedor.get(clave)} en el contenedor"


def propiedades(ruta):
    lineas = (linea.strip() for linea in ruta.read_text().splitlines())
    return dict(linea.split("=", 1) for linea in lineas if linea and not linea.startswith("#"))


def k8s(ruta):
    objetos = [objeto for objeto in yaml.safe_load_all(ruta.read_text()) if objeto]
    de = lambda tipo: {o["metadata"]["name"]: o for o in objetos if o["kind"] == tipo}
    despliegues, mapas = de("Deployment"), de("ConfigMap")
    if set(despliegues) != set(SERVICIOS):
        yield f"despliegues: {sorted(despliegues)}"
    if de("Secret"):
        yield "hay secretos en los manifiestos: solo pueden nombrarse"
    todo = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if not any(politica["spec"] == todo for politica in de("NetworkPolicy").values()):
        yield "la red no está cerrada por defecto"
    for nombre, despliegue in despliegues.items():
        yield from faltas_de_pod(nombre, despliegue["spec"]["template"]["spec"])
        (contenedor,) = despliegue["spec"]["template"]["spec"]["containers"]
        yield from faltas_de_entorno(nombre, entorno(contenedor, mapas))
        yield from faltas_de_sondas(nombre, contenedor)
        yield from faltas_de_puerto(nombre, contenedor, de("Service").get(nombre))
        etiquetas = despliegue["spec"]["template"]["metadata"]["labels"].items()
        cubre = lambda o: o["spec"]["selector"]["matchLabels"].items() <= etiquetas
        if sum(map(cubre, de("PodDisruptionBudget").values())) != 1:
            yield f"{nombre}: no tiene un PodDisruptionBudget"
    for nombre, tarea in de("Job").items():
        yield from faltas_de_pod(nombre, tarea["spec"]["template"]["spec"])
    yield from faltas_de_escalado(de("HorizontalPodAutoscaler"), despliegues)


def entorno(contenedor, mapas):
    """The variables of a container; one that comes from a secret has no value here."""
    variables = {}
    for fuente in contenedor.get("envFrom", []):
        variables |= mapas[fuente["configMapRef"]["name"]]["data"]
    return variables | {variable["name"]: variable.get("value") for variable in contenedor["env"]}


def faltas_de_pod(nombre, pod):
    seguridad = pod.get("securityContext", {})
    if not seguridad.get("runAsNonRoot") or seguridad.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield f"{nombre}: el pod puede más de lo que necesita"
    for contenedor in pod["containers"]:
        propia = contenedor.get("securityContext", {})
        if (propia.get("allowPrivilegeEscalation") is not False or not propia.get("readOnlyRootFilesystem")
                or propia.get("capabilities") != {"drop": ["ALL"]}):
            yield f"{nombre}: el contenedor puede más de lo que necesita"
        recursos = contenedor.get("resources", {})
        if {"cpu", "memory"} - (recursos.get("requests", {}).keys() & recursos.get("limits", {}).keys()):
            yield f"{nombre}: le faltan recursos pedidos o límites"
        if ":" not in contenedor["image"]:
            yield f"{nombre}: la imagen no tiene versión"


def faltas_de_sondas(nombre, contenedor):
    for sonda, ruta in (("startupProbe", "/startupz"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        if contenedor.get(sonda, {}).get("httpGet", {}) != {"path": ruta, "port": "http"}:
            yield f"{nombre}: {sonda} no pregunta a {ruta}"


def faltas_de_puerto(nombre, contenedor, servicio):
    puerto = ajustes(nombre)[0]["http"]["puerto"]
    if contenedor["ports"] != [{"name": "http", "containerPort": puerto}]:
        yield f"{nombre}: el contenedor no declara el puerto {puerto}"
    if servicio is None or servicio["spec"]["ports"] != [{"name": "http", "port": puerto, "targetPort": "http"}]:
        yield f"{nombre}: no tiene un Service en su puerto {puerto}"


def faltas_de_escalado(escalados, despliegues):
    """The share of its cores on which procesamiento works must lie above the target, or it would never scale."""
    for nombre, escalado in escalados.items():
        (contenedor,) = despliegues[nombre]["spec"]["template"]["spec"]["containers"]
        recursos = contenedor["resources"]
        nucleos = int(recursos["requests"]["cpu"])
        alcanzable = 100 * max(1, nucleos * 3 // 4) / nucleos
        (metrica,) = escalado["spec"]["metrics"]
        objetivo = metrica["resource"]["target"]["averageUtilization"]
        if recursos["limits"]["cpu"] != recursos["requests"]["cpu"] or not objetivo < alcanzable <= 75:
            yield f"{nombre}: con {nucleos} núcleos usa hasta {alcanzable:.0f} % y el objetivo es {objetivo} %"


def main():
    revisar, ruta = {"compose": compose, "k8s": k8s}[sys.argv[1]], pathlib.Path(sys.argv[2])
    faltas = list(revisar(ruta))
    for falta in faltas:
        print(falta, file=sys.stderr)
    sys.exit(bool(faltas))


main()
