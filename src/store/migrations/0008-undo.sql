-- Plans that take back what a run wrote, and which run.
create table undo_plan (
  plan integer primary key,
  run integer not null
);

-- What such a plan cannot take back, and why, in the order in which people are told.
create table not_undone (
  plan integer not null,
  number integer not null,
  body text not null,
  primary key (plan, number)
) without rowid;
