"""Feeds malformed files to the command, one process each: it must answer, quickly, with little memory, and write nothing unclean.

    python hostil.py --carpeta DIR --binario FILE [--segundos S] [--megas M] [--solo REGEX]
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

from casos.base import Caso
from casos.hostiles import HOSTILES, truncados
from casos.metadatos import imagen
from control import cadenas
from control.lectura import leer
from herramientas import CLAVE

PLAZO_DE_RELOJ = 60
# What a process of ours may map: far above what it needs, far below what a bomb wants.
ESPACIO = 4 << 30


def correr(binario: Path, entrada: Path, salida: Path, informe: Path, clave: Path) -> tuple[int, float, float, str]:
    """Exit status, CPU seconds, peak MiB and what it said."""
    orden = [str(binario), str(entrada), "--salida", str(salida), "--informe", str(informe), "--clave-archivo", str(clave)]
    registro = informe.with_suffix(".log")
    limitar = lambda: resource.setrlimit(resource.RLIMIT_AS, (ESPACIO, ESPACIO))
    with registro.open("wb") as hacia:
        proceso = subprocess.Popen(orden, stdout=hacia, stderr=hacia, preexec_fn=limitar)
        limite = time.monotonic() + PLAZO_DE_RELOJ
        while True:
            hecho, estado, uso = os.wait4(proceso.pid, os.WNOHANG)
            if hecho:
                break
            if time.monotonic() > limite:
                proceso.kill()
            time.sleep(0.005)
    proceso.returncode = os.waitstatus_to_exitcode(estado)
    return proceso.returncode, uso.ru_utime + uso.ru_stime, uso.ru_maxrss / 1024, registro.read_text(errors="replace")


def examinar(nombre: str, datos: bytes, carpeta: Path, opciones: argparse.Namespace) -> list[str]:
    """What is wrong with how one file was treated."""
    entrada, salida, informe = carpeta / "entrada" / nombre, carpeta / "salida", carpeta / "informe.json"
    for vieja in (entrada.parent, salida):
        shutil.rmtree(vieja, ignore_errors=True)
        vieja.mkdir(parents=True)
    informe.unlink(missing_ok=True)
    entrada.write_bytes(datos)
    codigo, cpu, megas, dicho = correr(opciones.binario, entrada, salida, informe, carpeta / "clave")
    faltas = []
    if codigo < 0 or codigo in (101, 134, 139):
        faltas.append(f"terminó con {codigo}: {dicho.strip().splitlines()[-1][:120] if dicho.strip() else ''}")
    if cpu > opciones.segundos:
        faltas.append(f"{cpu:.2f} s de CPU")
    if megas > opciones.megas + 6 * len(datos) / (1 << 20):
        faltas.append(f"{megas:.0f} MiB")
    try:
        registros = json.loads(informe.read_text())["ficheros"]
    except (OSError, ValueError, KeyError) as error:
        return [*faltas, f"sin informe: {type(error).__name__}"]
    if len(registros) != 1:
        return [*faltas, f"{len(registros)} entradas en el informe"]
    return faltas + veredicto(registros[0], salida, entrada)


def veredicto(registro: dict, salida: Path, entrada: Path) -> list[str]:
    escritos = [r for r in salida.rglob("*") if r.is_file()]
    if registro["estado"] != "limpio":
        faltas = [] if registro.get("razon") else ["sin razón"]
        return faltas + ([f"rechazado y escribió {escritos[0].name}"] if escritos else [])
    if len(escritos) != 1:
        return [f"limpio con {len(escritos)} salidas"]
    # It may well be readable; then it must be clean.
    antes, despues = leer(entrada), leer(escritos[0])
    secretos = [{"valor": p, "lugar": "entrada"} for c, e in antes.planos if c.endswith(("00100010", "00100020", "00080050"))
                for p in str(e.value).split("^") if len(p) >= 6]
    return [f"queda {r['valor']} en {r['en'][0]}" for r in cadenas.quedan(despues, secretos, escritos[0].name)][:2]


def vecinos(carpeta: Path, opciones: argparse.Namespace) -> list[str]:
    """All of them in one run with sound files among them: those come out."""
    entrada, salida, informe = carpeta / "juntos", carpeta / "salida", carpeta / "informe.json"
    shutil.rmtree(salida, ignore_errors=True)
    for n in range(5):
        f = imagen(Caso(f"vecino{n}", 1).fichero("CT"))
        f.volcar(entrada)
        (entrada / f"vecino{n}" / "enlace").symlink_to(entrada)
    codigo, _, megas, dicho = correr(opciones.binario, entrada, salida, informe, carpeta / "clave")
    if not informe.exists():
        return [f"terminó con {codigo} sin informe: {dicho[-200:]}"]
    limpios = [r for r in json.loads(informe.read_text())["ficheros"] if "/vecino" in r["entrada"] and r["estado"] == "limpio"]
    faltas = [] if len(limpios) == 5 else [f"salen {len(limpios)} de 5 ficheros sanos"]
    print(f"juntos: terminó con {codigo}, {megas:.0f} MiB")
    return faltas + ([f"terminó con {codigo}"] if codigo < 0 or codigo == 101 else [])


def main() -> int:
    partes = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    partes.add_argument("--carpeta", type=Path, required=True)
    partes.add_argument("--binario", type=Path, required=True)
    partes.add_argument("--segundos", type=float, default=1.0)
    partes.add_argument("--megas", type=float, default=512)
    partes.add_argument("--solo", default="")
    opciones = partes.parse_args()
    warnings.simplefilter("ignore")
    shutil.rmtree(opciones.carpeta, ignore_errors=True)
    (opciones.carpeta / "juntos").mkdir(parents=True)
    (opciones.carpeta / "clave").write_text(CLAVE)
    casos = {n: f for n, f in {**HOSTILES, **truncados()}.items() if re.search(opciones.solo, n)}
    malos: dict[str, list[str]] = {}
    for nombre, hacer in casos.items():
        datos = hacer()
        if nombre in HOSTILES:
            (opciones.carpeta / "juntos" / nombre).write_bytes(datos)
        if faltas := examinar(nombre, datos, opciones.carpeta, opciones):
            malos[nombre] = faltas
            print(f"- {nombre}: {'; '.join(faltas)}", flush=True)
    if not opciones.solo and (faltas := vecinos(opciones.carpeta, opciones)):
        malos["juntos"] = faltas
        print(f"- juntos: {'; '.join(faltas)}")
    total = len(casos) + (not opciones.solo)
    print(f"{total - len(malos)} de {total} ficheros malformados bien tratados")
    return int(bool(malos))


if __name__ == "__main__":
    sys.exit(main())
