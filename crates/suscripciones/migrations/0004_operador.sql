-- Lists of sagas skip from one combination of these columns to the next and take the newest of each, so no
-- combination of filters has to read what it does not show. Of them only fase changes, with the saga's turns.
create index saga_por_plan on saga
    (inquilino, codigo_plan, definicion, definicion_version, fase, creada, id);
create index saga_de_cliente on saga
    (inquilino, codigo_cliente, codigo_plan, definicion, definicion_version, fase, creada, id);

-- An order to many sagas: what the operator was shown, and how far it has been carried out.
create table lote (
    id uuid primary key,
    inquilino text not null,
    orden jsonb not null,
    filtro jsonb not null,
    actor text not null,
    motivo text,
    sagas uuid[] not null,
    estado text not null constraint lote_estado_conocido check (estado in ('propuesto', 'confirmado', 'terminado')),
    creado timestamptz not null,
    vence timestamptz not null,
    confirmado timestamptz,
    terminado timestamptz,
    reservado timestamptz,
    constraint lote_confirmado check ((confirmado is null) = (estado = 'propuesto')),
    constraint lote_terminado check ((terminado is not null) = (estado = 'terminado'))
);
create index lote_en_marcha on lote (confirmado) where estado = 'confirmado';
create index lote_sin_confirmar on lote (vence) where estado = 'propuesto';

-- Who ordered what of which saga, and what came of it.
create table mando (
    id uuid primary key,
    lote uuid references lote (id),
    inquilino text not null,
    saga uuid not null,
    orden jsonb not null,
    actor text not null,
    motivo text,
    resultado text not null constraint mando_resultado_conocido
        check (resultado in ('aplicado', 'rechazado', 'cambiada')),
    codigo text,
    version bigint,
    instante timestamptz not null,
    constraint mando_una_vez_por_lote unique (lote, saga),
    constraint mando_aplicado check ((version is not null) = (resultado = 'aplicado')),
    constraint mando_con_razon check ((codigo is null) = (resultado = 'aplicado'))
);
create index mando_reciente on mando (inquilino, id);
create index mando_de_saga on mando (saga, id);
