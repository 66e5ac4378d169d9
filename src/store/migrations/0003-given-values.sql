-- Values that outbound rules with merge gave to an object of the tenant, and that it may still hold: whatever else it holds is its own.
create table given_value (
  mv integer not null,
  attribute text not null,
  key text not null,
  primary key (mv, attribute, key)
) without rowid;
