"""Files per second, ours and others', on the same files in the same run, taking turns.

    python medir.py --carpeta DIR --binario FILE --pares PYTHON [--veces N] [--json FILE]

DIR/entrada is the corpus. Rates are those of the whole command or of the peer's own loop (its start is not counted, ours is);
a tool is measured on the files that all of them finish.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

from casos.base import Caso
from casos.letras import escribir
from casos.pixeles import gris
from herramientas import CLAVE

PARES = ("dcmanon", "dicom-anonymizer", "dicognito")
LENTOS = ("dicom-anonymizer", "dicognito", "gdcmanon")
ECOGRAFIAS = 120
CON_GDCM = bool(shutil.which("gdcmanon") and shutil.which("openssl"))


class Medidor:
    def __init__(self, opciones: argparse.Namespace):
        self.opciones = opciones
        self.salida = opciones.carpeta / "salida"
        self.clave = opciones.carpeta / "clave"
        self.clave.write_text(CLAVE)

    def propia(self, entrada: Path, hilos: int, *extra: str) -> float:
        """Seconds of wall clock of one run."""
        self._vaciar()
        informe = self.opciones.carpeta / "informe.json"
        orden = [str(self.opciones.binario), str(entrada), "--salida", str(self.salida), "--informe", str(informe),
                 "--clave-archivo", str(self.clave), "--hilos", str(hilos), *extra]
        inicio = time.perf_counter()
        hecho = subprocess.run(orden, capture_output=True, text=True)
        segundos = time.perf_counter() - inicio
        if hecho.returncode < 0 or hecho.returncode == 101 or not informe.exists():
            raise SystemExit(f"{orden[0]} terminó con {hecho.returncode}: {hecho.stderr[-500:]}")
        self.estados = {Path(r["entrada"]).name: r["estado"] for r in json.loads(informe.read_text())["ficheros"]}
        return segundos

    def par(self, nombre: str, entrada: Path) -> float:
        self._vaciar()
        if nombre == "gdcmanon":
            return self._gdcmanon(entrada)
        orden = [str(self.opciones.pares), "-B", str(Path(__file__).with_name("pares.py")), nombre, str(entrada), str(self.salida), "--solo-tiempo"]
        hecho = subprocess.run(orden, capture_output=True, text=True, check=True, env=os.environ | {"RAYON_NUM_THREADS": "1"})
        return json.loads(hecho.stdout.splitlines()[-1])["segundos"]

    def _gdcmanon(self, entrada: Path) -> float:
        inicio = time.perf_counter()
        self.gdcmanon(entrada, self.salida, "-r", "--continue")
        segundos = time.perf_counter() - inicio
        hechos, pedidos = len(list(self.salida.iterdir())), len(list(entrada.iterdir()))
        if hechos != pedidos:
            raise SystemExit(f"gdcmanon hizo {hechos} de {pedidos} ficheros")
        return segundos

    def gdcmanon(self, entrada: Path, salida: Path, *extra: str) -> bool:
        """It encrypts the originals for a certificate, always."""
        certificado = self.opciones.carpeta / "certificado.pem"
        if not certificado.exists():
            orden = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj", "/CN=corpus"]
            subprocess.run([*orden, "-keyout", "/dev/null", "-out", str(certificado)], capture_output=True, check=True)
        orden = ["gdcmanon", "-e", *extra, "-i", str(entrada), "-o", str(salida), "-c", str(certificado)]
        return subprocess.run(orden, capture_output=True, check=False).returncode == 0

    def _vaciar(self) -> None:
        shutil.rmtree(self.salida, ignore_errors=True)
        self.salida.mkdir(parents=True)


def comunes(medidor: Medidor, corpus: Path, destino: Path) -> Path:
    """The corpus's files that every tool can finish, in one folder."""
    shutil.rmtree(destino, ignore_errors=True)
    destino.mkdir(parents=True)
    for n, ruta in enumerate(sorted(r for r in corpus.rglob("*") if r.is_file())):
        if ruta.suffix not in (".jpg", ".png", ".tif") and "DICOMDIR" not in ruta.name:
            shutil.copyfile(ruta, destino / f"{n:05}.dcm")
    medidor.propia(destino, 2, *SIN_TEXTO)
    hechos = {nombre for nombre, estado in medidor.estados.items() if estado == "limpio"}
    for par in PARES:
        medidor._vaciar()
        orden = [str(medidor.opciones.pares), "-B", str(Path(__file__).with_name("pares.py")), par, str(destino), str(medidor.salida)]
        registros = json.loads(subprocess.run(orden, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        hechos &= {r["entrada"] for r in registros if r["estado"] == "limpio"}
    medidor._vaciar()
    for ruta in list(destino.iterdir()):
        if ruta.name not in hechos or (CON_GDCM and not medidor.gdcmanon(ruta, medidor.salida / ruta.name)):
            ruta.unlink()
    return destino


def ecografias(destino: Path) -> Path:
    """Frames of 640 by 480 with two lines of text."""
    shutil.rmtree(destino, ignore_errors=True)
    for n in range(ECOGRAFIAS):
        caso = Caso(f"eco{n}", 1)
        f = caso.fichero("US", f"{n:03}.dcm")
        marcos, p = gris(caso, "moteado", 8, (480, 640)), caso.persona
        escribir(f, marcos, f"{p.apellido} {p.nombre}", 8, 6, 255)
        escribir(f, marcos, f"{p.cedula} {p.clinica}", -8, -6, 255)
        f.pixeles(marcos, "MONOCHROME2", 8)
        f.volcar(destino)
    return destino


SIN_TEXTO = ("--pixeles", "aparte")


def medir(opciones: argparse.Namespace) -> dict:
    medidor = Medidor(opciones)
    lote = comunes(medidor, opciones.carpeta.parent / "corpus/entrada", opciones.carpeta / "lote")
    ecos = ecografias(opciones.carpeta / "ecos")
    ficheros = list(lote.iterdir())
    megas = sum(r.stat().st_size for r in ficheros) / 1e6
    tareas = {"anonimizar, 1 hilo": lambda: medidor.propia(lote, 1, *SIN_TEXTO), "anonimizar, 2 hilos": lambda: medidor.propia(lote, 2, *SIN_TEXTO)}
    tareas |= {par: lambda par=par: medidor.par(par, lote) for par in PARES}
    if CON_GDCM:
        tareas["gdcmanon"] = lambda: medidor.par("gdcmanon", lote)
    con_texto = {"con detección, 1 hilo": lambda: medidor.propia(ecos, 1), "con detección, 2 hilos": lambda: medidor.propia(ecos, 2)}
    tiempos: dict[str, list[float]] = {nombre: [] for nombre in (*tareas, *con_texto)}
    for vuelta in range(opciones.veces):
        for nombre, tarea in {**tareas, **con_texto}.items():
            if nombre in LENTOS and vuelta >= 3:
                continue
            tiempos[nombre].append(tarea())
    medianas = {nombre: statistics.median(t) for nombre, t in tiempos.items()}
    cuantos = {nombre: ECOGRAFIAS if nombre in con_texto else len(ficheros) for nombre in tiempos}
    filas = {nombre: {"ficheros_por_segundo": cuantos[nombre] / m, "segundos": tiempos[nombre],
                      "mb_por_segundo": (megas if nombre not in con_texto else ECOGRAFIAS * 0.3072) / m} for nombre, m in medianas.items()}
    return {"ficheros": len(ficheros), "megabytes": megas, "carga": os.getloadavg()[0], "medidas": filas,
            "razon_con_el_mejor_par": medianas["dcmanon"] / medianas["anonimizar, 1 hilo"],
            "escala_a_dos_hilos": medianas["anonimizar, 1 hilo"] / medianas["anonimizar, 2 hilos"]}


def main() -> int:
    partes = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    partes.add_argument("--carpeta", type=Path, required=True)
    partes.add_argument("--binario", type=Path, required=True)
    partes.add_argument("--pares", type=Path, required=True)
    partes.add_argument("--veces", type=int, default=5)
    partes.add_argument("--json", type=Path)
    opciones = partes.parse_args()
    warnings.simplefilter("ignore")
    opciones.carpeta.mkdir(parents=True, exist_ok=True)
    informe = medir(opciones)
    print(f"{informe['ficheros']} ficheros, {informe['megabytes']:.0f} MB; carga previa {informe['carga']:.2f}")
    for nombre, fila in informe["medidas"].items():
        print(f"  {nombre:<24} {fila['ficheros_por_segundo']:>8.1f} ficheros/s {fila['mb_por_segundo']:>8.1f} MB/s  mediana de {len(fila['segundos'])}")
    print(f"frente a dcmanon, por hilo: {informe['razon_con_el_mejor_par']:.2f}; de uno a dos hilos: {informe['escala_a_dos_hilos']:.2f}")
    if opciones.json:
        opciones.json.write_text(json.dumps(informe, indent=1, ensure_ascii=False))
    return int(informe["razon_con_el_mejor_par"] <= 1 or informe["medidas"]["con detección, 1 hilo"]["ficheros_por_segundo"] < 30)


if __name__ == "__main__":
    sys.exit(main())
