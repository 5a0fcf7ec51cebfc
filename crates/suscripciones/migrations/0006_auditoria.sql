-- How far the audit has come. Every instance may audit; whoever has the turn, which `vence` bounds, does.
-- `tx`, `saga`, `version`: the last entry of saga_log that was looked at.
-- `pausas`: how many pauses of the orchestrators it has seen; a new one may have written the log anew.
-- Once everything before `marca_tx` has been looked at, whatever had ended at `marca` has been checked.
create table auditoria (
    unica boolean primary key default true constraint auditoria_unica check (unica),
    instancia uuid,
    vence timestamptz not null default '-infinity',
    pausas bigint not null default 0,
    tx xid8 not null default '0',
    saga uuid not null default '00000000-0000-0000-0000-000000000000',
    version bigint not null default 0,
    marca_tx xid8,
    marca timestamptz,
    revisado_hasta timestamptz,
    revisadas bigint not null default 0,
    sin_respuesta text[] not null default '{}',
    barrido_creada timestamptz not null default 'epoch',
    barrido_id uuid not null default '00000000-0000-0000-0000-000000000000',
    vuelta_inicio timestamptz,
    vuelta_suscripciones bigint not null default 0,
    ultima_vuelta_inicio timestamptz,
    ultima_vuelta_fin timestamptz,
    ultima_vuelta_suscripciones bigint,
    constraint auditoria_marca check ((marca_tx is null) = (marca is null))
);
insert into auditoria default values;

-- What disagrees. `observado`: seen, and not yet seen again; then `abierto`; `resuelto` once it is no longer so.
create table hallazgo (
    id bigint generated always as identity primary key,
    id_suscripcion uuid not null,
    -- Absent when what is missing is the saga.
    saga uuid,
    regla text not null,
    esperado text not null,
    encontrado text not null,
    estado text not null constraint hallazgo_estado_conocido check (estado in ('observado', 'abierto', 'resuelto')),
    visto timestamptz not null,
    revisado timestamptz not null,
    abierto timestamptz,
    resuelto timestamptz,
    constraint hallazgo_abierto check ((abierto is null) = (estado = 'observado')),
    constraint hallazgo_resuelto check ((resuelto is null) = (estado <> 'resuelto'))
);
create unique index hallazgo_vigente on hallazgo (id_suscripcion, saga, regla) nulls not distinct where resuelto is null;
create index hallazgo_pasado on hallazgo (resuelto) where resuelto is not null;
