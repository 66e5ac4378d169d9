-- Where several domains are sources, what one of them only refers to may be an object of another: all of it is looked at once.
insert into pending_object (object, flags)
  select o.id, 1 from object o join space s on s.id = o.space
  where o.state = 1 and s.kind = 'ad' and (select count(*) from space where kind = 'ad') > 1
  on conflict (object) do nothing;
