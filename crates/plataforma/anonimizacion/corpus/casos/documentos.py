"""Objects that are documents: structured reports, PDF, CDA, radiotherapy, segmentations, directories."""

import zlib

import numpy as np
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet
from pydicom.sequence import Sequence

from .base import Caso, Fichero, codificar
from .metadatos import imagen


def _codigo(valor: str, esquema: str, texto: str) -> Sequence:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = valor, esquema, texto
    return Sequence([ds])


def _nodo(tipo: str, concepto: tuple[str, str, str], relacion: str = "CONTAINS", **valores: object) -> Dataset:
    ds = Dataset()
    ds.RelationshipType, ds.ValueType, ds.ConceptNameCodeSequence = relacion, tipo, _codigo(*concepto)
    for clave, valor in valores.items():
        setattr(ds, clave, valor)
    return ds


def informe(caso: Caso, _: list[str]) -> None:
    f = caso.fichero("SR")
    ds, p = f.ds, caso.persona
    ds.ValueType, ds.ContinuityOfContent, ds.CompletionFlag, ds.VerificationFlag = "CONTAINER", "SEPARATE", "COMPLETE", "VERIFIED"
    ds.ConceptNameCodeSequence = _codigo("11528-7", "LN", "Radiology Report")
    observador = Dataset()
    observador.VerifyingObserverName, observador.VerifyingOrganization = p.medico, p.clinica
    observador.VerificationDateTime = p.estudio + "101010"
    ds.VerifyingObserverSequence = Sequence([observador])
    ref = Dataset()
    ref.ReferencedSOPClassUID, ref.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f.s(caso.uid("imagen"), "UID")
    f.s(p.fecha("{d}/{m}/{a}"), "texto del informe")
    f.s(p.fecha("{d} de {mes} de {a}", p.nacimiento), "texto del informe")
    seccion = _nodo("CONTAINER", ("121070", "DCM", "Findings"), ContinuityOfContent="SEPARATE", ContentSequence=Sequence([
        _nodo("TEXT", ("121071", "DCM", "Finding"), TextValue=f"La paciente {p.nombre} {p.apellido}, examinada el {p.fecha('{d}/{m}/{a}')}"),
        _nodo("NUM", ("118565006", "SCT", "Volume"), MeasuredValueSequence=Sequence([_medida("12.5")])),
        _nodo("IMAGE", ("121080", "DCM", "Best illustration of finding"), ReferencedSOPSequence=Sequence([ref])),
    ]))
    ds.ContentSequence = Sequence([
        _nodo("PNAME", ("121008", "DCM", "Person Observer Name"), "HAS OBS CONTEXT", PersonName=p.medico),
        _nodo("PNAME", ("121029", "DCM", "Subject Name"), "HAS OBS CONTEXT", PersonName=p.pn),
        _nodo("TEXT", ("121030", "DCM", "Subject ID"), "HAS OBS CONTEXT", TextValue=p.cedula),
        _nodo("DATE", ("121031", "DCM", "Subject Birth Date"), "HAS OBS CONTEXT", Date=p.nacimiento),
        _nodo("DATETIME", ("122146", "DCM", "Procedure DateTime"), DateTime=p.estudio + "101010"),
        _nodo("UIDREF", ("121018", "DCM", "Procedure Study Instance UID"), "HAS OBS CONTEXT", UID=ds.StudyInstanceUID),
        seccion,
        _nodo("TEXT", ("121106", "DCM", "Comment"), TextValue=f"nacida el {p.fecha('{d} de {mes} de {a}', p.nacimiento)}, vive en {p.direccion}"),
    ])
    ds.PersonName = p.pn


def _medida(valor: str) -> Dataset:
    ds = Dataset()
    ds.NumericValue, ds.MeasurementUnitsCodeSequence = valor, _codigo("cm3", "UCUM", "cm3")
    return ds


def pdf(caso: Caso, _: list[str]) -> None:
    """A page with the name in a compressed stream, in plain text, in hexadecimal and in UTF-16 metadata."""
    f = caso.fichero("PDF")
    p = caso.persona
    flujo = zlib.compress(f"BT /F1 12 Tf 72 700 Td (Informe de {p.nombre} {p.apellido} {p.cedula}) Tj ET".encode())
    titulo = "FEFF" + p.pn.replace("^", " ").encode("utf-16-be").hex().upper()
    partes = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
              b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
              b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(flujo) + flujo + b"\nendstream",
              b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
              f"<< /Title <{titulo}> /Author ({p.medico}) /Subject <{p.cedula.encode().hex()}> >>".encode()]
    salida, posiciones = bytearray(b"%PDF-1.4\n"), []
    for n, parte in enumerate(partes, 1):
        posiciones.append(len(salida))
        salida += b"%d 0 obj\n" % n + parte + b"\nendobj\n"
    xref = len(salida)
    salida += b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % n for n in posiciones)
    salida += b"trailer << /Size 7 /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % xref
    documento(f, bytes(salida), "application/pdf")


def cda(caso: Caso, _: list[str]) -> None:
    f = caso.fichero("CDA")
    p = caso.persona
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="{f.s(caso.uid('cda'), 'CDA')}"/><effectiveTime value="{p.estudio}1010"/>
<recordTarget><patientRole><id extension="{p.cedula}"/><addr><streetAddressLine>{p.direccion}</streetAddressLine></addr>
<patient><name><given>{p.nombre}</given><family>{p.apellido}</family></name><birthTime value="{p.nacimiento}"/></patient></patientRole></recordTarget>
<component><nonXMLBody><text mediaType="text/plain" representation="B64">{_b64(f'{p.nombre} {p.apellido}')}</text></nonXMLBody></component></ClinicalDocument>"""
    documento(f, xml.encode(), "text/XML")


def _b64(texto: str) -> str:
    import base64
    return base64.b64encode(texto.encode()).decode()


def documento(f: Fichero, datos: bytes, tipo: str) -> None:
    ds, p = f.ds, f.caso.persona
    ds.DocumentTitle = f"Informe de {p.nombre} {p.apellido}"
    ds.MIMETypeOfEncapsulatedDocument, ds.BurnedInAnnotation = tipo, "YES"
    ds.ConceptNameCodeSequence = _codigo("11528-7", "LN", "Radiology Report")
    ds.EncapsulatedDocument = datos + b"\0" * (len(datos) % 2)
    ds.EncapsulatedDocumentLength = len(datos)
    ds.SourceInstanceSequence = Sequence([])
    f.cuarentena = True


def estructuras(caso: Caso, _: list[str]) -> None:
    f = caso.fichero("RTSTRUCT")
    ds, p = f.ds, caso.persona
    ds.StructureSetLabel, ds.StructureSetName = f"PLAN {p.apellido}"[:16], f"de {p.nombre}"
    ds.StructureSetDescription, ds.StructureSetDate, ds.StructureSetTime = f"{p.cedula}", p.estudio, p.hora
    rois, contornos, observaciones = [], [], []
    for n, nombre in enumerate((f"GTV {p.apellido}", f"PTV_{p.cedula}", "SPINAL CORD"), 1):
        roi, contorno, punto, obs = Dataset(), Dataset(), Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, roi.ROIGenerationAlgorithm = n, nombre, "MANUAL"
        roi.ReferencedFrameOfReferenceUID, roi.ROIDescription = ds.FrameOfReferenceUID, f"trazado por {p.operador}"
        punto.ContourGeometricType, punto.NumberOfContourPoints = "POINT", 1
        punto.ContourData = ["1.5", "2.5", str(n)]
        contorno.ReferencedROINumber, contorno.ContourSequence = n, Sequence([punto])
        obs.ObservationNumber, obs.ReferencedROINumber, obs.RTROIInterpretedType = n, n, "ORGAN"
        obs.ROIInterpreter, obs.ROIObservationLabel = p.medico, f"{p.apellido}"[:16]
        rois.append(roi), contornos.append(contorno), observaciones.append(obs)
    ds.StructureSetROISequence, ds.ROIContourSequence = Sequence(rois), Sequence(contornos)
    ds.RTROIObservationsSequence = Sequence(observaciones)
    marco = Dataset()
    marco.FrameOfReferenceUID = ds.FrameOfReferenceUID
    ds.ReferencedFrameOfReferenceSequence = Sequence([marco])
    f.conservar.append({"ruta": "ROIContourSequence.2.ContourSequence.0.ContourData", "valor": "1.5\\2.5\\3"})


def plan(caso: Caso, _: list[str]) -> None:
    f = caso.fichero("RTPLAN")
    ds, p = f.ds, caso.persona
    ds.RTPlanLabel, ds.RTPlanName, ds.RTPlanDescription = f"PL {p.apellido}"[:16], p.nombre, f"{p.cedula} en {p.clinica}"
    ds.RTPlanDate, ds.RTPlanTime, ds.RTPlanGeometry = p.estudio, p.hora, "PATIENT"
    haz, dosis = Dataset(), Dataset()
    haz.BeamNumber, haz.BeamName, haz.BeamDescription = 1, f"AP {p.apellido}", f"haz de {p.nombre}"
    haz.TreatmentMachineName, haz.BeamType, haz.RadiationType = f.s("LINACSUR9", "TreatmentMachineName"), "STATIC", "PHOTON"
    dosis.DoseReferenceNumber, dosis.DoseReferenceDescription = 1, f"dosis {p.apellido}"
    dosis.DoseReferenceStructureType, dosis.DoseReferenceType = "SITE", "TARGET"
    ds.BeamSequence, ds.DoseReferenceSequence = Sequence([haz]), Sequence([dosis])
    f.conservar.append({"ruta": "BeamSequence.0.BeamNumber", "valor": "1"})


def segmentacion(caso: Caso, _: list[str]) -> None:
    """One bit per pixel; labels with the name."""
    f = caso.fichero("SEG")
    ds, p = f.ds, caso.persona
    ds.Rows, ds.Columns, ds.NumberOfFrames, ds.SamplesPerPixel = 16, 16, 2, 1
    ds.PhotometricInterpretation, ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = "MONOCHROME2", 1, 1, 0, 0
    yy, xx = np.mgrid[:16, :16]
    disco = ((yy - 8) ** 2 + (xx - 8) ** 2 < 30)
    ds.PixelData = np.packbits(np.stack([disco, disco.T]).reshape(-1), bitorder="little").tobytes()
    ds["PixelData"].VR = "OB"
    ds.SegmentationType, ds.ContentLabel, ds.ContentDescription = "BINARY", "SEG", f"de {p.apellido}"
    ds.ContentCreatorName, ds.LossyImageCompression = p.operador, "00"
    segmento = Dataset()
    segmento.SegmentNumber, segmento.SegmentLabel, segmento.SegmentAlgorithmType = 1, f"Higado de {p.apellido}", "MANUAL"
    segmento.SegmentDescription = f"{p.nombre} {p.cedula}"
    segmento.SegmentedPropertyTypeCodeSequence = _codigo("10200004", "SCT", "Liver")
    ds.SegmentSequence = Sequence([segmento])
    f.conservar.append({"ruta": "SegmentSequence.0.SegmentedPropertyTypeCodeSequence.0.CodeMeaning", "valor": "Liver"})


def seleccion(caso: Caso, _: list[str]) -> None:
    """A key object selection that names another study's images."""
    f = caso.fichero("KO")
    ds, p = f.ds, caso.persona
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = _codigo("113000", "DCM", "Of Interest")
    ref, serie, estudio = Dataset(), Dataset(), Dataset()
    ref.ReferencedSOPClassUID, ref.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f.s(caso.uid("imagen"), "UID")
    serie.SeriesInstanceUID, serie.ReferencedSOPSequence = f.s(caso.uid("otra serie"), "UID"), Sequence([ref])
    serie.RetrieveAETitle = f.s("AESUR112233", "RetrieveAETitle")
    estudio.StudyInstanceUID, estudio.ReferencedSeriesSequence = ds.StudyInstanceUID, Sequence([serie])
    ds.CurrentRequestedProcedureEvidenceSequence = Sequence([estudio])
    ds.ContentSequence = Sequence([
        _nodo("TEXT", ("113012", "DCM", "Key Object Description"), TextValue=f"ver {p.apellido}"),
        _nodo("IMAGE", ("121191", "DCM", "Referenced Segment"), ReferencedSOPSequence=Sequence([ref]))])


def directorio(caso: Caso, _: list[str]) -> None:
    """A DICOMDIR with its files, named as PS3.10 wants them."""
    for n in range(2):
        imagen(caso.fichero("CT", f"DIR{n:03}/IM{n:03}"))
    conjunto = FileSet()
    conjunto.UID = caso.uid("conjunto")
    conjunto.ID = "CD1"
    import tempfile
    with tempfile.TemporaryDirectory() as temporal:
        rutas = []
        for f in caso.ficheros:
            ds = f.ds
            codificar(ds, f.sintaxis)
            conjunto.add(ds)
            rutas.append(ds.SOPInstanceUID)
        conjunto.write(temporal)
        from pathlib import Path
        raiz = Path(temporal)
        directorio_ = (raiz / "DICOMDIR").read_bytes()
        hechos = sorted(r for r in raiz.rglob("*") if r.is_file() and r.name != "DICOMDIR")
        for f, ruta in zip(caso.ficheros, hechos):
            f.ruta, f.bytes_ = f"{caso.nombre}/{ruta.relative_to(raiz)}", ruta.read_bytes()
    d = Fichero(caso, f"{caso.nombre}/DICOMDIR", Dataset(), bytes_=directorio_, cuarentena=True)
    d.secretos = [dict(s) for s in caso.ficheros[0].secretos if s["lugar"] in ("PatientName", "PatientID", "StudyInstanceUID", "AccessionNumber")]
    caso.ficheros.append(d)


CASOS = {"d01_informe": informe, "d02_pdf": pdf, "d03_cda": cda, "d04_estructuras": estructuras, "d05_plan": plan,
         "d06_segmentacion": segmentacion, "d07_seleccion": seleccion, "d08_directorio": directorio}
