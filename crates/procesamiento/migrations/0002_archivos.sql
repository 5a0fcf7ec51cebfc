-- Images that came in together, as one operation. Their names came with them and are stored nowhere.
create table paquete (
    operacion uuid        not null,
    inquilino text        not null,
    huella    text        not null,
    omitidos  integer     not null,
    recibido  timestamptz not null,
    constraint paquete_pkey primary key (operacion)
);

alter table imagen
    add column paquete  uuid,
    add column posicion integer,
    add column causa    text,
    add column informe  jsonb,
    add constraint imagen_paquete foreign key (paquete) references paquete (operacion),
    add constraint imagen_posicion unique (paquete, posicion),
    drop constraint imagen_estado,
    add constraint imagen_estado check (estado in ('recibida', 'anonimizada', 'cuarentena', 'fallida')),
    add constraint imagen_causa check ((causa is not null) = (estado in ('cuarentena', 'fallida')));

create index imagen_cuarentena on imagen (inquilino, id) where estado = 'cuarentena';

-- The file of an image as it came. The row goes once the store has confirmed that the object is gone;
-- `liberado` says since when it may go.
create table borrado_pendiente (
    objeto   text        not null,
    imagen   uuid        not null,
    formato  text        not null,
    bytes    bigint      not null,
    sha256   text        not null,
    liberado timestamptz,
    constraint borrado_pendiente_pkey primary key (objeto),
    constraint borrado_pendiente_unico unique (imagen),
    constraint borrado_pendiente_imagen foreign key (imagen) references imagen (id)
);

create index borrado_pendiente_liberado on borrado_pendiente (liberado) where liberado is not null;

-- The file of an image as everybody may see it.
create table archivo (
    imagen    uuid   not null,
    objeto    text   not null,
    formato   text   not null,
    bytes     bigint not null,
    sha256    text   not null,
    inquilino text   not null,
    estudio   text,
    serie     text,
    instancia text,
    clase     text,
    informe   jsonb  not null,
    constraint archivo_pkey primary key (imagen),
    constraint archivo_objeto unique (objeto),
    constraint archivo_imagen foreign key (imagen) references imagen (id)
);

create index archivo_estudio on archivo (inquilino, estudio, serie, instancia) where estudio is not null;
