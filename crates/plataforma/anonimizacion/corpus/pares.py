"""Runs another de-identifier over a folder, one file at a time: python pares.py NAME INPUT OUTPUT [--solo-tiempo].

Prints, last, one line of JSON: what became of each file. It runs in the environment that has that package.
"""

import json
import sys
import time
from pathlib import Path


def dcmanon():
    from dcmanon import Anonymizer
    motor = Anonymizer()
    return lambda origen, destino: destino.write_bytes(motor.anonymize(str(origen)))


def dicom_anonymizer():
    from dicomanonymizer import anonymize_dicom_file
    return lambda origen, destino: anonymize_dicom_file(str(origen), str(destino))


def dicognito():
    import pydicom
    from dicognito.anonymizer import Anonymizer
    motor = Anonymizer(seed="corpus")

    def uno(origen: Path, destino: Path) -> None:
        ds = pydicom.dcmread(origen)
        motor.anonymize(ds)
        ds.save_as(destino)
    return uno


def main() -> None:
    nombre, entrada, salida = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    motor = {"dcmanon": dcmanon, "dicom-anonymizer": dicom_anonymizer, "dicognito": dicognito}[nombre]()
    registros, gastado = [], 0.0
    for n, ruta in enumerate(sorted(r for r in entrada.rglob("*") if r.is_file())):
        destino = salida / f"{n:05}{ruta.suffix if ruta.suffix in ('.jpg', '.png', '.tif') else '.dcm'}"
        destino.parent.mkdir(parents=True, exist_ok=True)
        inicio = time.perf_counter()
        try:
            motor(ruta, destino)
            registro = {"salida": str(destino), "estado": "limpio", "razon": None}
        except BaseException as error:  # A panic of a native extension is not an Exception.
            if isinstance(error, KeyboardInterrupt):
                raise
            destino.unlink(missing_ok=True)
            registro = {"salida": None, "estado": "error", "razon": type(error).__name__}
        gastado += time.perf_counter() - inicio
        registros.append({"entrada": str(ruta.relative_to(entrada)), **registro})
    if "--solo-tiempo" in sys.argv:
        print(json.dumps({"segundos": gastado, "ficheros": len(registros), "hechos": sum(r["estado"] == "limpio" for r in registros)}))
    else:
        print(json.dumps(registros))


if __name__ == "__main__":
    main()
