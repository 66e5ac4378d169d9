-- What somebody changed in the tenant behind our back, since we and the tenant agreed. attribute: empty for the object itself (deleted, or restored).
-- value: what the attribute held before, as a document of one attribute.
create table drift (
  mv integer not null,
  attribute text not null,
  value text not null,
  primary key (mv, attribute)
) without rowid;
-- References of the tenant that somebody there set or removed, as pairs of metaverse objects.
create table reference_drift (
  source integer not null,
  attribute integer not null,
  target integer not null,
  primary key (source, attribute, target)
) without rowid;
create index reference_drift_target on reference_drift (target);
alter table operation_reference add column drift integer not null default 0;
