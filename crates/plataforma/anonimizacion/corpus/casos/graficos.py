"""Personal data in what is drawn or recorded beside the pixels: overlays, curves, icons, annotations, waveforms."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from .base import Caso, Fichero
from .letras import trazos
from .metadatos import imagen


def _overlay(f: Fichero, grupo: int, texto: str, *, comentarios: bool = True) -> None:
    ds = f.ds
    mascara = trazos(texto, 12)
    filas, columnas = ds.Rows, ds.Columns
    lienzo = np.zeros((filas, columnas), bool)
    alto, ancho = min(filas, mascara.shape[0]), min(columnas, mascara.shape[1])
    lienzo[:alto, :ancho] = mascara[:alto, :ancho]
    f.graficos.append(lienzo)
    for numero, vr, valor in ((0x10, "US", filas), (0x11, "US", columnas), (0x40, "CS", "G"), (0x50, "SS", [1, 1]),
                              (0x100, "US", 1), (0x102, "US", 0)):
        ds.add_new((grupo, numero), vr, valor)
    crudo = np.packbits(lienzo.reshape(-1), bitorder="little").tobytes()
    ds.add_new((grupo, 0x3000), "OW", crudo + b"\0" * (len(crudo) % 2))
    if comentarios:
        ds.add_new((grupo, 0x22), "LO", f"capa de {f.caso.persona.apellido}")
        ds.add_new((grupo, 0x1500), "LO", f.caso.persona.nombre)
        ds.add_new((grupo, 0x4000), "LT", f.caso.persona.cedula)


def overlays(caso: Caso, _: list[str]) -> None:
    f = imagen(caso.fichero("CT"))
    _overlay(f, 0x6000, caso.persona.apellido)
    _overlay(f, 0x6002, caso.persona.cedula, comentarios=False)
    _overlay(f, 0x601E, caso.persona.nombre)


def overlay_en_bits_altos(caso: Caso, _: list[str]) -> None:
    """The four bits above the stored ones spell the name."""
    f = caso.fichero("CT")
    base = np.add.outer(5 * np.arange(96), 3 * np.arange(160)).astype("<u2")
    mascara = trazos(caso.persona.apellido, 14)
    lienzo = np.zeros(base.shape, bool)
    lienzo[5:5 + mascara.shape[0], 5:5 + mascara.shape[1]] = mascara
    f.graficos.append(lienzo)
    f.pixeles(base, "MONOCHROME2", 12)
    f.ds.PixelData = (base | (lienzo.astype("<u2") << 12) | (lienzo.astype("<u2") << 14)).tobytes()
    for grupo, bit in ((0x6000, 12), (0x6002, 14)):
        for numero, vr, valor in ((0x10, "US", 96), (0x11, "US", 160), (0x40, "CS", "G"), (0x50, "SS", [1, 1]),
                                  (0x100, "US", 16), (0x102, "US", bit)):
            f.ds.add_new((grupo, numero), vr, valor)


def bits_altos_sin_declarar(caso: Caso, _: list[str]) -> None:
    """The same without any element that says so."""
    overlay_en_bits_altos(caso, _)
    for etiqueta in [e.tag for e in caso.ficheros[-1].ds if e.tag.group in (0x6000, 0x6002)]:
        del caso.ficheros[-1].ds[etiqueta]


def curvas(caso: Caso, _: list[str]) -> None:
    f = imagen(caso.fichero("US"))
    p = caso.persona
    for grupo in (0x5000, 0x5002):
        for numero, vr, valor in ((0x5, "US", 1), (0x10, "US", 8), (0x20, "CS", "ECG"), (0x22, "LO", f"curva de {p.apellido}"),
                                  (0x103, "US", 0), (0x2500, "LO", p.nombre)):
            f.ds.add_new((grupo, numero), vr, valor)
        f.ds.add_new((grupo, 0x3000), "OW", p.cedula.encode() + b"\0" * (len(p.cedula) % 2) + b"\0" * 8)


def iconos(caso: Caso, _: list[str]) -> None:
    """A thumbnail with the name, at the top and in an item."""
    f = imagen(caso.fichero("CR"))
    def icono(texto: str) -> Dataset:
        ds = Dataset()
        pixeles = np.full((64, 128), 40, np.uint8)
        mascara = trazos(texto, 13)[:60, :120]
        pixeles[10:10 + mascara.shape[0], 4:4 + mascara.shape[1]][mascara] = 230
        ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 64, 128, 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
        ds.PixelData = pixeles.tobytes()
        ds["PixelData"].VR = "OB"
        lienzo = np.zeros((64, 128), bool)
        lienzo[10:10 + mascara.shape[0], 4:4 + mascara.shape[1]] = mascara
        f.graficos.append(lienzo)
        return ds
    f.ds.IconImageSequence = Sequence([icono(caso.persona.apellido)])
    ref = Dataset()
    ref.ReferencedSOPClassUID, ref.ReferencedSOPInstanceUID = f.ds.SOPClassUID, f.s(caso.uid("ajeno"), "UID")
    ref.IconImageSequence = Sequence([icono(caso.persona.cedula)])
    f.ds.ReferencedImageSequence = Sequence([ref])


def presentacion(caso: Caso, _: list[str]) -> None:
    """A presentation state: text objects, layers, the creator."""
    f = caso.fichero("PR")
    ds, p = f.ds, caso.persona
    ref, serie = Dataset(), Dataset()
    ref.ReferencedSOPClassUID, ref.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f.s(caso.uid("imagen"), "UID")
    serie.SeriesInstanceUID, serie.ReferencedImageSequence = ds.SeriesInstanceUID, Sequence([ref])
    ds.ReferencedSeriesSequence = Sequence([serie])
    texto, trazo, anotacion, capa = Dataset(), Dataset(), Dataset(), Dataset()
    texto.BoundingBoxAnnotationUnits, texto.UnformattedTextValue = "PIXEL", f"{p.nombre} {p.apellido} {p.cedula}"
    texto.BoundingBoxTopLeftHandCorner, texto.BoundingBoxBottomRightHandCorner = [1.0, 1.0], [50.0, 20.0]
    texto.BoundingBoxTextHorizontalJustification = "LEFT"
    trazo.GraphicAnnotationUnits, trazo.GraphicDimensions, trazo.NumberOfGraphicPoints = "PIXEL", 2, 2
    trazo.GraphicData, trazo.GraphicType, trazo.GraphicFilled = [1.0, 1.0, 9.0, 9.0], "POLYLINE", "N"
    anotacion.GraphicLayer = "CAPA1"
    anotacion.TextObjectSequence, anotacion.GraphicObjectSequence = Sequence([texto]), Sequence([trazo])
    anotacion.ReferencedImageSequence = Sequence([ref])
    ds.GraphicAnnotationSequence = Sequence([anotacion])
    capa.GraphicLayer, capa.GraphicLayerOrder, capa.GraphicLayerDescription = "CAPA1", 1, f"capa de {p.apellido}"
    ds.GraphicLayerSequence = Sequence([capa])
    ds.ContentLabel, ds.ContentDescription = "ESTADO", f"marcas de {p.nombre}"
    ds.PresentationCreationDate, ds.PresentationCreationTime = p.estudio, p.hora
    ds.ContentCreatorName = p.operador
    ds.PresentationLUTShape = "IDENTITY"


def ondas(caso: Caso, _: list[str]) -> None:
    """An electrocardiogram with the name among its annotations; its samples must survive."""
    f = caso.fichero("ECG")
    ds, p = f.ds, caso.persona
    ds.AcquisitionDateTime = f.s(p.estudio + "1112", "AcquisitionDateTime") + "13"
    grupo = Dataset()
    grupo.WaveformOriginality, grupo.NumberOfWaveformChannels, grupo.NumberOfWaveformSamples = "ORIGINAL", 1, 200
    grupo.SamplingFrequency, grupo.MultiplexGroupLabel = "500", f"ritmo de {p.apellido}"[:16]
    canal, fuente = Dataset(), Dataset()
    fuente.CodeValue, fuente.CodingSchemeDesignator, fuente.CodeMeaning = "5.6.3-9-1", "SCPECG", "Lead I"
    canal.ChannelSourceSequence, canal.ChannelLabel = Sequence([fuente]), f"I {p.apellido}"[:16]
    canal.WaveformBitsStored, canal.ChannelSensitivity = 16, "1"
    grupo.ChannelDefinitionSequence = Sequence([canal])
    grupo.WaveformBitsAllocated, grupo.WaveformSampleInterpretation = 16, "SS"
    grupo.WaveformData = caso.np.integers(-300, 300, 200).astype("<i2").tobytes()
    grupo["WaveformData"].VR = "OW"
    ds.WaveformSequence = Sequence([grupo])
    f.conservar.append({"ruta": "WaveformSequence.0.WaveformData", "valor": "hex:" + grupo.WaveformData.hex()})
    nota, medida = Dataset(), Dataset()
    nota.UnformattedTextValue, nota.ReferencedWaveformChannels = f"Sra. {p.nombre} {p.apellido}, {p.fecha('{d}/{m}/{a}', p.nacimiento)}", [1, 1]
    f.s(p.fecha("{d}/{m}/{a}", p.nacimiento), "anotacion")
    nota.AnnotationGroupNumber = 0
    medida.ReferencedWaveformChannels, medida.AnnotationGroupNumber, medida.NumericValue = [1, 1], 0, "71"
    concepto = Dataset()
    concepto.CodeValue, concepto.CodingSchemeDesignator, concepto.CodeMeaning = "2:16016", "MDC", "Atrial Rate"
    medida.ConceptNameCodeSequence = Sequence([concepto])
    ds.WaveformAnnotationSequence = Sequence([nota, medida])


CASOS = {"g01_overlays": overlays, "g02_overlay_en_bits_altos": overlay_en_bits_altos, "g03_bits_altos_sin_declarar": bits_altos_sin_declarar,
         "g04_curvas": curvas, "g05_iconos": iconos, "g06_presentacion": presentacion, "g07_ondas": ondas}
