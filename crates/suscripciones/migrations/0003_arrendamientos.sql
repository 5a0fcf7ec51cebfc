-- The partition of a saga: four bits of its id, which is a digest.
create function particion_saga(saga uuid) returns smallint
    language sql immutable strict parallel safe
    return (get_byte(uuid_send(saga), 15) & 15)::smallint;

-- An orchestrator that runs. Its heartbeat moves `vence`, by the clock of this database, and touches nothing else.
create table orquestador (
    instancia uuid primary key,
    direccion text not null,
    desde timestamptz not null,
    latido timestamptz not null,
    vence timestamptz not null
) with (fillfactor = 50);

-- Who fires the deadlines of a partition and publishes its log. Each new owner raises `epoca`, which is the fence:
-- whoever writes on the strength of an older one writes nothing. A lease lasts while its owner's heartbeat does.
create table arrendamiento (
    particion smallint primary key constraint arrendamiento_particion_conocida check (particion between 0 and 15),
    dueno uuid,
    epoca bigint not null,
    desde timestamptz not null
);
insert into arrendamiento (particion, epoca, desde)
select particion, 0, clock_timestamp() from generate_series(0, 15) as p (particion);

-- How far the log of a partition has been published; only the holder of `epoca` moves it.
create table cursor_publicacion (
    particion smallint primary key,
    epoca bigint not null,
    tx xid8 not null,
    saga uuid not null,
    version bigint not null
) with (fillfactor = 50);
insert into cursor_publicacion (particion, epoca, tx, saga, version)
select a.particion, a.epoca, p.tx, p.saga, p.version from arrendamiento a cross join publicacion_saga p;
drop table publicacion_saga;

-- Under which holding of the saga's partition a deadline fired; null for everything that any instance may do.
alter table saga_log add column epoca bigint;
