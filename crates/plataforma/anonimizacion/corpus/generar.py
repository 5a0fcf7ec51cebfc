"""Writes the corpus: hard cases with their ground truth, and the files that well-known packages ship.

    python generar.py --salida DIR [--semilla N] [--sin-reales] [--tabla FILE]

DIR/entrada holds the files, DIR/verdad.json what must become of each; the same seed gives the same bytes.
"""

import argparse
import json
import shutil
import warnings
from pathlib import Path

from casos import alfabetos, documentos, graficos, metadatos, pixeles
from casos.base import Caso

AQUI = Path(__file__).parent
TABLA = AQUI.parent / "datos/ps315_2026d.json"


def generar(salida: Path, semilla: int, etiquetas: list[str]) -> list[dict]:
    verdades = []
    for modulo in (metadatos, alfabetos, graficos, documentos, pixeles):
        for nombre, construir in modulo.CASOS.items():
            caso = Caso(nombre, semilla)
            construir(caso, etiquetas)
            verdades += [f.volcar(salida) for f in caso.ficheros]
    return verdades


def reales(salida: Path) -> list[dict]:
    """The files of pydicom and pydicom-data, from their installed folders."""
    import data_store
    import pydicom.data

    origenes = {"pydicom": Path(pydicom.data.__file__).parent, "pydicom-data": Path(data_store.__file__).parent}
    verdades = []
    for nombre, raiz in origenes.items():
        for ruta in sorted(r for r in raiz.rglob("*") if r.is_file() and es_dicom(r)):
            destino = salida / "reales" / nombre / ruta.relative_to(raiz)
            destino.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ruta, destino)
            verdades.append({"ruta": str(destino.relative_to(salida)), "caso": "reales", "real": True})
    return verdades


def es_dicom(ruta: Path) -> bool:
    if ruta.suffix in (".py", ".pyc", ".txt", ".json", ".md", ".dump", ".zip", ".tar", ".xml"):
        return False
    with ruta.open("rb") as fichero:
        cabeza = fichero.read(132)
    return cabeza[128:] == b"DICM" or ruta.suffix == ".dcm"


def main() -> None:
    partes = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    partes.add_argument("--salida", type=Path, required=True)
    partes.add_argument("--semilla", type=int, default=1)
    partes.add_argument("--sin-reales", action="store_true")
    partes.add_argument("--tabla", type=Path, default=TABLA)
    opciones = partes.parse_args()
    # Values that the library finds odd are what the corpus is for.
    warnings.simplefilter("ignore")
    etiquetas = [r["tag"] for r in json.loads(opciones.tabla.read_text())["rules"] if "x" not in r["tag"] and r["tag"] != "PRIVATE"]
    entrada = opciones.salida / "entrada"
    shutil.rmtree(entrada, ignore_errors=True)
    verdades = generar(entrada, opciones.semilla, etiquetas)
    if not opciones.sin_reales:
        verdades += reales(entrada)
    (opciones.salida / "verdad.json").write_text(json.dumps({"semilla": opciones.semilla, "ficheros": verdades}, ensure_ascii=False))
    casos = {v["caso"] for v in verdades}
    print(f"{len(casos)} casos, {len(verdades)} ficheros, {sum(len(v.get('secretos', [])) for v in verdades)} cadenas que identifican, "
          f"{sum(len(v.get('textos', [])) for v in verdades)} textos en los píxeles")


if __name__ == "__main__":
    main()
