-- Free places in an order, so that taking one reads one: an index without it has the planner collect all of them first.
drop index cupo_libre;
create index cupo_por_tomar on cupo (codigo, id) where ocupado_por is null;
