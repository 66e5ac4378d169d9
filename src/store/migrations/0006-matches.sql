-- Objects of the tenant that were there before us and are joined, but not taken over yet: by what they were found. `refused`: why they are left alone.
create table tenant_match (
  mv integer primary key,
  candidate integer not null,
  way text not null,
  value text not null,
  refused text
);
create index tenant_match_candidate on tenant_match (candidate);
-- What an administrator has joined by hand, or (without a target) wants to stay apart.
create table hand_link (
  anchor text primary key,
  target text,
  who text not null,
  at text not null
) without rowid;
