create table plan (
    codigo text primary key,
    nombre text not null,
    monto_centavos bigint not null constraint plan_monto_no_negativo check (monto_centavos >= 0),
    moneda text not null,
    en_venta boolean not null,
    flujo text,
    recursos jsonb,
    actualizado timestamptz not null
);

-- Personal data: encrypted with a key per person; destroying the key forgets the person.
create table cliente (
    inquilino text not null,
    codigo text not null,
    clave bytea not null,
    datos bytea not null,
    actualizado timestamptz not null,
    primary key (inquilino, codigo)
);

create table condiciones_cliente (
    inquilino text not null,
    codigo text not null,
    bloqueado boolean not null,
    limite_pago_centavos bigint constraint condiciones_limite_no_negativo check (limite_pago_centavos >= 0),
    actualizado timestamptz not null,
    primary key (inquilino, codigo)
);

create table suscripcion (
    id uuid primary key,
    inquilino text not null,
    codigo_cliente text not null,
    codigo_plan text not null,
    estado text not null constraint suscripcion_estado_conocido
        check (estado in ('pendiente', 'activa', 'cancelada', 'rechazada')),
    motivo text,
    version bigint not null,
    creada timestamptz not null,
    actualizada timestamptz not null
);
create index suscripcion_de_cliente on suscripcion (inquilino, codigo_cliente, id);
create index suscripcion_reciente on suscripcion (creada, id);

create table factura (
    numero text primary key,
    id_suscripcion uuid not null references suscripcion (id),
    monto_centavos bigint not null,
    moneda text not null,
    medio_pago text not null,
    pagada timestamptz not null
);
create index factura_de_suscripcion on factura (id_suscripcion);

-- Immutable: a new behaviour is a new version.
create table definicion_saga (
    clave text not null,
    version integer not null,
    documento jsonb not null,
    sha256 text not null,
    estado text not null constraint definicion_estado_conocido check (estado in ('activa', 'retirada')),
    creada timestamptz not null,
    primary key (clave, version)
);

-- The fold of saga_log. Nothing that changes on every transition is indexed, so updates stay on their page.
create table saga (
    id uuid primary key,
    definicion text not null,
    definicion_version integer not null,
    id_suscripcion uuid not null,
    inquilino text not null,
    codigo_cliente text not null,
    codigo_plan text not null,
    traza text,
    fase text not null,
    atascada boolean not null,
    version bigint not null,
    estado jsonb not null,
    proximo_plazo timestamptz,
    creada timestamptz not null,
    actualizada timestamptz not null,
    foreign key (definicion, definicion_version) references definicion_saga (clave, version)
) with (fillfactor = 70);
create index saga_viva on saga (creada) where fase in ('avanzando', 'deshaciendo');
create index saga_de_suscripcion on saga (id_suscripcion);
create index saga_reciente on saga (creada, id);

create table saga_log (
    saga uuid not null,
    version bigint not null,
    instante timestamptz not null,
    entrada jsonb not null,
    tx xid8 not null default pg_current_xact_id(),
    primary key (saga, version)
);
create index saga_log_por_publicar on saga_log (tx, saga, version);

-- How far saga_log has been published; its row lock keeps publication to one instance at a time.
create table publicacion_saga (
    unica boolean primary key default true constraint publicacion_unica check (unica),
    tx xid8 not null,
    saga uuid not null,
    version bigint not null
);
insert into publicacion_saga (tx, saga, version) values ('0', '00000000-0000-0000-0000-000000000000', 0);
