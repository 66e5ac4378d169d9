-- What left the tenant without an approval, for the guards that add up a day: deleted and disabled objects, removed memberships.
-- kind: delete, disable, member. mv: the group of removed memberships, else 0.
create table departure (
  kind text not null,
  mv integer not null,
  type text not null,
  plan integer not null,
  at text not null,
  n integer not null,
  primary key (kind, mv, type, plan)
) without rowid;
create index departure_at on departure (at);

-- Who holds an administrator role in the tenant, by the tenant's id, as it was read last.
create table role_holder (
  anchor text primary key,
  roles text not null
) without rowid;

-- Objects that nobody stands for any more and that wait to be deleted. settled: since a plan was carried out that knew of it.
create table leaving (
  mv integer primary key,
  since text not null,
  settled integer not null,
  type text not null,
  name text not null,
  cause text not null
);
create index leaving_since on leaving (settled, since);
