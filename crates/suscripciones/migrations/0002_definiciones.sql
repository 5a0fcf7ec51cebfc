-- A definition is written, verified, activated and retired; only its state moves.
alter table definicion_saga drop constraint definicion_estado_conocido;
alter table definicion_saga add constraint definicion_estado_conocido
    check (estado in ('borrador', 'verificada', 'activa', 'retirada'));

-- New sagas of a key begin with one version.
update definicion_saga d set estado = 'retirada'
where estado = 'activa'
  and exists (select 1 from definicion_saga m where m.clave = d.clave and m.estado = 'activa' and m.version > d.version);
create unique index definicion_activa_unica on definicion_saga (clave) where estado = 'activa';

-- Who moved a definition, to which state and when.
create table definicion_movimiento (
    clave text not null,
    version integer not null,
    estado text not null,
    actor text not null,
    instante timestamptz not null,
    foreign key (clave, version) references definicion_saga (clave, version)
);
create index movimiento_de_definicion on definicion_movimiento (clave, version, instante);

-- Codes that a flow reads as plan.parametros.<name>.
alter table plan add column parametros jsonb not null default '{}'
    constraint plan_parametros_objeto check (jsonb_typeof(parametros) = 'object');
