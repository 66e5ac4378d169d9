-- References of the tenant that ended when one of their two objects went into its recycle bin. The tenant gives them back with the object.
create table returning_reference (
  source integer not null,
  attribute integer not null,
  target integer not null,
  primary key (source, attribute, target)
) without rowid;
create index returning_reference_target on returning_reference (target, attribute, source);
