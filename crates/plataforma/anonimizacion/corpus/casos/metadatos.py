"""Personal data in the attributes: of the table, outside it, nested, private, unknown, and around the data set."""

import base64
import struct

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_for_tag
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from .base import Caso, Fichero, codificar, elemento

CORTOS = {"AE": 16, "SH": 16, "CS": 16}
NO_EN_LA_TABLA = ("ConvolutionKernel", "FilterMaterial", "FilterType", "WindowCenterWidthExplanation", "LUTExplanation",
                  "PositionReferenceIndicator", "ContentLabel", "TransducerType", "PresentationLUTShape", "ViewName")


def imagen(f: Fichero) -> Fichero:
    """A small smooth image without text."""
    y, x = np.mgrid[:64, :64]
    marcos = (400 + 6 * x + 4 * y + f.caso.np.integers(0, 9, (64, 64))).astype(np.int64)
    f.pixeles(marcos, "MONOCHROME2", 12)
    f.k("PixelSpacing", [0.5, 0.5])
    f.k("SliceThickness", "2.5")
    f.k("RescaleIntercept", "-1024")
    f.k("RescaleSlope", "1")
    return f


def valor_de(f: Fichero, etiqueta: Tag, vr: str, marca: str) -> object:
    """A value of the representation, unlike any other value of the corpus."""
    azar, numero = f.caso.azar, f.caso.azar.randint(10**7, 10**8 - 1)
    fecha = f"{azar.randint(1950, 2019)}{azar.randint(10, 12)}{azar.randint(10, 28)}"
    if vr in CORTOS:
        return f.s(f"Q{numero}{marca}"[: CORTOS[vr]].upper(), f"{etiqueta}")
    if vr == "PN":
        return f.s(f"Zutanez{numero}", f"{etiqueta}") + "^Q"
    if vr in ("LO", "ST", "LT", "UT", "UC"):
        return f.s(f"Secreto{numero}{marca}", f"{etiqueta}")
    if vr == "UR":
        return "https://pacs.example/" + f.s(f"secreto{numero}", f"{etiqueta}")
    if vr == "DA":
        return f.s(fecha, f"{etiqueta}")
    if vr == "DT":
        return f.s(f"{fecha}{azar.randint(10, 23)}{azar.randint(10, 59)}{azar.randint(10, 59)}", f"{etiqueta}")
    if vr == "TM":
        return f.s(f"1{azar.randint(0, 9)}{azar.randint(10, 59)}{azar.randint(10, 59)}.{azar.randint(100001, 999999)}", f"{etiqueta}")
    if vr == "UI":
        return f.s(f.caso.uid(str(etiqueta), marca), f"{etiqueta}")
    if vr in ("IS", "DS"):
        return str(numero)
    if vr == "AS":
        return "047Y"
    if vr in ("US", "UL", "SL", "SS", "SV", "UV"):
        return 4711
    if vr in ("FL", "FD"):
        return 4711.0
    if vr == "AT":
        return 0x00100010
    if vr in ("OB", "UN", "OW", "OF", "OD", "OL", "OV"):
        texto = f.s(f"Secreto{numero}{marca}", f"{etiqueta}").encode()
        return texto + b"\0" * (-len(texto) % 8)
    raise ValueError(vr)


def plantar(f: Fichero, ds: Dataset, etiquetas: list[str], marca: str) -> None:
    for texto in etiquetas:
        etiqueta = Tag(int(texto, 16))
        if etiqueta in ds or etiqueta.group <= 2 or not keyword_for_tag(etiqueta) or texto == "0040A730":
            continue
        vr = dictionary_VR(etiqueta).split(" or ")[0]
        if texto in ("FFFAFFFA", "FFFCFFFC"):
            continue
        if vr == "SQ":
            interno = Dataset()
            interno.PatientName = f.s(f"Menganez{f.caso.azar.randint(10**6, 10**7)}", f"{etiqueta}>PatientName")
            interno.TextValue = f.s(f"Oculto{f.caso.azar.randint(10**6, 10**7)}", f"{etiqueta}>TextValue")
            ds.add(DataElement(etiqueta, "SQ", Sequence([interno])))
            continue
        valor = valor_de(f, etiqueta, vr, marca)
        if dictionary_VM(etiqueta) == "2" and not isinstance(valor, bytes):
            valor = [valor, valor]
        ds.add(DataElement(etiqueta, vr, valor))


def tabla(caso: Caso, etiquetas: list[str]) -> None:
    """Every attribute of Table E.1-1 at the top level."""
    f = imagen(caso.fichero("CT"))
    plantar(f, f.ds, etiquetas, "A")


def tabla_anidada(caso: Caso, etiquetas: list[str]) -> None:
    """Every attribute of Table E.1-1 four sequences down."""
    f = imagen(caso.fichero("CT"))
    hondo = Dataset()
    plantar(f, hondo, etiquetas, "N")
    for clave in ("PurposeOfReferenceCodeSequence", "DerivationCodeSequence", "AnatomicRegionSequence", "ProcedureCodeSequence"):
        fuera = Dataset()
        fuera.CodeValue, fuera.CodingSchemeDesignator, fuera.CodeMeaning = "T-D3000", "SRT", "Chest"
        setattr(fuera, clave, Sequence([hondo]))
        hondo = fuera
    f.ds.AnatomicRegionSequence = Sequence([hondo])


def grupos_funcionales(caso: Caso, _: list[str]) -> None:
    f = caso.fichero("MRE")
    ds, p = f.ds, caso.persona
    y, x = np.mgrid[:48, :48]
    f.pixeles(np.stack([300 + 5 * x + 7 * y + n for n in range(3)]), "MONOCHROME2", 12)
    comun = Dataset()
    transformacion = Dataset()
    transformacion.RescaleIntercept, transformacion.RescaleSlope, transformacion.RescaleType = "0", "1", "US"
    comun.PixelValueTransformationSequence = Sequence([transformacion])
    anatomia = Dataset()
    anatomia.FrameLaterality = "U"
    region = Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "T-A0100", "SRT", "Brain"
    anatomia.AnatomicRegionSequence = Sequence([region])
    comun.FrameAnatomySequence = Sequence([anatomia])
    ds.SharedFunctionalGroupsSequence = Sequence([comun])
    por_marco = []
    for i in range(3):
        grupo, contenido, desconocido = Dataset(), Dataset(), Dataset()
        contenido.FrameAcquisitionDateTime = f.s(f"{p.estudio}1010{i}0", "FrameAcquisitionDateTime")
        contenido.FrameReferenceDateTime = p.estudio + "111213"
        contenido.FrameComments = f"Paciente {p.pn.replace('^', ', ')}"
        contenido.DimensionIndexValues = [1, i + 1]
        grupo.FrameContentSequence = Sequence([contenido])
        desconocido.add_new(0x00091001, "LO", f"{p.apellido} privado")
        desconocido.add_new(0x00090010, "LO", "ACME FRAME 1.0")
        grupo.UnassignedPerFrameConvertedAttributesSequence = Sequence([desconocido])
        por_marco.append(grupo)
    ds.PerFrameFunctionalGroupsSequence = Sequence(por_marco)


def privados(caso: Caso, _: list[str]) -> None:
    """Private elements, sequences, creators that carry a name, groups without a creator, nested ones."""
    f = imagen(caso.fichero("MR"))
    ds, p = f.ds, caso.persona
    bloque = ds.private_block(0x0009, "ACME 1.1", create=True)
    bloque.add_new(0x01, "LO", f"Paciente {p.apellido}")
    bloque.add_new(0x02, "UN", p.pn.encode())
    interno = Dataset()
    interno.PatientName = p.pn
    interno.private_block(0x0011, f"{p.apellido} {p.nombre}", create=True).add_new(0x01, "SH", p.cedula)
    bloque.add_new(0x03, "SQ", Sequence([interno]))
    bloque.add_new(0x04, "OB", base64.b64encode(f"{p.nombre} {p.apellido}".encode()))
    bloque.add_new(0x05, "OB", p.cedula.encode().hex().encode())
    ds.private_block(0x0029, f"{p.segundo} {p.cedula}"[:64], create=True).add_new(0x10, "DA", p.nacimiento)
    ds.add_new(0x00330077, "LO", f"sin creador {p.apellido}")
    anidado = Dataset()
    anidado.CodeValue, anidado.CodingSchemeDesignator, anidado.CodeMeaning = "T-D3000", "SRT", "Chest"
    anidado.private_block(0x0019, "ACME 2", create=True).add_new(0x01, "LT", f"nacida {p.nacimiento}, {p.nombre}")
    ds.AnatomicRegionSequence = Sequence([anidado])
    f.conservar.append({"ruta": "AnatomicRegionSequence.0.CodeMeaning", "valor": "Chest"})


def desconocidos(caso: Caso, _: list[str]) -> None:
    """Known attributes written as UN, a sequence as UN of undefined length, and tags that no dictionary has."""
    f = imagen(caso.fichero("CT"))
    p = caso.persona
    for clave in ("PatientName", "PatientID", "PatientBirthDate", "InstitutionName"):
        del f.ds[clave]
    par = lambda t: (t + " " * (len(t) % 2)).encode()
    datos = bytearray(codificar(f.ds, f.sintaxis))
    extra = {
        0x00080080: elemento(0x00080080, "UN", par(p.clinica)),
        0x00100010: elemento(0x00100010, "UN", par(p.pn)),
        0x00100020: elemento(0x00100020, "UN", par(p.cedula)),
        0x00100030: elemento(0x00100030, "UN", par(p.nacimiento)),
        0x00101002: _secuencia_un(0x00101002, p.cedula + "B"),
        0x00129998: elemento(0x00129998, "UN", par(f"{p.nombre} {p.apellido}")),
        0x00209996: elemento(0x00209996, "LO", par(f"ficha de {p.nombre}")),
    }
    f.s(p.cedula + "B", "UN>OtherPatientIDs")
    f.bytes_ = insertar(bytes(datos), extra)


def _secuencia_un(etiqueta: int, identificador: str) -> bytes:
    """PS3.5, 6.2.2, note 5: the items of such a sequence are implicit little endian."""
    crudo = (identificador + " " * (len(identificador) % 2)).encode()
    interno = struct.pack("<HHI", 0x0010, 0x0020, len(crudo)) + crudo
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + interno + struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    fin = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return struct.pack("<HH", etiqueta >> 16, etiqueta & 0xFFFF) + b"UN\0\0" + struct.pack("<I", 0xFFFFFFFF) + item + fin


def insertar(datos: bytes, extra: dict[int, bytes]) -> bytes:
    """Puts encoded elements at their place among those of an explicit little endian file."""
    inicio = 144 + struct.unpack("<I", datos[140:144])[0]
    trozos, posicion = [], inicio
    while posicion < len(datos):
        grupo, numero = struct.unpack("<HH", datos[posicion:posicion + 4])
        largo = datos[posicion + 4:posicion + 6].decode() in ("OB", "OW", "UN", "UT", "SQ", "OF", "UC", "UR", "OD", "OL")
        cuerpo = struct.unpack("<I", datos[posicion + 8:posicion + 12])[0] + 12 if largo else \
            struct.unpack("<H", datos[posicion + 6:posicion + 8])[0] + 8
        trozos.append((grupo << 16 | numero, datos[posicion:posicion + cuerpo]))
        posicion += cuerpo
    trozos = [t for t in trozos if t[0] not in extra] + list(extra.items())
    return datos[:inicio] + b"".join(t for _, t in sorted(trozos, key=lambda t: t[0]))


def fuera_de_la_tabla(caso: Caso, _: list[str]) -> None:
    """The file's own words in attributes that the table does not name."""
    f = imagen(caso.fichero("CR"))
    p = caso.persona
    formas = (p.pn, f"{p.nombre} {p.apellido}", p.cedula, f"{p.apellido.upper()}, {p.nombre.upper()}", p.fecha("{d}/{m}/{a}", p.nacimiento),
              p.clinica, p.telefono, p.acceso)
    f.s(p.fecha("{d}/{m}/{a}", p.nacimiento), "fuera de la tabla")
    f.ds.PatientTelephoneNumbers = f.s(p.telefono, "PatientTelephoneNumbers")
    claves = ("ConvolutionKernel", "FilterMaterial", "FilterType", "WindowCenterWidthExplanation", "TransducerType",
              "PositionReferenceIndicator", "ViewName", "ContentLabel")
    for clave, forma in zip(claves, formas):
        maximo = {"SH": 16, "CS": 16, "LO": 64, "LT": 1000}[dictionary_VR(clave)]
        f.ds.add_new(clave, "LO" if len(forma) > maximo else dictionary_VR(clave), forma)
    f.ds.WindowCenter, f.ds.WindowWidth = "500", "1000"
    vista = Dataset()
    vista.CodeValue, vista.CodingSchemeDesignator, vista.CodeMeaning = "R-10202", "SRT", f"frontal de {p.apellido}"
    f.ds.ViewCodeSequence = Sequence([vista])


def textos_libres(caso: Caso, _: list[str]) -> None:
    """Names reversed, ids and dates in every spelling, in descriptions and comments."""
    f = imagen(caso.fichero("MR"))
    ds, p = f.ds, caso.persona
    fechas = [p.fecha(forma, p.nacimiento) for forma in
              ("{d}/{m}/{a}", "{m}/{d}/{a}", "{a}-{m}-{d}", "{d}.{m}.{a}", "{d} de {mes} de {a}", "{d}-{mon}-{a}", "{mon} {d}, {a}", "{a}/{m}/{d}")]
    for fecha in fechas:
        f.s(fecha, "fecha en texto")
    ds.StudyDescription = f"TAC {p.nombre} {p.apellido} {p.cedula}"
    ds.SeriesDescription = f"{p.apellido.upper()} {p.segundo.upper()}"
    ds.ImageComments = " ; ".join(fechas)
    ds.AdditionalPatientHistory = f"Sra. {p.segundo}, nacida el {fechas[4]}, vive en {p.direccion}, {p.correo}"
    f.s(p.correo, "correo")
    ds.PatientComments = f"{p.nombre[0]}. {p.apellido}"
    ds.ConvolutionKernel = [p.apellido.upper()[:16], "SOFT"]
    ds.add_new(0x00081030, "LO", ds.StudyDescription)
    digitos = p.cedula[2:]
    ds.TransducerType = f"c. {digitos}"[:16]
    ds.WindowCenterWidthExplanation = [f"cedula {digitos[:3]}.{digitos[3:6]}.{digitos[6:]}", f"{fechas[2]} {p.nombre}"]
    ds.WindowCenter, ds.WindowWidth = ["40", "50"], ["400", "500"]
    f.s(digitos, "cedula sin prefijo")
    f.s(f"{digitos[:3]}.{digitos[3:6]}.{digitos[6:]}", "cedula con puntos")


def meta(caso: Caso, _: list[str]) -> None:
    f = imagen(caso.fichero("CT"))
    p = caso.persona
    f.ds.file_meta = FileMetaDataset()
    f.ds.file_meta.SourceApplicationEntityTitle = f.s(p.apellido.upper()[:16], "meta AE")
    f.ds.file_meta.SendingApplicationEntityTitle = f.s("AE" + p.estacion, "meta AE")
    f.ds.file_meta.ReceivingApplicationEntityTitle = f.s("RX" + p.estacion, "meta AE")
    f.ds.file_meta.PrivateInformationCreatorUID = f.s(caso.uid("privado"), "meta privada")
    f.ds.file_meta.PrivateInformation = f"{p.pn} {p.cedula}".encode().ljust(64, b"\0")
    crudo = codificar(f.ds, f.sintaxis)
    f.bytes_ = crudo[:128].replace(b"\0" * 128, f"Paciente {p.pn} {p.cedula}".encode().ljust(128, b"\0")) + crudo[128:]


def relleno(caso: Caso, _: list[str]) -> None:
    """Data Set Trailing Padding, and bytes after the last element."""
    f = imagen(caso.fichero("CT"))
    p = caso.persona
    f.ds.add_new(0xFFFCFFFC, "OB", f"{p.nombre} {p.apellido}".encode().ljust(64, b"\0"))
    g = imagen(caso.fichero("CT"))
    texto = f"{p.nombre} {p.apellido}".encode()
    g.ds.add_new(0xFFFCFFFC, "OB", b"\0" * 16)
    crudo = codificar(g.ds, g.sintaxis)
    g.bytes_ = crudo + elemento(0xFFFCFFFE, "OB", texto + b"\0" * (len(texto) % 2))
    g.cuarentena = True


def nombre_de_fichero(caso: Caso, _: list[str]) -> None:
    p = caso.persona
    f = imagen(caso.fichero("CT", f"{p.apellido}_{p.nombre}_{p.cedula}/{p.apellido.upper()}-{p.nacimiento}.dcm"))
    f.conservar.append({"ruta": "Rows", "valor": "64"})
    imagen(caso.fichero("CT", f"{p.apellido}_{p.nombre}_{p.cedula}/sin_extension {p.cedula}"))


def valores_multiples(caso: Caso, _: list[str]) -> None:
    f = imagen(caso.fichero("CT"))
    ds, p = f.ds, caso.persona
    ds.add_new("DateOfSecondaryCapture", "DA", [p.estudio, p.nacimiento])
    ds.add_new("CalibrationDate", "DA", [p.estudio, f.s("20140117", "CalibrationDate")])
    ds.add_new("LastMenstrualDate", "DA", f.s("20150218", "LastMenstrualDate"))
    ds.OtherPatientNames = [p.pn, f.s("Aliasinez", "OtherPatientNames") + "^Z"]
    ds.OtherPatientIDs = [p.cedula, f.s("HC55443322", "OtherPatientIDs")]
    ds.add_new("ConvolutionKernel", "SH", ["SOFT", p.apellido[:16]])
    otro = Dataset()
    otro.PatientID, otro.IssuerOfPatientID = f.s("HC66554433", "OtherPatientIDsSequence"), f.s("Registraduria Nortena", "IssuerOfPatientID")
    ds.OtherPatientIDsSequence = Sequence([otro])
    ds.PersonTelephoneNumbers = [f.s(p.telefono, "PersonTelephoneNumbers")]


def originales(caso: Caso, _: list[str]) -> None:
    """What earlier systems replaced, signed or encrypted."""
    f = imagen(caso.fichero("CT"))
    ds, p = f.ds, caso.persona
    viejo, modificado = Dataset(), Dataset()
    modificado.PatientName, modificado.PatientID = p.pn, p.cedula
    viejo.ModifiedAttributesSequence = Sequence([modificado])
    viejo.AttributeModificationDateTime, viejo.ModifyingSystem = p.estudio + "101112", f.s("PACSNORTE44", "ModifyingSystem")
    viejo.SourceOfPreviousValues, viejo.ReasonForTheAttributeModification = p.clinica, "CORRECT"
    ds.OriginalAttributesSequence = Sequence([viejo])
    firma = Dataset()
    firma.MACIDNumber, firma.DigitalSignatureUID = 1, f.s(caso.uid("firma"), "DigitalSignatureUID")
    firma.DigitalSignatureDateTime, firma.CertificateType = p.estudio + "101112", "X509_1993_SIG"
    firma.CertificateOfSigner, firma.Signature = f"CN={p.medico}".encode().ljust(64, b"\0"), b"\1" * 64
    ds.DigitalSignaturesSequence = Sequence([firma])
    cifrado = Dataset()
    cifrado.EncryptedContentTransferSyntaxUID, cifrado.EncryptedContent = "1.2.840.10008.1.2.1", b"\2" * 64
    ds.EncryptedAttributesSequence = Sequence([cifrado])


def sintaxis(caso: Caso, _: list[str]) -> None:
    """The data set itself in each encoding, sequences of undefined length among them."""
    for i, clave in enumerate((ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)):
        f = imagen(caso.fichero("CT", f"S{i}.dcm"))
        f.sintaxis = clave
        interno = Dataset()
        interno.ReferencedSOPClassUID, interno.ReferencedSOPInstanceUID = f.ds.SOPClassUID, f.s(caso.uid("ajeno", i), "UID")
        interno.PatientComments = f"de {caso.persona.apellido}"
        interno.is_undefined_length_sequence_item = True
        f.ds.ReferencedImageSequence = Sequence([interno])
        f.ds["ReferencedImageSequence"].is_undefined_length = True
        f.ds.private_block(0x0009, "ACME 1.1", create=True).add_new(1, "SQ", Sequence([interno]))


def sin_cabecera(caso: Caso, _: list[str]) -> None:
    """A bare implicit data set, as very old systems write it, and a wrong length of the meta group."""
    f = imagen(caso.fichero("CT"))
    f.sintaxis, f.cuarentena = ImplicitVRLittleEndian, True
    crudo = codificar(f.ds, ImplicitVRLittleEndian)
    f.bytes_ = crudo[144 + struct.unpack("<I", crudo[140:144])[0]:]
    g = imagen(caso.fichero("CT"))
    crudo = bytearray(codificar(g.ds, g.sintaxis))
    crudo[140:144] = struct.pack("<I", 2)
    g.bytes_, g.cuarentena = bytes(crudo), True


def referencias(caso: Caso, _: list[str]) -> None:
    """Three instances of a study that name one another, in two folders as if they came apart."""
    for n in range(3):
        imagen(caso.fichero("CT", f"paquete{n % 2}/R{n}.dcm"))
    for n, f in enumerate(caso.ficheros):
        refs = []
        for m, otro in enumerate(caso.ficheros):
            ref = Dataset()
            ref.ReferencedSOPClassUID, ref.ReferencedSOPInstanceUID = otro.ds.SOPClassUID, otro.ds.SOPInstanceUID
            ref.PurposeOfReferenceCodeSequence = Sequence([])
            refs.append(ref)
            f.s(otro.ds.SOPInstanceUID, "ReferencedSOPInstanceUID")
        serie, evidencia = Dataset(), Dataset()
        serie.SeriesInstanceUID, serie.ReferencedInstanceSequence = f.ds.SeriesInstanceUID, Sequence(refs)
        f.ds.ReferencedSeriesSequence = Sequence([serie])
        f.ds.ReferencedImageSequence = Sequence([r for i, r in enumerate(refs) if i != n])
        f.ds.SourceImageSequence = Sequence(refs[:1])
        evidencia.StudyInstanceUID = f.ds.StudyInstanceUID
        f.ds.StudiesContainingOtherReferencedInstancesSequence = Sequence([evidencia])


def mismo_paciente(caso: Caso, _: list[str]) -> None:
    """One patient in two studies, the id written with spaces around it in one of them."""
    for n in range(2):
        f = imagen(caso.fichero("CT", f"estudio{n}/P{n}.dcm"))
        f.olvidar("StudyInstanceUID")
        f.ds.StudyInstanceUID = f.s(caso.uid("estudio", n), "UID")
        if n:
            f.ds.PatientID = f" {caso.persona.cedula}  "


def nombres_dificiles(caso: Caso, _: list[str]) -> None:
    """Names of three groups, with accents, particles and degrees; written without accents and in lower case elsewhere."""
    f = imagen(caso.fichero("MR"))
    ds = f.ds
    ds.SpecificCharacterSet = "ISO_IR 192"
    f.olvidar("PatientName", "ReferringPhysicianName")
    ds.PatientName = "Ñáñezcura de la Peñúela^José Íñigoberto^^Dr.^PhD"
    for parte in ("Ñáñezcura", "Peñúela", "Íñigoberto"):
        f.s(parte, "PatientName")
    ds.ConvolutionKernel = "nanezcura"
    ds.TransducerType = "PENUELA"
    ds.FilterMaterial = "inigoberto"
    for plano in ("nanezcura", "penuela", "inigoberto"):
        f.s(plano, "nombre sin tildes")
    ds.ReferringPhysicianName = "Oconnorsky-Macfarlan^Siobhanna"
    for parte in ("Oconnorsky", "Macfarlan", "Siobhanna"):
        f.s(parte, "ReferringPhysicianName")
    ds.PositionReferenceIndicator = "dra siobhanna oconnorsky"


def palabras_corrientes(caso: Caso, _: list[str]) -> None:
    """A patient whose name is a term of radiology: the terms stay where they are codes."""
    f = imagen(caso.fichero("MR"))
    f.ds.PatientName = "Head^Axial"
    f.ds.PatientID = "12"
    f.k("BodyPartExamined", "HEAD")
    f.conservar = [c for c in f.conservar if c["valor"] != "CHEST"]
    f.k("ImageType", ["ORIGINAL", "PRIMARY", "AXIAL"])
    f.k("SequenceName", "fl3d1")
    f.olvidar("PatientName", "PatientID")


def uid_con_cedula(caso: Caso, _: list[str]) -> None:
    """A system that makes its UIDs from the patient's number and the date."""
    f = imagen(caso.fichero("CT"))
    p = caso.persona
    f.olvidar("SOPInstanceUID")
    f.ds.SOPInstanceUID = f.s(f"1.2.826.0.1.{p.cedula[2:]}.{p.estudio}.1", "UID con cedula")
    f.ds.IrradiationEventUID = f.s(f"1.2.826.0.1.{p.cedula[2:]}.{p.estudio}.2", "UID con cedula")
    f.ds.ConcatenationUID = f.s(f"1.2.826.0.1.{p.cedula[2:]}.3", "UID con cedula")
    f.ds.PositionReferenceIndicator = f.ds.IrradiationEventUID
    f.s(p.cedula[2:], "cedula sin prefijo")


def pocos_datos(caso: Caso, _: list[str]) -> None:
    """Empty values and absent attributes everywhere: nothing to find, nothing to lose."""
    f = imagen(caso.fichero("CT"))
    for clave in ("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "StudyID", "ReferringPhysicianName"):
        setattr(f.ds, clave, "")
    for clave in ("InstitutionName", "StationName", "OperatorsName", "InstitutionAddress", "PatientAge"):
        delattr(f.ds, clave)
    f.ds.ReferencedImageSequence = Sequence([])
    vacio = Dataset()
    f.ds.DerivationCodeSequence = Sequence([vacio])
    f.secretos = [s for s in f.secretos if "UID" in s["lugar"] or s["lugar"] == "StudyDate"]


def vr_equivocada(caso: Caso, _: list[str]) -> None:
    """Known attributes with another representation than the standard's."""
    f = imagen(caso.fichero("CT"))
    p = caso.persona
    f.bytes_ = insertar(codificar(f.ds, f.sintaxis), {
        0x00100010: elemento(0x00100010, "LO", p.pn.encode() + b" " * (len(p.pn) % 2)),
        0x00100030: elemento(0x00100030, "LO", p.nacimiento.encode()),
        0x00100020: elemento(0x00100020, "OB", p.cedula.encode() + b"\0" * (len(p.cedula) % 2)),
        0x00181160: elemento(0x00181160, "OB", f"{p.nombre} {p.apellido} ".encode().ljust(64, b"\0")),
        0x00080022: elemento(0x00080022, "ST", p.estudio.encode()),
    })


def enlaces(caso: Caso, _: list[str]) -> None:
    f = imagen(caso.fichero("CT"))
    p = caso.persona
    ref = Dataset()
    ref.ReferencedSOPClassUID, ref.ReferencedSOPInstanceUID = f.ds.SOPClassUID, f.s(caso.uid("ajeno"), "UID")
    f.ds.ReferencedImageSequence = Sequence([ref])
    f.ds.RetrieveURL = f"https://pacs.example/studies?PatientID={p.cedula}&name={p.apellido}"
    f.ds.add_new("CodingSchemeURL", "UR", f"https://codes.example/{p.apellido.lower()}")
    f.ds.RetrieveAETitle = f.s("PACSAE7788", "RetrieveAETitle")
    f.ds.RetrieveLocationUID = f.s(caso.uid("lugar"), "RetrieveLocationUID")
    f.ds.StorageMediaFileSetUID = f.s(caso.uid("medio"), "StorageMediaFileSetUID")


def hondo(caso: Caso, _: list[str]) -> None:
    """A name thirty sequences down."""
    f = imagen(caso.fichero("CT"))
    p = caso.persona
    dentro = Dataset()
    dentro.PatientName, dentro.TextValue = p.pn, p.cedula
    for i in range(30):
        fuera = Dataset()
        fuera.CodeValue, fuera.CodingSchemeDesignator, fuera.CodeMeaning = f"{i}", "99ACME", "nivel"
        fuera.EquivalentCodeSequence = Sequence([dentro])
        dentro = fuera
    f.ds.AnatomicRegionSequence = Sequence([dentro])


CASOS = {
    "m01_tabla": tabla, "m02_tabla_anidada": tabla_anidada, "m03_grupos_funcionales": grupos_funcionales,
    "m04_privados": privados, "m05_desconocidos": desconocidos, "m06_fuera_de_la_tabla": fuera_de_la_tabla,
    "m07_textos_libres": textos_libres, "m08_meta_y_preambulo": meta, "m09_relleno": relleno,
    "m10_nombre_de_fichero": nombre_de_fichero, "m11_valores_multiples": valores_multiples,
    "m12_originales_y_firmas": originales, "m13_sintaxis": sintaxis, "m14_sin_cabecera": sin_cabecera,
    "m15_referencias": referencias, "m16_mismo_paciente": mismo_paciente, "m17_nombres_dificiles": nombres_dificiles,
    "m18_palabras_corrientes": palabras_corrientes, "m19_uid_con_cedula": uid_con_cedula, "m20_pocos_datos": pocos_datos,
    "m21_vr_equivocada": vr_equivocada, "m22_enlaces": enlaces, "m23_hondo": hondo,
}
