-- One operation at a time on a subscription. The saga that carries it out is its own lock: taken by the insert that
-- begins it, given back by whichever update ends it, so that no lock outlives its saga and no saga goes without.
create unique index saga_viva_de_suscripcion on saga (id_suscripcion) where fase in ('avanzando', 'deshaciendo');

-- What a client has, or is about to get or to leave: a product has one holder at a time. A row lasts while its
-- subscription stands on that plan, and while a saga of that subscription lives.
create table contratacion (
    inquilino text not null,
    codigo_cliente text not null,
    codigo_plan text not null,
    id_suscripcion uuid not null,
    constraint contratacion_unica primary key (inquilino, codigo_cliente, codigo_plan)
);
create index contratacion_de_suscripcion on contratacion (id_suscripcion);
insert into contratacion (inquilino, codigo_cliente, codigo_plan, id_suscripcion)
select inquilino, codigo_cliente, codigo_plan, id from suscripcion
where estado in ('pendiente', 'activa') order by creada, id on conflict do nothing;

-- The saga that provisioned the plan, when it was not the one that created the subscription.
alter table suscripcion add column aprovisionada_por uuid;

-- Which flow carries out an operation, by the flows that provision the plan left and the plan taken;
-- '' stands for a plan without a flow, and for no plan.
create table flujo_operacion (
    operacion text not null constraint flujo_operacion_conocida check (operacion in ('cambiar_plan', 'cancelar')),
    desde text not null,
    hacia text not null,
    flujo text not null,
    actualizado timestamptz not null,
    constraint flujo_operacion_unico primary key (operacion, desde, hacia),
    constraint flujo_operacion_cancelar check (operacion <> 'cancelar' or hacia = '')
);

-- An invoice is issued before it is paid, and voided when what it was for does not happen.
alter table factura
    add column estado text not null default 'pagada',
    add column codigo_plan text,
    -- The saga that issued it, if one did.
    add column saga uuid,
    add column emitida timestamptz,
    alter column medio_pago drop not null,
    alter column pagada drop not null;
update factura f set codigo_plan = s.codigo_plan, emitida = f.pagada
from suscripcion s where s.id = f.id_suscripcion;
alter table factura
    alter column estado drop default,
    alter column codigo_plan set not null,
    alter column emitida set not null,
    add constraint factura_estado_conocido check (estado in ('pendiente', 'pagada', 'anulada')),
    add constraint factura_pagada check ((estado = 'pagada') = (pagada is not null)),
    add constraint factura_medio_pago check ((estado = 'pagada') = (medio_pago is not null));
