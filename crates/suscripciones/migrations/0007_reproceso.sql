-- How far the states of live sagas have been published to `saga-estado`, and when last; never ahead of the log.
create table publicacion_estado (
    particion smallint primary key,
    tx xid8 not null,
    saga uuid not null,
    version bigint not null,
    publicado timestamptz not null
);

-- Everything that rebuilding the saga tables needs beside them. These tables stay when those are lost.
create schema if not exists reproceso;

-- While `desde` is set no orchestrator moves a saga; `turno` grows with every pause.
create table if not exists reproceso.pausa (
    unica boolean primary key default true constraint pausa_unica check (unica),
    turno bigint not null,
    desde timestamptz,
    motivo text
);
insert into reproceso.pausa (turno) values (0) on conflict do nothing;

-- The running orchestrators, and the pause that each one obeys.
create table if not exists reproceso.acuse (
    instancia uuid primary key,
    latido timestamptz not null,
    turno bigint
);

-- What the topics say, as read by the last run: the log, the last published states, and the fold of the log.
create unlogged table if not exists reproceso.saga_log (
    saga uuid not null,
    version bigint not null,
    instante timestamptz not null,
    entrada jsonb not null,
    cabecera jsonb,
    primary key (saga, version)
);
create unlogged table if not exists reproceso.estado (
    saga uuid primary key,
    version bigint not null,
    cabecera jsonb not null,
    documento jsonb not null
);
create unlogged table if not exists reproceso.saga (
    like saga including defaults including generated,
    primary key (id)
);

-- Sagas that were rebuilt and have not sent their outstanding commands again yet.
create table if not exists reproceso.restaurada (
    saga uuid primary key
);
