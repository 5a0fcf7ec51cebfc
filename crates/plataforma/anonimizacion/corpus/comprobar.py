"""Runs a tool over the corpus and counts what it did wrong; exit status 0 only if every count is zero.

    python comprobar.py --corpus DIR --herramienta NAME [--binario FILE] [--json FILE] [--solo TEXT] [--detalle] [--pendientes FILE]

With a list of pending faults (a file and a count in each line) the exit status is 0 only if exactly those are there: neither a new one, nor
one that has been mended and is still on the list.
"""

import argparse
import json
import shutil
import sys
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from control import cadenas, metadatos, pixeles, tabla
from control.lectura import Leido, leer
from control.uids import Registro
from generar import TABLA
from herramientas import HERRAMIENTAS

CUENTAS = {
    "cadenas": "cadenas que identifican y siguen ahí", "tabla": "atributos de la tabla E.1-1 sin tratar", "privados": "elementos privados",
    "metodo": "etiquetas del método que faltan", "uids": "UID y pacientes incoherentes", "pixeles": "ficheros con píxeles dañados",
    "textos": "textos en los píxeles que se leen", "graficos": "capas, iconos y bits con dibujos", "conservados": "valores útiles perdidos",
    "ilegibles": "salidas que no se leen", "sin_razon": "entradas sin salida ni razón", "retenidos": "entradas retenidas que debían salir",
}


def examinar(tarea: tuple) -> dict:
    """All checks on one input; runs in a process of its own. What the examiner itself cannot read counts against the tool."""
    warnings.simplefilter("ignore")
    verdad, registro = tarea[:2]
    resultado = {"ruta": verdad["ruta"], "caso": verdad["caso"], "estado": registro and registro["estado"], "faltas": defaultdict(list)}
    try:
        return _examinar(resultado, *tarea)
    except Exception as error:
        resultado["faltas"]["ilegibles"].append(f"al examinar: {type(error).__name__}: {error}"[:160])
        return resultado


def _examinar(resultado: dict, verdad: dict, registro: dict | None, entrada: str, ruta_tabla: str) -> dict:
    faltas = resultado["faltas"]
    antes = leer(Path(entrada) / verdad["ruta"])
    real = verdad.get("real", False)
    norma = tabla.Tabla(Path(ruta_tabla))
    if real:
        verdad |= metadatos.verdad_de(antes, norma)
    if registro is None:
        faltas["sin_razon"].append("no está en el informe")
        return resultado
    if registro["estado"] != "limpio":
        _retenido(verdad, registro, real, faltas)
        return resultado
    if not registro["salida"] or not Path(registro["salida"]).is_file():
        faltas["sin_razon"].append("dice limpio y no hay fichero")
        return resultado
    despues = leer(Path(registro["salida"]))
    visibles = "/".join(Path(registro["salida"]).parts[-3:])
    faltas["cadenas"] += cadenas.quedan(despues, verdad["secretos"], visibles)
    if despues.ds is not None and despues.error is None and antes.ds is not None:
        _metadatos(norma, verdad, antes, despues, faltas)
        resultado["par"] = True
    elif despues.error or (antes.ds is not None and despues.ds is None):
        faltas["ilegibles"].append(despues.error or "ya no es DICOM")
        return resultado
    _pixeles(verdad, antes, despues, real, faltas)
    return resultado


def _retenido(verdad: dict, registro: dict, real: bool, faltas: dict) -> None:
    if not registro["razon"]:
        faltas["sin_razon"].append("retenido sin razón")
    elif dichos := cadenas.en_texto(registro["razon"], verdad["secretos"]):
        faltas["cadenas"].append({"valor": dichos[0], "de": "", "en": ["razón"]})
    if registro["salida"] and Path(registro["salida"]).exists():
        faltas["sin_razon"].append("retenido y con salida")
    if not real and not verdad["puede_ir_a_cuarentena"]:
        faltas["retenidos"].append(registro["razon"])


def _metadatos(norma: tabla.Tabla, verdad: dict, antes: Leido, despues: Leido, faltas: dict) -> None:
    secretos_en_pixeles = any(t["secreto"] for t in verdad["textos"])
    faltas["tabla"] += tabla.infracciones(norma, antes, despues)
    faltas["privados"] += tabla.privados(despues)
    faltas["metodo"] += tabla.metodo(despues, secretos_en_pixeles)
    faltas["conservados"] += metadatos.perdidos(verdad, despues)


def _pixeles(verdad: dict, antes: Leido, despues: Leido, real: bool, faltas: dict) -> None:
    try:
        original = pixeles.matriz(antes)
    except Exception:
        original = None
    if despues.ds is not None:
        faltas["graficos"] += pixeles.graficos_visibles(verdad, despues)
    if original is None:
        return
    try:
        escrita = pixeles.matriz(despues)
    except Exception as error:
        faltas["ilegibles"].append(f"píxeles: {type(error).__name__}: {error}"[:120])
        return
    if escrita is None:
        faltas["pixeles"].append({"motivo": "sin píxeles"})
        return
    if antes.ds is not None and original.dtype.kind in "ui" and escrita.dtype == original.dtype and antes.ds.BitsStored < original.itemsize * 8:
        # What lies above the stored bits is no pixel.
        tope = (1 << antes.ds.BitsStored) - 1
        original, escrita = original & tope, escrita & tope
    if real:
        faltas["pixeles"] += metadatos.pixeles_reales(antes, original, escrita)
        return
    misma = antes.ds is None or str(antes.ds.PhotometricInterpretation) == str(despues.ds.PhotometricInterpretation)
    dano = pixeles.danados(verdad, original, escrita, misma)
    faltas["pixeles"] += [dano] if dano else []
    if original.shape == escrita.shape:
        faltas["textos"] += pixeles.textos_visibles(verdad, original, escrita)


def coherencia(pares: list[tuple[str, str, str]], norma: tabla.Tabla) -> dict[str, list]:
    """Identifiers over all files together."""
    registro, faltas = Registro(), defaultdict(list)
    identifica = lambda camino: (fila := norma.fila(camino[-8:])) is not None and "U" in fila["basic"]
    for ruta, entrada, salida in pares:
        for falta in registro.anotar(ruta, leer(Path(entrada)), leer(Path(salida)), identifica):
            faltas[ruta].append(falta)
    for falta in registro.incoherentes():
        faltas[falta.pop("ruta")].append(falta)
    return faltas


def comprobar(corpus: Path, registros: list[dict], registro_de_texto: str, ruta_tabla: Path, solo: str = "") -> dict:
    verdades = [v for v in json.loads((corpus / "verdad.json").read_text())["ficheros"] if solo in v["caso"] or solo in v["ruta"]]
    por_entrada = {r["entrada"]: r for r in registros}
    entrada = corpus / "entrada"
    tareas = [(v, por_entrada.get(v["ruta"]), str(entrada), str(ruta_tabla)) for v in verdades]
    with ProcessPoolExecutor() as procesos:
        resultados = list(procesos.map(examinar, tareas, chunksize=4))
    pares = [(r["ruta"], str(entrada / r["ruta"]), por_entrada[r["ruta"]]["salida"]) for r in resultados if r.get("par")]
    incoherentes = coherencia(pares, tabla.Tabla(ruta_tabla))
    for resultado in resultados:
        resultado["faltas"]["uids"] = incoherentes.get(resultado["ruta"], [])
    todos = [s for v in verdades if not v.get("real") for s in v["secretos"]]
    en_registro = cadenas.en_texto(registro_de_texto, todos)
    resultados.append({"ruta": "(registro e informe)", "caso": "registro", "estado": "limpio",
                       "faltas": {"cadenas": [{"valor": v, "de": "", "en": ["registro"]} for v in en_registro]}})
    return resumen(resultados, verdades)


def resumen(resultados: list[dict], verdades: list[dict]) -> dict:
    cuentas = {clave: sum(len(r["faltas"].get(clave, [])) for r in resultados) for clave in CUENTAS}
    propias = [v for v in verdades if not v.get("real")]
    return {
        "ficheros": len(verdades), "estados": dict(Counter(str(r["estado"]) for r in resultados[:-1])), "cuentas": cuentas,
        "de": {"cadenas": sum(len({s["valor"] for s in v["secretos"]}) for v in propias), "textos": sum(t["secreto"] for v in propias for t in v["textos"]),
               "conservados": sum(len(v["conservar"]) for v in propias)},
        "fallos": [{k: r[k] for k in ("ruta", "caso", "estado")} | {"faltas": {k: v for k, v in r["faltas"].items() if v}}
                   for r in resultados if any(r["faltas"].values())],
    }


def mostrar(informe: dict, detalle: bool) -> None:
    print(f"{informe['ficheros']} ficheros: " + ", ".join(f"{n} {e}" for e, n in sorted(informe["estados"].items())))
    for clave, texto in CUENTAS.items():
        total = f" de {informe['de'][clave]}" if clave in informe["de"] else ""
        print(f"  {informe['cuentas'][clave]:>6}{total:<9} {texto}")
    for fallo in informe["fallos"] if detalle else []:
        print(f"- {fallo['ruta']} ({fallo['estado']})")
        for clave, faltas in fallo["faltas"].items():
            for falta in faltas[:6]:
                print(f"    {clave}: {falta if isinstance(falta, str) else json.dumps(falta, ensure_ascii=False)}")
            if len(faltas) > 6:
                print(f"    {clave}: y {len(faltas) - 6} más")


def frente_a(lista: Path, informe: dict) -> int:
    """Says what differs from the list of pending faults."""
    lineas = (linea.split("#")[0].split() for linea in lista.read_text().splitlines())
    pendientes = {tuple(palabras) for palabras in lineas if palabras}
    hay = {(fallo["ruta"], clave) for fallo in informe["fallos"] for clave in fallo["faltas"]}
    for ruta, clave in sorted(hay - pendientes):
        print(f"NUEVO: {ruta} {clave}")
    for ruta, clave in sorted(pendientes - hay):
        print(f"YA NO FALLA, quítalo de {lista.name}: {ruta} {clave}")
    return int(hay != pendientes)


def main() -> int:
    partes = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    partes.add_argument("--corpus", type=Path, required=True)
    partes.add_argument("--herramienta", choices=HERRAMIENTAS, default="anonimizar")
    partes.add_argument("--binario", type=Path)
    partes.add_argument("--json", type=Path)
    partes.add_argument("--tabla", type=Path, default=TABLA)
    partes.add_argument("--solo", default="")
    partes.add_argument("--detalle", action="store_true")
    partes.add_argument("--pendientes", type=Path)
    opciones = partes.parse_args()
    salida = opciones.corpus / "salida" / opciones.herramienta
    shutil.rmtree(salida, ignore_errors=True)
    salida.mkdir(parents=True)
    registros, texto = HERRAMIENTAS[opciones.herramienta](opciones.corpus / "entrada", salida, opciones.binario)
    informe = comprobar(opciones.corpus, registros, texto, opciones.tabla, opciones.solo)
    mostrar(informe, opciones.detalle)
    if opciones.json:
        opciones.json.write_text(json.dumps(informe, ensure_ascii=False, indent=1))
    return frente_a(opciones.pendientes, informe) if opciones.pendientes else int(any(informe["cuentas"].values()))


if __name__ == "__main__":
    sys.exit(main())
