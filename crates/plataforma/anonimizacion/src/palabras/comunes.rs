//! Words that say nothing about a person or a place, however often they stand in their names.

/// Whether a folded word is too common to be looked for on its own.
pub(crate) fn es_comun(palabra: &str) -> bool {
    COMUNES.contains(&palabra) || palabra.bytes().all(|byte| byte == b'0') || palabra.bytes().all(|byte| byte == b'x')
}

#[rustfmt::skip]
const COMUNES: &[&str] = &[
    // Places.
    "hospital", "hospitals", "clinic", "clinica", "clinique", "klinik", "klinikum", "general", "university", "universidad",
    "universitat", "universite", "medical", "medico", "medica", "medicine", "medicina", "center", "centre", "centro",
    "zentrum", "department", "departamento", "dept", "radiology", "radiologia", "radiologie", "radiologico", "imaging",
    "imagen", "imagenes", "imagerie", "diagnostic", "diagnostico", "diagnostics", "institute", "instituto", "institut",
    "foundation", "fundacion", "health", "salud", "sante", "care", "service", "services", "servicio", "street", "calle",
    "carrera", "avenue", "avenida", "road", "strasse", "city", "ciudad", "floor", "piso", "building", "edificio", "room",
    "sala", "north", "south", "east", "west", "norte", "central", "main", "national", "nacional", "regional", "state",
    "public", "private", "emergency", "urgencias", "cardiology", "cardiologia", "oncology", "oncologia", "neurology",
    "surgery", "cirugia", "nuclear", "research", "school", "college", "group", "grupo", "system", "systems", "sistema",
    "healthcare", "company", "corporation", "gmbh", "division", "laboratory", "laboratorio", "unit", "unidad",
    // People.
    "patient", "paciente", "doctor", "doctora", "prof", "professor", "nurse", "tech", "technologist", "operator",
    "physician", "name", "nombre", "unknown", "desconocido", "anonymous", "anonymized", "anonimo", "anonimizado", "anon",
    "none", "null", "test", "phantom", "demo", "sample", "example", "other", "otro", "male", "female", "user", "admin",
    "mister", "missus", "senor", "senora", "del", "los", "las", "von", "van", "der", "den", "dos", "das", "and", "the",
    "jr", "md", "phd", "msc", "rt", "mr", "mrs", "ms", "dr", "dra", "sr", "sra", "not", "available", "default",
    // Makers and what they make.
    "philips", "siemens", "healthineers", "toshiba", "canon", "fujifilm", "fuji", "agfa", "hitachi", "hologic", "samsung",
    "mindray", "shimadzu", "carestream", "kodak", "esaote", "varian", "elekta", "konica", "minolta", "aloka", "acuson",
    "medison", "zeiss", "heidelberg", "topcon", "planmeca", "sirona", "bruker", "picker", "marconi", "imatron", "medrad",
    "scanner", "station", "workstation", "estacion", "console", "server", "archive", "pacs", "dicom", "storescp", "storescu",
    "detector", "tube", "camera", "device", "equipo", "version", "software", "model", "serial",
    // What images show and how.
    "chest", "thorax", "torax", "head", "brain", "skull", "abdomen", "pelvis", "spine", "knee", "hand", "foot", "heart",
    "breast", "neck", "shoulder", "ankle", "wrist", "elbow", "liver", "kidney", "lung", "lungs", "cerebro", "cabeza",
    "columna", "rodilla", "mano", "corazon", "mama", "cuello", "hombro", "axial", "sagittal", "coronal", "transverse",
    "oblique", "contrast", "series", "study", "image", "images", "original", "primary", "secondary", "derived", "localizer",
    "left", "right", "standard", "bone", "soft", "tissue", "lateral", "anterior", "posterior", "protocol", "scan", "angio",
    "cardiac", "vascular", "lumbar", "cervical", "thoracic", "routine", "report", "result", "normal", "time", "date",
    "frame", "frames", "phase", "slice", "volume", "dose", "dual", "single", "multi", "body", "whole", "full", "half",
    "pancreas", "prostate", "uterus", "ovary", "bladder", "stomach", "colon", "femur", "tibia", "humerus", "hip", "leg", "arm",
    "jaw", "orbit", "sinus", "aorta", "carotid", "spleen", "thyroid", "esophagus", "rectum", "clavicle", "sternum", "perfusion",
    "upper", "lower", "middle", "first", "second", "third", "final", "yes", "no", "true", "false", "with", "without",
    // Codes of modalities that are words of three letters or more.
    "ecg", "ekg", "eps", "oct", "iol", "sms", "rtimage", "rtdose", "rtstruct", "rtplan", "rtrecord", "plan", "audio",
    "dcm", "sct", "srt", "snm", "umls", "loinc", "mri", "pet", "spect", "ultrasound", "xray",
];
