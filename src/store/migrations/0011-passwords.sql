-- Whose password is a person's: the account that the rules choose, and since which state of the store. An account that was it before, and was
-- not meanwhile, is chosen anew.
alter table metaverse add column password_source integer;
alter table metaverse add column password_since integer not null default 0;
-- Who was joined before is looked at once more, so that the account is chosen.
insert into pending_object (object, flags)
  select id, 1 from object where mv is not null and state = 0 and space in (select id from space where name <> 'tenant')
  on conflict (object) do nothing;

-- judged: by what rules, configuration and state of the persons nobody was found to leave the account out.
-- What is known of the password of an account, and what of it the tenant was sent: never the password, nor anything made of it.
-- sent_*: which version, to which object of the tenant, chosen since when, when it was sent, whether a change was
-- demanded, and whether it was a random one in the place of that of an expired account.
create table password_account (
  space integer not null,
  anchor text not null,
  state text not null,
  reason text,
  version integer,
  changed_at text,
  expires_at text,
  waiting_since text,
  attempts integer not null,
  next_at text,
  failure text,
  judged text,
  sent_version integer,
  sent_target text,
  sent_since integer,
  sent_at text,
  sent_force integer not null,
  sent_block integer not null,
  primary key (space, anchor)
) without rowid;
create index password_account_open on password_account (space, state, changed_at) where state <> 'synchronized';
create index password_account_expiry on password_account (space, expires_at) where expires_at is not null;
