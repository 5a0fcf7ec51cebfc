-- What a pending subscription will pay is on an invoice from its beginning: those that began before get theirs.
insert into factura (numero, id_suscripcion, codigo_plan, monto_centavos, moneda, saga, estado, emitida)
select g.id::text, s.id, s.codigo_plan, p.monto_centavos, p.moneda, g.id, 'pendiente', g.creada
from saga g
join suscripcion s on s.id = g.id_suscripcion and s.estado = 'pendiente'
join plan p on p.codigo = s.codigo_plan
where g.fase in ('avanzando', 'deshaciendo')
on conflict (numero) do nothing;

-- The data service of the plan, when its id does not derive from the subscription's.
alter table suscripcion rename column aprovisionada_por to id_serviciodatos;
