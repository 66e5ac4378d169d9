-- The run whose writes a plan takes back; null: a plan of what the rules want.
alter table plan add column undoes integer;

-- What such a plan cannot take back, and why, in the order in which people are told.
create table not_undone (
  plan integer not null,
  number integer not null,
  body text not null,
  primary key (plan, number)
) without rowid;
