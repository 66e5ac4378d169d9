-- What is remembered once for the whole store: schema version, state version, fingerprint of the rules.
create table meta (
  key text primary key,
  value text not null
);

create table space (
  id integer primary key,
  name text not null unique,
  kind text not null,
  watermark text,
  attributes text not null,
  parameters text not null,
  generation integer not null,
  imported_at text,
  baseline text not null
);

-- state: 0 live, 1 placeholder (only referred to), 2 removed (sync has not seen it yet), 3 in the recycle bin of the tenant
create table object (
  id integer primary key,
  space integer not null,
  anchor text not null,
  type text not null,
  state integer not null,
  mv integer,
  parent integer,
  rdn text,
  generation integer not null,
  deleted_at text
);
-- Attributes as JSON, apart from the row that references and links are resolved with.
create table document (
  object integer primary key,
  doc text not null
);
create unique index object_anchor on object (space, anchor);
create index object_parent on object (parent) where parent is not null;
create index object_mv on object (mv) where mv is not null;

create table space_count (
  space integer not null,
  type text not null,
  live integer not null,
  primary key (space, type)
) without rowid;

create table reference (
  source integer not null,
  attribute integer not null,
  target integer not null,
  primary key (source, attribute, target)
) without rowid;
create index reference_target on reference (target, attribute, source);

create table reference_count (
  source integer not null,
  attribute integer not null,
  count integer not null,
  primary key (source, attribute)
) without rowid;

-- The targets of a list that arrives in several parts, until its last part is here.
create table reference_part (
  source integer not null,
  attribute integer not null,
  target integer not null,
  primary key (source, attribute, target)
) without rowid;

create table attribute_name (
  id integer primary key,
  name text not null unique
);

-- Values by which objects of a space are found: anchors, unique values.
create table space_value (
  space integer not null,
  kind text not null,
  key text not null,
  object integer not null,
  primary key (space, kind, key, object)
) without rowid;
create index space_value_object on space_value (object);

-- Sync's work. flags: 1 attributes, 2 renamed, 4 moved, 8 removed or brought back
create table pending_object (
  object integer primary key,
  flags integer not null
);
create table pending_reference (
  source integer not null,
  attribute integer not null,
  target integer not null,
  primary key (source, attribute, target)
) without rowid;

create table scope_container (
  space integer not null,
  kind text not null,
  dn text not null,
  anchor text not null,
  primary key (space, kind, dn)
) without rowid;

create table metaverse (
  id integer primary key,
  type text not null,
  anchor text,
  tenant integer,
  rules text not null,
  -- Where the last object of a source stood that it was made of, and why that left
  origin text
);
create table metaverse_document (
  mv integer primary key,
  doc text not null
);
-- Which object of which space gives a metaverse object its references of one attribute. Only where it has any.
create table contributor (
  mv integer not null,
  attribute integer not null,
  object integer not null,
  object_attribute integer not null,
  primary key (mv, attribute, object)
) without rowid;
create index contributor_object on contributor (object, object_attribute);
create table metaverse_value (
  attribute text not null,
  key text not null,
  mv integer not null,
  primary key (attribute, key, mv)
) without rowid;
create index metaverse_value_mv on metaverse_value (mv);

-- Plan's work. flags: 1 attributes, 2 all its references, 4 look whether its references lead out of the scope
create table touched (
  mv integer primary key,
  flags integer not null
);
create table touched_reference (
  source integer not null,
  attribute integer not null,
  target integer not null,
  primary key (source, attribute, target)
) without rowid;

-- Metaverse objects that the rules want in the tenant, as the last plan that looked at them saw it.
create table wanted (
  mv integer primary key
);

create table plan (
  id integer primary key,
  run integer not null,
  created_at text not null,
  state text not null,
  version integer not null,
  hash text not null,
  counts text not null,
  guards text not null,
  operations integer not null,
  approved_by text,
  approved_at text,
  detailed integer not null default 1
);
create index plan_detailed on plan (id) where detailed = 1;
-- late: the second operation of one object, for references that could not be written with the first
create table operation (
  id integer primary key,
  plan integer not null,
  position integer,
  level integer not null,
  action text not null,
  type text not null,
  mv integer not null,
  object integer,
  anchor text not null,
  name text not null,
  late integer not null,
  changes text not null,
  waits text not null,
  cause text not null,
  state text not null
);
create index operation_plan on operation (plan, position) where position is not null;
create index operation_mv on operation (plan, mv, late, type, action, level);
create table operation_reference (
  plan integer not null,
  mv integer not null,
  attribute integer not null,
  target integer not null,
  adds integer not null,
  late integer not null,
  state integer not null,
  primary key (plan, mv, attribute, target)
) without rowid;
create table claim (
  plan integer not null,
  kind text not null,
  key text not null,
  operation integer not null,
  primary key (plan, kind, key, operation)
) without rowid;

create table intent (
  id integer primary key,
  plan integer not null,
  operation integer not null,
  step text not null,
  sent_at text not null,
  payload text not null
);
create index intent_plan on intent (plan);

create table run (
  id integer primary key,
  command text not null,
  started_at text not null,
  ended_at text,
  plan integer,
  outcome text,
  message text,
  done text not null,
  failed integer not null
);
create table run_step (
  run integer not null,
  number integer not null,
  step text not null,
  started_at text not null,
  ended_at text not null,
  detail text not null,
  counts text not null,
  primary key (run, number)
) without rowid;

create table finding (
  id integer primary key,
  stage text not null,
  subject text not null,
  code text not null,
  severity text not null,
  run integer not null,
  first_seen text not null,
  body text not null
);
create index finding_subject on finding (stage, subject);

create table change_log (
  id integer primary key,
  run integer not null,
  plan integer not null,
  at text not null,
  mv integer not null,
  type text not null,
  anchor text not null,
  name text not null,
  target_id text not null,
  action text not null,
  body text not null
);
create index change_log_anchor on change_log (anchor);
create index change_log_run on change_log (run);
