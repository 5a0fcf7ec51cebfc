-- `paciente` is a keyed pseudonym; the id that the health centre sent is stored nowhere.
create table imagen (
    id               uuid        not null,
    inquilino        text        not null,
    operacion        uuid        not null,
    huella           text,
    estado           text        not null default 'recibida',
    version          bigint      not null default 1,
    modalidad        text        not null,
    patologia        text        not null,
    region_anatomica text        not null,
    formato_imagen   text        not null,
    fuente_de_datos  text        not null,
    paciente         text        not null,
    ingesta          timestamptz not null,
    con_antecedentes boolean     not null,
    recibida         timestamptz not null,
    perfil           text,
    retirados        jsonb,
    anonimizada      timestamptz,
    constraint imagen_pkey primary key (id),
    constraint imagen_operacion unique (operacion),
    constraint imagen_estado check (estado in ('recibida', 'anonimizada')),
    constraint imagen_resultado check (
        num_nonnulls(perfil, retirados, anonimizada) = case estado when 'anonimizada' then 3 else 0 end
    )
);

create index imagen_anonimizadas on imagen (inquilino, id) where estado = 'anonimizada';

-- Personal data of an image, under a key of its own: deleting the row forgets it.
create table antecedentes (
    imagen  uuid  not null,
    clave   bytea not null,
    cifrado bytea not null,
    constraint antecedentes_pkey primary key (imagen),
    constraint antecedentes_imagen foreign key (imagen) references imagen (id)
);
