"""Tools under examination: each takes a folder of inputs and says what became of every file.

A tool is a function (entrada, salida, binario) -> (list of records, text of its log). A record has `entrada` (relative),
`salida` (a path or None), `estado` (`limpio` or another word) and `razon`.
"""

import base64
import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

AQUI = Path(__file__).parent
# Any 32 bytes: what is examined does not depend on them.
CLAVE = base64.b64encode(b"corpus".ljust(32, b".")).decode()


def identidad(entrada: Path, salida: Path, _: Path | None) -> tuple[list[dict], str]:
    """Copies: what a checker that sees must condemn."""
    registros = []
    for ruta in _ficheros(entrada):
        destino = salida / ruta.relative_to(entrada)
        destino.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ruta, destino)
        registros.append({"entrada": str(ruta.relative_to(entrada)), "salida": str(destino), "estado": "limpio", "razon": None})
    return registros, ""


def anonimizar(entrada: Path, salida: Path, binario: Path) -> tuple[list[dict], str]:
    """The project's own command."""
    informe, clave = salida.with_name("informe.json"), salida.with_name("clave")
    clave.write_text(CLAVE)
    orden = [str(binario), str(entrada), "--salida", str(salida), "--informe", str(informe), "--clave-archivo", str(clave)]
    hecho = subprocess.run(orden, capture_output=True, text=True, errors="replace")
    if hecho.returncode < 0 or hecho.returncode == 101 or not informe.exists():
        raise SystemExit(f"{orden[0]} terminó con {hecho.returncode}\n{hecho.stderr[-2000:]}")
    datos = json.loads(informe.read_text())
    registros = [{"entrada": str(_relativa(r["entrada"], entrada)), "salida": r.get("salida") and str(_absoluta(r["salida"], salida)),
                  "estado": r["estado"], "razon": r.get("razon")} for r in datos["ficheros"]]
    sin_rutas = json.dumps([{k: v for k, v in r.items() if k not in ("entrada", "salida")} for r in datos["ficheros"]], ensure_ascii=False)
    return registros, f"{sin_rutas}\n{hecho.stdout}\n{hecho.stderr}"


def _relativa(ruta: str, raiz: Path) -> Path:
    return Path(ruta).resolve().relative_to(raiz.resolve()) if Path(ruta).is_absolute() or Path(ruta).exists() else Path(ruta)


def _absoluta(ruta: str, salida: Path) -> Path:
    return Path(ruta) if Path(ruta).is_absolute() or Path(ruta).exists() else salida / ruta


def par(nombre: str):
    """A peer in an environment of its own, file by file."""
    def correr(entrada: Path, salida: Path, python: Path) -> tuple[list[dict], str]:
        hecho = subprocess.run([str(python), str(AQUI / "pares.py"), nombre, str(entrada), str(salida)], capture_output=True, text=True, errors="replace")
        if hecho.returncode:
            raise SystemExit(f"{nombre}: {hecho.stderr[-2000:]}")
        return json.loads(hecho.stdout.splitlines()[-1]), ""
    return correr


def dentdeid(entrada: Path, salida: Path, python: Path) -> tuple[list[dict], str]:
    """A peer that works on whole folders; what it wants reviewed it writes among the clean ones all the same."""
    orden = [str(python.with_name("dentdeid")), "run", str(entrada), "--out", str(salida), "--profile", "basic", "--write-mapping", "--no-previews"]
    subprocess.run(orden, capture_output=True, check=False)
    with (salida / "KEEP-PRIVATE/mapping.csv").open() as fichero:
        filas = list(csv.DictReader(fichero))
    registros = []
    for fila in filas:
        limpio = fila["output"].startswith("clean/")
        registros.append({"entrada": str(Path(fila["original_path"]).resolve().relative_to(entrada.resolve())), "estado": "limpio" if limpio else "cuarentena",
                          "salida": str(salida / fila["output"]) if limpio else None, "razon": None if limpio else "retenido"})
    return registros, ""


def _ficheros(raiz: Path) -> list[Path]:
    return sorted(r for r in raiz.rglob("*") if r.is_file())


HERRAMIENTAS = {"identidad": identidad, "anonimizar": anonimizar, "dentdeid": dentdeid} | {n: par(n) for n in ("dcmanon", "dicom-anonymizer", "dicognito")}

if __name__ == "__main__":
    sys.exit("se usa desde comprobar.py")
