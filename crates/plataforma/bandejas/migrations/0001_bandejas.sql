create schema if not exists bandejas;

-- Rows are inserted and deleted, never updated. Vacuum early: the sweeper reads the table from its oldest end.
create table bandejas.outbox (
    id          uuid        not null,
    tema        text        not null,
    clave       text        not null,
    carga       bytea       not null,
    propiedades jsonb       not null,
    creado      timestamptz not null default now(),
    constraint outbox_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create index outbox_creado on bandejas.outbox (creado);

create table bandejas.efecto (
    id          uuid        not null,
    tipo        text        not null,
    estado      text        not null,
    huella      text,
    correlacion uuid,
    respuesta   jsonb       not null,
    creado      timestamptz not null default now(),
    caduca      timestamptz,
    constraint efecto_pkey primary key (id),
    constraint efecto_estado check (estado in ('hecho', 'rechazado', 'cancelado')),
    constraint efecto_respuesta check (octet_length(respuesta::text) <= 1024)
);

create index efecto_caduca on bandejas.efecto (caduca) where caduca is not null;

-- `carga` is sealed, and exists only while the message may still be handled.
create table bandejas.dead_letter (
    id              uuid        not null,
    grupo           text        not null,
    tema            text        not null,
    posicion        text        not null,
    id_mensaje      text,
    tipo            text,
    correlacion     text,
    propiedades     jsonb       not null,
    carga           bytea,
    escritor        text,
    publicado       timestamptz not null,
    codigo          text        not null,
    detalle         text        not null,
    estado          text        not null,
    intentos        integer     not null default 0,
    proximo         timestamptz,
    creado          timestamptz not null default now(),
    resuelta        timestamptz,
    actor           text,
    motivo_descarte text,
    constraint dead_letter_pkey primary key (id),
    constraint dead_letter_posicion unique (grupo, tema, posicion),
    constraint dead_letter_estado check (estado in ('reintento', 'muerta', 'reenviada', 'descartada')),
    constraint dead_letter_proximo check ((proximo is not null) = (estado = 'reintento')),
    constraint dead_letter_carga check ((carga is not null) = (estado in ('reintento', 'muerta'))),
    constraint dead_letter_resuelta check ((resuelta is not null) = (estado in ('reenviada', 'descartada'))),
    constraint dead_letter_descarte check
        (estado <> 'descartada' or (actor is not null and motivo_descarte is not null))
);

create index dead_letter_proximo on bandejas.dead_letter (proximo) where estado = 'reintento';
create index dead_letter_creado on bandejas.dead_letter (creado);

create table bandejas.intento (
    grupo    text        not null,
    tema     text        not null,
    posicion text        not null,
    veces    integer     not null default 1,
    visto    timestamptz not null default now(),
    constraint intento_pkey primary key (grupo, tema, posicion)
);

create index intento_visto on bandejas.intento (visto);
