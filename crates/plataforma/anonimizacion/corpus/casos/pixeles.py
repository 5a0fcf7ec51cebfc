"""Text burned into pixels: every photometric interpretation, syntax and depth; and pixels without text."""

import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom.dataset import Dataset
from pydicom.pixels import convert_color_space
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from . import comprimir as c
from .base import Caso, Fichero
from .letras import escribir

ALTO, ANCHO = 240, 320


def fondo(caso: Caso, clase: str, alto: int = ALTO, ancho: int = ANCHO) -> np.ndarray:
    """A grey picture between 0 and 1."""
    y, x = np.mgrid[:alto, :ancho].astype(float)
    if clase == "negro":
        return np.zeros((alto, ancho))
    if clase == "ruido":
        return np.clip(caso.np.normal(0.45, 0.16, (alto, ancho)), 0, 0.9)
    if clase == "gradiente":
        return (x / ancho * 0.5 + y / alto * 0.3) + 0.05
    if clase == "tablero":
        return ((x // 32 + y // 32) % 2) * 0.6 + 0.1
    if clase == "costillas":
        return 0.35 + 0.25 * np.sin(y / 5 + 3 * np.sin(x / 60)) + caso.np.normal(0, 0.01, (alto, ancho))
    if clase == "trabeculas":
        grano = caso.np.normal(0, 1, (alto + 8, ancho + 8))
        for eje in (0, 1):
            grano = sum(np.roll(grano, n, eje) for n in range(4)) / 2
        return np.clip(0.45 + 0.11 * grano[:alto, :ancho], 0, 0.95)
    if clase == "vasos":
        imagen = np.full((alto, ancho), 0.15)
        for _ in range(9):
            px, py, rumbo = ancho * caso.np.random(), alto * caso.np.random(), 6.28 * caso.np.random()
            for paso in range(220):
                rumbo += caso.np.normal(0, 0.12)
                px, py = px + np.cos(rumbo), py + np.sin(rumbo)
                grosor = 1 + (paso < 120)
                imagen[max(0, int(py)):max(0, int(py) + grosor), max(0, int(px)):max(0, int(px) + grosor)] = 0.85
        return imagen + caso.np.normal(0, 0.01, (alto, ancho))
    if clase == "grapas":
        imagen = np.clip(0.3 + 0.15 * np.cos(x / 50) * np.cos(y / 40) + caso.np.normal(0, 0.01, (alto, ancho)), 0, 1)
        for fx, fy in ((0.25, 0.3), (0.6, 0.45), (0.4, 0.75)):
            cx, cy = int(ancho * fx), int(alto * fy)
            imagen[cy:cy + 2, cx:cx + 9] = imagen[cy:cy + 6, cx:cx + 2] = imagen[cy:cy + 6, cx + 8:cx + 10] = 0.98
        return imagen
    if clase == "moteado":
        # An ultrasound sector: speckle inside, black outside.
        r, a = np.hypot(x - ancho / 2, y + alto * 0.1), np.arctan2(x - ancho / 2, y + alto * 0.1)
        dentro = (np.abs(a) < 0.6) & (r > alto * 0.3) & (r < alto * 0.95)
        grano = caso.np.rayleigh(0.12, (alto // 2 + 1, ancho // 2 + 1)).repeat(2, 0).repeat(2, 1)[:alto, :ancho]
        return np.where(dentro, np.clip(grano + 0.08, 0, 0.7), 0)
    cuerpo = ((x - ancho / 2) / (ancho * 0.36)) ** 2 + ((y - alto * 0.55) / (alto * 0.38)) ** 2
    imagen = np.where(cuerpo < 1, 0.42 + 0.1 * np.cos(x / 21) * np.sin(y / 17), 0.02)
    for cx, cy, rx, ry, v in ((0.36, 0.5, 0.1, 0.2, 0.12), (0.64, 0.5, 0.1, 0.2, 0.12), (0.5, 0.8, 0.05, 0.06, 0.8)):
        imagen = np.where(((x - ancho * cx) / (ancho * rx)) ** 2 + ((y - alto * cy) / (alto * ry)) ** 2 < 1, v, imagen)
    return np.clip(imagen + caso.np.normal(0, 0.012, (alto, ancho)), 0, 0.9)


def gris(caso: Caso, clase: str, bits: int, tamano: tuple[int, int] = (ALTO, ANCHO)) -> np.ndarray:
    return (fondo(caso, clase, *tamano) * ((1 << bits) - 1) * 0.8).astype(np.int64)


def color(caso: Caso, clase: str) -> np.ndarray:
    base = fondo(caso, clase)
    return (np.stack([base * 0.9, base * 0.75, base * 0.7], -1) * 255).astype(np.uint8)


def rotulos(f: Fichero, marcos: np.ndarray, valor: object, *, varios: bool = False, alto: int = 18) -> None:
    """The usual two lines: name and id at the top left, date and clinic at the bottom right."""
    p = f.caso.persona
    escribir(f, marcos, f"{p.apellido.upper()} {p.nombre.upper()}", 6, 6, valor, alto=alto, varios=varios)
    escribir(f, marcos, f"{p.cedula} {p.fecha('{d}/{m}/{a}')}", -6, -6, valor, alto=alto, varios=varios)


def monocromo(bits: int, fotometria: str, *, signo: bool = False, sintaxis: str | None = None, clase: str = "cuerpo"):
    def caso_(caso: Caso, _: list[str]) -> None:
        f = caso.fichero("CR")
        marcos, tope = gris(caso, clase, bits), (1 << bits) - 1
        if fotometria == "MONOCHROME1":
            marcos = tope - marcos
        rotulos(f, marcos, 0 if fotometria == "MONOCHROME1" else tope)
        f.pixeles(marcos - (1 << (bits - 1)) if signo else marcos, fotometria, bits, signo=signo)
        f.sintaxis = sintaxis or f.sintaxis
    return caso_


def rgb(planar: int, sintaxis: str | None = None):
    def caso_(caso: Caso, _: list[str]) -> None:
        f = caso.fichero("OT")
        marcos = color(caso, "cuerpo")
        rotulos(f, marcos, (250, 240, 60))
        f.pixeles(marcos, "RGB", 8, planar=planar)
        f.sintaxis = sintaxis or f.sintaxis
    return caso_


def ybr(fotometria: str):
    def caso_(caso: Caso, _: list[str]) -> None:
        f = caso.fichero("US")
        marcos = color(caso, "moteado")
        rotulos(f, marcos, (255, 255, 255))
        f.pixeles(convert_color_space(marcos, "RGB", "YBR_FULL"), "YBR_FULL", 8)
        if fotometria == "YBR_FULL_422":
            y = np.frombuffer(f.ds.PixelData, np.uint8).reshape(ALTO, ANCHO, 3)
            pares = np.stack([y[:, ::2, 0], y[:, 1::2, 0], y[:, ::2, 1], y[:, ::2, 2]], -1)
            f.ds.PixelData, f.ds.PhotometricInterpretation = pares.tobytes(), fotometria
    return caso_


def paleta(bits: int):
    def caso_(caso: Caso, _: list[str]) -> None:
        f = caso.fichero("US")
        marcos = (fondo(caso, "moteado") * 200).astype(np.int64)
        # The letters' index is not the greatest: what they look like is in the palette.
        rotulos(f, marcos, 230)
        f.pixeles(marcos, "PALETTE COLOR", bits)
        rampa = np.minimum(np.arange(256) * 257, 65535).astype("<u2")
        for clave in ("Red", "Green", "Blue"):
            setattr(f.ds, f"{clave}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(f.ds, f"{clave}PaletteColorLookupTableData", rampa.tobytes())
    return caso_


def secuencia(como: str):
    def caso_(caso: Caso, _: list[str]) -> None:
        f = caso.fichero("USMF")
        p = caso.persona
        marcos = np.stack([gris(caso, "moteado", 8) for _ in range(5)])
        nombre = f"{p.apellido.upper()} {p.cedula}"
        if como == "fijo":
            rotulos(f, marcos, 255, varios=True)
        elif como == "un_marco":
            escribir(f, marcos, nombre, 8, 8, 255, varios=True, marco=3)
        else:
            for n in range(5):
                escribir(f, marcos, nombre, 4 + 9 * n, 4 + 12 * n, 255, varios=True, marco=n)
        f.pixeles(marcos, "MONOCHROME2", 8)
        f.ds.FrameTime = "40"
    return caso_


def comprimido(sintaxis: str, bits: int, fotometria: str, *, con_texto: bool = True, clase: str = "cuerpo", marcos: int = 1, **opciones: object):
    def caso_(caso: Caso, _: list[str]) -> None:
        en_color = fotometria not in ("MONOCHROME1", "MONOCHROME2")
        f = caso.fichero("MFCOLOR" if marcos > 1 and en_color else "USMF" if marcos > 1 else "OT")
        cuadros = np.stack([color(caso, clase) if en_color else gris(caso, clase, bits) for _ in range(marcos)])
        if con_texto:
            rotulos(f, cuadros, (255, 255, 255) if en_color else (1 << bits) - 1, varios=True)
        propias = {k: v.format(p=caso.persona) if isinstance(v, str) else v for k, v in opciones.items()}
        c.comprimir(f, cuadros, fotometria, bits, sintaxis, **propias)
    return caso_


def dificil(clase: str, alto: int, valor: float, *, giro: int = 0, bits: int = 8):
    def caso_(caso: Caso, _: list[str]) -> None:
        f = caso.fichero("OT")
        marcos, p, tope = gris(caso, clase, bits), caso.persona, (1 << bits) - 1
        texto = f"{p.apellido} {p.nombre}" if alto < 30 else p.apellido[:9]
        escribir(f, marcos, texto, 20, 14, int(valor * tope), alto=alto, giro=giro)
        escribir(f, marcos, p.cedula, -14, -20, int(valor * tope), alto=alto, giro=giro)
        f.pixeles(marcos, "MONOCHROME2", bits)
    return caso_


def negro_sobre_blanco(caso: Caso, _: list[str]) -> None:
    f = caso.fichero("OT")
    marcos = gris(caso, "cuerpo", 8)
    marcos[:34, :] = 250
    rotulos(f, marcos, 5)
    f.textos.pop()
    marcos[-40:, :] = 250
    escribir(f, marcos, f"{f.caso.persona.cedula} {f.caso.persona.medico.replace('^', ' ')}", 10, -12, 5)
    f.pixeles(marcos, "MONOCHROME2", 8)


def bordes(caso: Caso, _: list[str]) -> None:
    """Text that touches the edges and the four corners."""
    f = caso.fichero("CR")
    marcos, p = gris(caso, "cuerpo", 12, (300, 400)), caso.persona
    for texto, x, y in ((p.apellido, 0, 0), (p.cedula, -1, 0), (p.nombre, 0, -1), (p.fecha("{a}-{m}-{d}"), -1, -1)):
        escribir(f, marcos, texto, x, y, 4095, alto=16)
    f.pixeles(marcos, "MONOCHROME2", 12)


def multilinea(caso: Caso, _: list[str]) -> None:
    """A block of six lines of small type, as a scanned form has it."""
    f = caso.fichero("OT")
    marcos, p = gris(caso, "cuerpo", 8, (320, 480)), caso.persona
    for n, linea in enumerate((p.clinica, p.pn.replace("^", ", "), f"ID {p.cedula}", p.fecha("{d}-{mon}-{a}"), p.direccion, p.telefono)):
        escribir(f, marcos, linea, 8, 6 + 15 * n, 255, alto=12)
    f.pixeles(marcos, "MONOCHROME2", 8)


def suavizado(caso: Caso, _: list[str]) -> None:
    """Letters whose edges fade, as every modern console draws them, blurred a little by a scaler."""
    f = caso.fichero("US")
    marcos = gris(caso, "moteado", 8)
    limpio = marcos.copy()
    rotulos(f, marcos, 255)
    letras = (marcos - limpio).astype(float)
    borroso = sum(np.roll(letras, (dy, dx), (0, 1)) * peso for dy, dx, peso in ((0, 0, 0.5), (0, 1, 0.125), (0, -1, 0.125), (1, 0, 0.125), (-1, 0, 0.125)))
    f.pixeles(np.clip(limpio + borroso, 0, 255).astype(np.int64), "MONOCHROME2", 8)


def consola(caso: Caso, _: list[str]) -> None:
    """The bitmap letters of an old console, small and doubled."""
    f = caso.fichero("US")
    marcos, p = gris(caso, "moteado", 8), caso.persona
    escribir(f, marcos, f"{p.apellido.upper()} {p.nombre.upper()}", 5, 5, 255, alto=9)
    escribir(f, marcos, p.cedula, -5, -8, 255, alto=-9)
    f.pixeles(marcos, "MONOCHROME2", 8)


def colores(caso: Caso, _: list[str]) -> None:
    """Red on black and blue on grey: little in brightness, all in hue."""
    f = caso.fichero("OT")
    marcos, p = color(caso, "cuerpo"), caso.persona
    escribir(f, marcos, f"{p.apellido} {p.nombre}", 8, 6, (200, 0, 0))
    marcos[-34:] = (128, 128, 128)
    escribir(f, marcos, f"{p.cedula} {p.fecha('{d}/{m}/{a}')}", 8, -6, (90, 110, 255))
    f.pixeles(marcos, "RGB", 8)


def radiografia(caso: Caso, _: list[str]) -> None:
    """A plate of two thousand pixels a side, with a label."""
    f = caso.fichero("CR")
    marcos, p = gris(caso, "cuerpo", 12, (2000, 2000)), caso.persona
    escribir(f, marcos, f"{p.apellido}, {p.nombre}", 60, 40, 4095, alto=44)
    escribir(f, marcos, f"{p.cedula}  {p.fecha('{d}/{m}/{a}')}", -60, 50, 4095, alto=36)
    f.pixeles(marcos, "MONOCHROME2", 12)


def captura(caso: Caso, _: list[str]) -> None:
    """A screen: bars, boxes, names in several places, words that identify nobody."""
    f = caso.fichero("OT")
    marcos, p = np.full((480, 640, 3), 236, np.uint8), caso.persona
    marcos[:40], marcos[60:420, 180:600] = (30, 60, 120), color(caso, "cuerpo")[:1, :1]
    marcos[90:330, 220:540] = color(caso, "cuerpo")
    escribir(f, marcos, f"{p.apellido} {p.nombre} ({p.cedula})", 12, 10, (255, 255, 255), alto=18)
    for n, linea in enumerate((p.apellido, p.cedula, p.fecha("{d}/{m}/{a}", p.nacimiento), p.medico.split("^")[0])):
        escribir(f, marcos, linea, 12, 70 + 30 * n, (20, 20, 20), alto=16)
    f.libres += [[0, 0, 640, 90], [0, 0, 220, 480], [540, 0, 100, 480], [0, 330, 640, 150]]
    f.pixeles(marcos, "RGB", 8)


def ultrasonido(caso: Caso, _: list[str]) -> None:
    """Regions as devices give them, names outside of them, a scale inside."""
    f = caso.fichero("US")
    marcos, p = gris(caso, "moteado", 8, (480, 640)), caso.persona
    escribir(f, marcos, f"{p.apellido}, {p.nombre}  {p.cedula}", 10, 6, 255, alto=20)
    escribir(f, marcos, f"{p.clinica}  {p.fecha('{d}/{m}/{a}')}", 10, 34, 255, alto=20)
    escribir(f, marcos, "MI 0.9  TIs 0.4", -8, 40, 255, alto=14, secreto=False)
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 40, 66
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 600, 470
    region.PhysicalUnitsXDirection, region.PhysicalUnitsYDirection = 3, 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = 0.05, 0.05
    f.ds.SequenceOfUltrasoundRegions = Sequence([region])
    f.libres += [[0, 0, 640, 66], [0, 0, 40, 480], [601, 0, 39, 480], [0, 471, 640, 9]]
    f.conservar.append({"ruta": "SequenceOfUltrasoundRegions.0.RegionLocationMinY0", "valor": "66"})
    f.pixeles(marcos, "MONOCHROME2", 8)


def sin_texto(clase: str, bits: int, fotometria: str = "MONOCHROME2"):
    def caso_(caso: Caso, _: list[str]) -> None:
        f = caso.fichero("CT")
        if fotometria == "RGB":
            f.pixeles(color(caso, clase), "RGB", 8)
        else:
            f.pixeles(gris(caso, clase, bits), fotometria, bits)
    return caso_


def placas(caso: Caso, _: list[str]) -> None:
    """Without text, and with what looks like it to the careless: a ruler's ticks, a marker, a collimator's edge."""
    f = caso.fichero("CR")
    marcos = gris(caso, "cuerpo", 12)
    marcos[:, :18] = marcos[:, -18:] = 0
    marcos[40:200:20, 300:303] = 3000
    f.pixeles(marcos, "MONOCHROME2", 12)


def coma_flotante(caso: Caso, _: list[str]) -> None:
    f = caso.fichero("OT")
    ds = f.ds
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.BitsAllocated = 32, 32, 1, "MONOCHROME2", 32
    ds.FloatPixelData = (fondo(caso, "gradiente", 32, 32) * 17).astype("<f4").tobytes()
    f.conservar.append({"ruta": "FloatPixelData", "valor": "hex:" + ds.FloatPixelData.hex()})


def planas(caso: Caso, _: list[str]) -> None:
    """JPEG, PNG and TIFF packets: metadata with a name, and letters."""
    p = caso.persona
    for formato in ("jpg", "png", "tif"):
        f = caso.fichero("OT", f"{formato}_{p.apellido}.{formato}")
        marcos = color(caso, "cuerpo")
        rotulos(f, marcos, (255, 255, 255))
        imagen, salida = Image.fromarray(marcos), io.BytesIO()
        exif = Image.Exif()
        exif[0x010E], exif[0x013B], exif[0x9286] = f"Paciente {p.apellido}", p.nombre, p.cedula.encode()
        if formato == "png":
            notas = PngInfo()
            notas.add_text("Author", f"{p.nombre} {p.apellido}")
            notas.add_itxt("Comment", p.cedula, zip=True)
            imagen.save(salida, "PNG", pnginfo=notas, exif=exif)
        elif formato == "jpg":
            imagen.save(salida, "JPEG", quality=92, exif=exif, comment=f"{p.apellido} {p.cedula}".encode())
        else:
            imagen.save(salida, "TIFF", compression="raw", tiffinfo={270: f"Paciente {p.apellido} {p.cedula}", 315: p.nombre})
        f.bytes_, f.con_perdida = salida.getvalue() + f"{p.nombre}".encode(), formato == "jpg"
        f.secretos = [{"valor": v, "lugar": "metadatos"} for v in (p.apellido, p.nombre, p.cedula)]
        f.conservar = []


BE, DEFLATE, IMPLICITO = ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian
CASOS = {
    "p01_mono2_8": monocromo(8, "MONOCHROME2"), "p02_mono1_12": monocromo(12, "MONOCHROME1"), "p03_mono2_16": monocromo(16, "MONOCHROME2"),
    "p04_mono2_16_signo": monocromo(16, "MONOCHROME2", signo=True), "p05_rgb": rgb(0), "p06_rgb_planar": rgb(1),
    "p07_ybr_full": ybr("YBR_FULL"), "p08_ybr_422": ybr("YBR_FULL_422"), "p09_paleta_8": paleta(8), "p10_paleta_16": paleta(16),
    "p11_marcos_fijo": secuencia("fijo"), "p12_marcos_uno": secuencia("un_marco"), "p13_marcos_movil": secuencia("movil"),
    "p14_implicito": monocromo(12, "MONOCHROME2", sintaxis=IMPLICITO), "p15_big_endian_16": monocromo(16, "MONOCHROME2", sintaxis=BE),
    "p16_big_endian_8": monocromo(8, "MONOCHROME2", sintaxis=BE), "p17_deflate": rgb(0, DEFLATE),
    "p18_rle_8": comprimido(c.RLELossless, 8, "MONOCHROME2"), "p19_rle_16": comprimido(c.RLELossless, 12, "MONOCHROME2"),
    "p20_rle_rgb": comprimido(c.RLELossless, 8, "RGB", marcos=2), "p21_jpeg_gris": comprimido(c.JPEGBaseline8Bit, 8, "MONOCHROME2"),
    "p22_jpeg_color": comprimido(c.JPEGBaseline8Bit, 8, "YBR_FULL_422"), "p23_jpegls_8": comprimido(c.JPEGLSLossless, 8, "MONOCHROME2"),
    "p24_jpegls_12": comprimido(c.JPEGLSLossless, 12, "MONOCHROME2", marcos=2), "p25_jpegls_rgb": comprimido(c.JPEGLSLossless, 8, "RGB"),
    "p26_jpegls_casi": comprimido(c.JPEGLSNearLossless, 8, "MONOCHROME2", cercano=2), "p27_j2k_12": comprimido(c.JPEG2000Lossless, 12, "MONOCHROME2"),
    "p28_j2k_rct": comprimido(c.JPEG2000Lossless, 8, "YBR_RCT"), "p29_j2k_ict": comprimido(c.JPEG2000, 8, "YBR_ICT", tasa=6.0),
    "p30_jpeg_sin_perdida": comprimido(c.JPEGLosslessSV1, 12, "MONOCHROME2"),
    "p31_jpeg_marcos": comprimido(c.JPEGBaseline8Bit, 8, "YBR_FULL_422", marcos=3, trozos=2),
    "p32_vertical": dificil("cuerpo", 16, 0.95, giro=90), "p33_vertical_270": dificil("cuerpo", 18, 0.95, giro=270),
    "p34_cabeza_abajo": dificil("cuerpo", 18, 0.95, giro=180), "p35_sobre_ruido": dificil("ruido", 22, 1.0),
    "p36_sobre_gradiente": dificil("gradiente", 18, 1.0), "p37_pequeno": dificil("cuerpo", 11, 0.9), "p38_grande": dificil("cuerpo", 40, 0.95),
    "p39_poco_contraste": dificil("negro", 18, 0.16), "p40_sobre_anatomia": dificil("tablero", 20, 0.98),
    "p41_negro_sobre_blanco": negro_sobre_blanco, "p42_bordes": bordes, "p43_multilinea": multilinea, "p44_ultrasonido": ultrasonido,
    "p45_suavizado": suavizado, "p46_consola": consola, "p47_colores": colores, "p48_radiografia": radiografia, "p49_captura": captura,
    "p50_jpegls_marcos": comprimido(c.JPEGLSLossless, 8, "MONOCHROME2", marcos=8, clase="moteado"), "p51_sobre_trabeculas": dificil("trabeculas", 20, 1.0, bits=12),
    "p52_mono1_8": monocromo(8, "MONOCHROME1"), "p53_mono2_10": monocromo(10, "MONOCHROME2"), "p54_j2k_marcos": comprimido(c.JPEG2000Lossless, 8, "MONOCHROME2", marcos=3),
    "s01_ruido": sin_texto("ruido", 12), "s02_cuerpo": sin_texto("cuerpo", 12), "s03_gradiente": sin_texto("gradiente", 16),
    "s04_tablero": sin_texto("tablero", 8), "s05_moteado": sin_texto("moteado", 8), "s06_rgb": sin_texto("cuerpo", 8, "RGB"),
    "s07_placa": placas, "s08_flotante": coma_flotante,
    "s09_jpeg": comprimido(c.JPEGBaseline8Bit, 8, "YBR_FULL_422", con_texto=False, comentario="{p.nombre} {p.apellido} {p.cedula}"),
    "s10_j2k": comprimido(c.JPEG2000, 8, "YBR_ICT", con_texto=False, tasa=8.0), "s11_jpegls": comprimido(c.JPEGLSLossless, 12, "MONOCHROME2", con_texto=False),
    "s12_jpeg_ruido": comprimido(c.JPEGBaseline8Bit, 8, "MONOCHROME2", con_texto=False, clase="ruido"),
    "s13_costillas": sin_texto("costillas", 12), "s14_trabeculas": sin_texto("trabeculas", 12), "s15_vasos": sin_texto("vasos", 8), "s16_grapas": sin_texto("grapas", 12),
    "f01_planas": planas,
}
