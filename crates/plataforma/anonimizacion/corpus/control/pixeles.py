"""Pixels: text that can still be read, and pixels that nobody had a reason to change."""

import io

import numpy as np
from PIL import Image
from pydicom.pixels import convert_color_space

from .lectura import Leido

MARGEN = 16
VISIBLE = 0.35
TOLERANCIA_CON_PERDIDA = 24
TOLERANCIA_DE_COLOR = 3


def mascara(datos: dict) -> np.ndarray:
    filas, columnas = datos["forma"]
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(datos["bits"]), np.uint8))
    return bits[:filas * columnas].reshape(filas, columnas).astype(bool)


def matriz(leido: Leido) -> np.ndarray | None:
    """Frames first, colours (as RGB) last; palettes as indices. None if there are no pixels."""
    if leido.ds is None:
        datos = np.asarray(Image.open(io.BytesIO(leido.crudo)).convert("RGB"))
        return datos[None]
    ds = leido.ds
    if "PixelData" not in ds:
        return None
    datos = ds.pixel_array
    color = ds.SamplesPerPixel == 3
    if color and str(ds.PhotometricInterpretation).startswith("YBR") and not ds.file_meta.TransferSyntaxUID.is_compressed:
        datos = convert_color_space(datos, "YBR_FULL", "RGB")
    return datos if datos.ndim == (4 if color else 3) else datos[None]


def textos_visibles(verdad: dict, antes: np.ndarray, despues: np.ndarray) -> list[dict]:
    faltas = []
    for n, texto in enumerate(verdad["textos"]):
        if not texto["secreto"]:
            continue
        trazos = mascara(verdad["trazos"][f"t{n}"])
        marcos = range(len(despues)) if texto["marco"] is None else [texto["marco"]]
        visto = max((_fraccion_visible(trazos, _caja(antes[m], texto["caja"]), _caja(despues[m], texto["caja"])) for m in marcos), default=0)
        if visto > 0.2:
            faltas.append({"texto": n, "caja": texto["caja"], "visible": round(float(visto), 2)})
    return faltas


def _caja(marco: np.ndarray, caja: list[int]) -> np.ndarray:
    x, y, ancho, alto = caja
    recorte = marco[y:y + alto, x:x + ancho].astype(float)
    return recorte.mean(-1) if recorte.ndim == 3 else recorte


def _fraccion_visible(trazos: np.ndarray, antes: np.ndarray, despues: np.ndarray) -> float:
    """How many of the box's cells still show the strokes."""
    if despues.shape != trazos.shape:
        return 0.0
    eje, lado = (1, trazos.shape[0]) if trazos.shape[1] >= trazos.shape[0] else (0, trazos.shape[1])
    cortes = range(0, trazos.shape[eje], max(lado, 8))
    vistas = total = 0
    for corte in cortes:
        ventana = tuple(slice(corte, corte + lado) if e == eje else slice(None) for e in (0, 1))
        m, a, d = trazos[ventana], antes[ventana], despues[ventana]
        if m.sum() < 8:
            continue
        total += 1
        vistas += d.std() > 0.1 * a.std() and parecido(m, d) > VISIBLE
    return vistas / total if total else 0.0


def parecido(m: np.ndarray, d: np.ndarray) -> float:
    """The absolute correlation of strokes and picture."""
    if m.shape != d.shape or m.std() == 0 or d.std() == 0:
        return 0.0
    return abs(float(np.corrcoef(m.reshape(-1).astype(float), d.reshape(-1).astype(float))[0, 1]))


def danados(verdad: dict, antes: np.ndarray, despues: np.ndarray, misma_fotometria: bool) -> dict | None:
    """Changes outside the letters' surroundings: one pixel is enough, if nothing was lossy."""
    if antes.shape != despues.shape:
        return {"motivo": f"forma {antes.shape} -> {despues.shape}"}
    distintos = np.abs(antes.astype(np.int64) - despues.astype(np.int64))
    if distintos.ndim == 4:
        distintos = distintos.max(-1)
    fuera = np.ones(distintos.shape, bool)
    for texto in verdad["textos"]:
        x, y, ancho, alto = texto["caja"]
        marcos = slice(None) if texto["marco"] is None else slice(texto["marco"], texto["marco"] + 1)
        # As far around the line as its letters are tall.
        margen = max(MARGEN, min(ancho, alto))
        fuera[marcos, max(0, y - margen):y + alto + margen, max(0, x - margen):x + ancho + margen] = False
    for x, y, ancho, alto in verdad["libres"]:
        fuera[:, y:y + alto, x:x + ancho] = False
    tolerancia = 0 if misma_fotometria else TOLERANCIA_DE_COLOR
    admitidos = 0
    if verdad["con_perdida"] and verdad["textos"]:
        # A lossy picture that had to be written again: another decoder rounds in another way.
        tolerancia, admitidos = TOLERANCIA_CON_PERDIDA, 0.01 * fuera.sum()
    malos = int(((distintos > tolerancia) & fuera).sum())
    if malos <= admitidos:
        return None
    return {"motivo": f"{malos} de {int(fuera.sum())} píxeles cambiados sin texto debajo", "mayor": int(distintos[fuera].max())}


def graficos_visibles(verdad: dict, despues: Leido) -> list[dict]:
    """Overlays, icons and unused bits that still show what was drawn; any use of unused bits at all."""
    planos, faltas = [], []
    for camino, elemento in despues.planos:
        if camino[-8:-6] == "60" and camino.endswith("3000"):
            planos.append((camino, np.unpackbits(np.frombuffer(elemento.value, np.uint8), bitorder="little")))
        elif camino.endswith("7FE00010") and "[" in camino:
            planos.append((camino, np.frombuffer(elemento.value, np.uint8)))
    ds = despues.ds
    crudo = ds.get("PixelData") if "BitsAllocated" in ds and not ds.file_meta.TransferSyntaxUID.is_compressed else None
    if crudo and ds.BitsAllocated == 16 and ds.BitsStored < 16 and ds.PixelRepresentation == 0:
        orden = "<u2" if ds.file_meta.TransferSyntaxUID.is_little_endian else ">u2"
        muestras = np.frombuffer(crudo[:len(crudo) // 2 * 2], orden)
        altos = muestras >> (ds.HighBit + 1) if ds.HighBit < 15 else np.zeros(0)
        if altos.any():
            faltas.append({"en": "7FE00010", "motivo": "bits por encima de los guardados"})
    for clave, datos in verdad.get("trazos", {}).items():
        if clave[0] == "g":
            dibujo = mascara(datos)
            faltas += [{"en": camino, "motivo": f"dibujo {clave} a la vista"} for camino, plano in planos
                       if plano.size >= dibujo.size and parecido(dibujo, plano[:dibujo.size].reshape(dibujo.shape)) > VISIBLE]
    return faltas
