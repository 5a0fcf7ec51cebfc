-- 100,000 of the million sagas, from number $desde on, one every 20 seconds up to now. One in a hundred lives: the
-- newest, mostly. Few plans and clients have most of them; versions follow each other in time.
insert into saga (id, definicion, definicion_version, id_suscripcion, inquilino, codigo_cliente, codigo_plan, traza,
                  fase, atascada, version, estado, proximo_plazo, creada, actualizada)
select gen_random_uuid(), 'flujo-' || (1 + plan % 6), ver, gen_random_uuid(), 'publico', 'c-' || cliente, 'plan-' || plan,
       null, fase, viva and n % 10 = 0, 6,
       jsonb_build_object(
           'version', 6, 'fase', fase, 'atascada', viva and n % 10 = 0, 'pausada', viva and n % 50 = 1, 'motivo', null,
           'salidas', jsonb_build_object('crear_servicio', jsonb_build_object('id_serviciodatos', gen_random_uuid())),
           'pasos', jsonb_build_object('crear_suscripcion', jsonb_build_object('estado', 'hecho'),
                                       'crear_servicio', jsonb_build_object('estado', 'hecho'))
               || case when viva then jsonb_build_object(
                      (array['asignar_experto', 'iniciar_servicio', 'pagar', 'notificar'])[1 + n % 4],
                      jsonb_build_object('estado', case fase when 'avanzando' then 'en_curso' else 'deshaciendo' end,
                                         'intento', 2, 'vence_ms', 4000000000000))
                  else '{"asignar_experto": {"estado": "hecho"}, "iniciar_servicio": {"estado": "hecho"},
                         "pagar": {"estado": "hecho"}, "notificar": {"estado": "hecho"}}'::jsonb end),
       case when viva then now() + interval '30 days' end, momento, momento + interval '1 minute'
from (select *, case when viva and n % 5 = 0 then 'deshaciendo'
                     when viva then 'avanzando'
                     when azar < 0.90 then 'completada'
                     when azar < 0.98 then 'compensada'
                     when azar < 0.9999 then 'completada_con_avisos'
                     else 'abandonada' end as fase
      from (select n, random() as azar, now() - (1000000 - n) * interval '20 seconds' as momento,
                   least(12, floor(1 / (0.08 + random() * 0.92)))::integer as plan,
                   1 + floor(n / 350000.0)::integer as ver,
                   floor(20000 * power(random(), 4))::integer as cliente,
                   (n > 991000 and random() < 0.9) or random() < 0.002 as viva
            from generate_series($desde + 1, $desde + 100000) as n) as numeros) as sagas;
