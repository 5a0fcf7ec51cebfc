"""Invented people: every part of a name is a word that no text of a medical image holds by chance."""

from dataclasses import dataclass
from random import Random

APELLIDOS = (
    "Quimbayo", "Zarzamendi", "Yacopiara", "Urquijoa", "Tenjovsky", "Sopetranez", "Guachetazo", "Boyacensky",
    "Fontibonne", "Usaquenga", "Chiquizari", "Velezmoro", "Xiquilita", "Oicatense", "Nemoconda", "Macanalito",
)
NOMBRES = (
    "Hermenegilda", "Policarpio", "Eustaquia", "Telesforo", "Crisanta", "Nepomuceno", "Etelvina", "Wenceslao",
    "Pancracia", "Ildefonso", "Gumersinda", "Zenobio", "Aristobula", "Filiberto", "Escolastica", "Baldomera",
)
CLINICAS = ("Clinica Vallecubita", "Hospital Montelirio", "Sanatorio Pradoverde", "Instituto Zipacoara")
CALLES = ("Calle Guayacanal", "Carrera Yarumito", "Avenida Caracolina", "Diagonal Frailejona")


@dataclass(frozen=True)
class Persona:
    apellido: str
    segundo: str
    nombre: str
    cedula: str
    nacimiento: str
    estudio: str
    hora: str
    acceso: str
    telefono: str
    correo: str
    direccion: str
    clinica: str
    medico: str
    operador: str
    estacion: str

    @property
    def pn(self) -> str:
        return f"{self.apellido} {self.segundo}^{self.nombre}"

    @property
    def partes(self) -> list[str]:
        return [self.apellido, self.segundo, self.nombre]

    def fecha(self, forma: str, cual: str | None = None) -> str:
        """The study's (or another) date in a spelling: `{a}` year, `{m}`, `{d}`, `{mes}`, `{mon}`."""
        fecha = cual or self.estudio
        meses = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
        mons = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
        mes = int(fecha[4:6])
        return forma.format(a=fecha[:4], m=fecha[4:6], d=fecha[6:], mes=meses[mes - 1], mon=mons[mes - 1])


def persona(azar: Random) -> Persona:
    apellido, segundo, medico, operador = azar.sample(APELLIDOS, 4)
    nombre, nombre_medico, nombre_operador = azar.sample(NOMBRES, 3)
    dia = lambda desde, hasta: f"{azar.randint(desde, hasta)}{azar.randint(1, 12):02}{azar.randint(13, 28):02}"
    cedula = f"{azar.randint(10**8, 10**9 - 1)}"
    return Persona(
        apellido, segundo, nombre, f"CC{cedula}", dia(1941, 1989), dia(2011, 2023),
        f"{azar.randint(10, 23)}{azar.randint(10, 59)}{azar.randint(10, 59)}.{azar.randint(100000, 999999)}",
        f"ACC{azar.randint(10**8, 10**9 - 1)}", f"+57 {azar.randint(3000000000, 3999999999)}",
        f"{nombre.lower()}.{apellido.lower()}@{segundo.lower()}.example",
        f"{azar.choice(CALLES)} {azar.randint(1000, 9999)}", azar.choice(CLINICAS),
        f"{medico}^{nombre_medico}", f"{operador}^{nombre_operador}", f"EST{azar.randint(10**6, 10**7 - 1)}",
    )
