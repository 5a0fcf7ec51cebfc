"""Letters drawn into pixel arrays, and the record of where they are."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .base import Fichero, Texto


def trazos(texto: str, alto: int, giro: int = 0) -> np.ndarray:
    """The strokes of a line of text as a mask, turned by `giro` degrees; `alto` is the font's size in pixels.

    Up to nine pixels it is the bitmap font that old consoles have, twice as big for a negative size.
    """
    fuente = ImageFont.load_default_imagefont() if alto < 10 else ImageFont.load_default(alto)
    if alto < 0:
        return np.rot90(np.kron(trazos(texto, -alto), np.ones((2, 2), bool)), giro // 90).copy()
    izquierda, arriba, derecha, abajo = fuente.getbbox(texto)
    imagen = Image.new("L", (derecha - izquierda + 4, abajo - arriba + 4), 0)
    ImageDraw.Draw(imagen).text((2 - izquierda, 2 - arriba), texto, fill=255, font=fuente)
    return np.rot90(np.asarray(imagen) > 110, giro // 90).copy()


def escribir(f: Fichero, marcos: np.ndarray, texto: str, x: int, y: int, valor: object, *, alto: int = 18, giro: int = 0,
             marco: int | None = None, secreto: bool = True, varios: bool = False) -> Texto:
    """Burns a line into one frame, or into all; a negative position counts from the other side."""
    mascara = trazos(texto, alto, giro)
    filas, columnas = mascara.shape
    alto_total, ancho_total = (marcos.shape[1], marcos.shape[2]) if varios else (marcos.shape[0], marcos.shape[1])
    x = ancho_total + x - columnas if x < 0 else x
    y = alto_total + y - filas if y < 0 else y
    if x + columnas > ancho_total or y + filas > alto_total:
        raise ValueError(f"{f.ruta}: '{texto}' no cabe: {x}+{columnas} {y}+{filas}")
    for plano in ([marcos] if not varios else marcos if marco is None else [marcos[marco]]):
        plano[y:y + filas, x:x + columnas][mascara] = valor
    hecho = Texto([x, y, columnas, filas], marco, mascara, secreto)
    f.textos.append(hecho)
    return hecho
