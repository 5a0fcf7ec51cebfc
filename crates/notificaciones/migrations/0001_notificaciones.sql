-- The event store: the truth. Rows are appended; each one carries the digest of the one before it.
create table evento (
    id_notificacion uuid        not null,
    version         integer     not null,
    tipo            text        not null,
    datos           jsonb       not null,
    instante        timestamptz not null,
    huella_previa   bytea       not null,
    huella          bytea       not null,
    constraint evento_pkey primary key (id_notificacion, version),
    constraint evento_version check (version > 0),
    constraint evento_huella check (octet_length(huella) = 32 and octet_length(huella_previa) = 32),
    constraint evento_inicio check
        ((version = 1) = (huella_previa = decode(repeat('00', 32), 'hex')))
);

create function evento_es_inmutable() returns trigger language plpgsql as $$
begin
    raise exception 'evento is append-only: % refused', lower(tg_op) using errcode = 'restrict_violation';
end
$$;

create trigger evento_inmutable before update or delete or truncate on evento
    for each statement execute function evento_es_inmutable();

-- The projection: the fold of each stream, written in the transaction that appends, and rebuilt from the store.
-- `turno_hasta` alone is not part of it: the instance that sends holds the row until then.
create table notificacion (
    id              uuid        not null,
    version         integer     not null,
    cabeza          bytea       not null,
    estado          text        not null,
    intentos        integer     not null,
    id_suscripcion  uuid,
    codigo_cliente  text        not null,
    plantilla       text        not null,
    inquilino       text        not null,
    origen          uuid        not null,
    correlacion     uuid,
    huella_origen   text,
    destinatario    text,
    motivo          text,
    proximo_intento timestamptz,
    creada          timestamptz not null,
    actualizada     timestamptz not null,
    turno_hasta     timestamptz,
    constraint notificacion_pkey primary key (id),
    constraint notificacion_estado check (estado in ('creada', 'enviada', 'confirmada', 'fallida')),
    constraint notificacion_proximo check ((proximo_intento is not null) = (estado = 'creada'))
);

create index notificacion_proximo on notificacion (proximo_intento) where proximo_intento is not null;
create index notificacion_suscripcion on notificacion (id_suscripcion);
create index notificacion_cliente on notificacion (codigo_cliente, creada, id);
create index notificacion_creada on notificacion (creada, id);
create index notificacion_origen on notificacion (origen);
