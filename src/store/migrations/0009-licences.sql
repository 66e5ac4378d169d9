-- Licences that a user held directly when we were about to delete him: the tenant releases them, and they are given back with him.
-- held_at: when he was last known to hold it. sent_at: since when we have been bringing him back, which makes it owed once he is there.
-- given_at: since when he has it again; then it is no longer owed.
create table kept_licence (
  target_id text not null,
  licence text not null,
  anchor text not null,
  name text not null,
  body text not null,
  held_at text not null,
  sent_at text,
  given_at text,
  primary key (target_id, licence)
) without rowid;
