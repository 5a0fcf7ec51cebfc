create table nube (
    codigo text not null,
    nombre text not null,
    tipo   text not null,
    constraint nube_pkey primary key (codigo)
);

create table dataset (
    codigo   text    not null,
    nombre   text    not null,
    retirado boolean not null,
    constraint dataset_pkey primary key (codigo)
);

-- `persona` is encrypted with `clave`, and nobody can read it once `clave` is gone.
create table experto (
    codigo         text   not null,
    especialidades text[] not null,
    clave          bytea,
    persona        bytea,
    constraint experto_pkey primary key (codigo),
    constraint experto_especialidades check (cardinality(especialidades) > 0),
    constraint experto_persona check ((clave is null) = (persona is null))
);

create table servicio_datos (
    id             uuid        not null,
    id_suscripcion uuid        not null,
    inquilino      text        not null,
    codigo_cliente text        not null,
    codigo_plan    text        not null,
    codigo_nube    text        not null,
    codigo_dataset text        not null,
    estado         text        not null,
    codigo_experto text,
    especialidad   text,
    motivo         text,
    version        bigint      not null,
    creado         timestamptz not null,
    actualizado    timestamptz not null,
    constraint servicio_datos_pkey primary key (id),
    constraint servicio_datos_nube foreign key (codigo_nube) references nube (codigo),
    constraint servicio_datos_dataset foreign key (codigo_dataset) references dataset (codigo),
    constraint servicio_datos_experto foreign key (codigo_experto) references experto (codigo),
    constraint servicio_datos_version check (version > 0),
    constraint servicio_datos_asignacion check ((codigo_experto is null) = (especialidad is null)),
    constraint servicio_datos_motivo check (motivo is null or estado = 'terminado'),
    constraint servicio_datos_estado check (case estado
        when 'creado' then codigo_experto is null
        when 'experto_asignado' then codigo_experto is not null
        when 'iniciado' then codigo_experto is not null
        else estado = 'terminado'
    end)
) with (fillfactor = 80);

create index servicio_datos_reciente on servicio_datos (creado desc, id desc);
create index servicio_datos_suscripcion on servicio_datos (id_suscripcion);
create index servicio_datos_cliente on servicio_datos (codigo_cliente, creado desc, id desc);

-- One row per place of a cloud or an expert, so that takers never queue for a counter.
-- The two kinds are partitions of one table, so that a batch takes both with one statement.
create sequence cupo_id;

create table cupo (
    id          bigint not null default nextval('cupo_id'),
    recurso     text   not null,
    codigo      text   not null,
    ocupado_por uuid,
    constraint cupo_pkey primary key (id, recurso),
    constraint cupo_unico unique (ocupado_por, recurso),
    constraint cupo_servicio foreign key (ocupado_por) references servicio_datos (id)
) partition by list (recurso);

create table cupo_nube partition of cupo (
    constraint cupo_nube_codigo foreign key (codigo) references nube (codigo)
) for values in ('nube');

create table cupo_experto partition of cupo (
    constraint cupo_experto_codigo foreign key (codigo) references experto (codigo)
) for values in ('experto');

create index cupo_libre on cupo (codigo, ocupado_por);
