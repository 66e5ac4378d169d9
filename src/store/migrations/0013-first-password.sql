-- Users whom we have made in the tenant and whose first password has not been on its way yet. Only of such a user the tenant is sure to keep the demand to change it; so nobody else is ever
-- put in here: not who comes back, nor who had been in the tenant before us, nor whom another server has made.
create table first_password (
  target text primary key
) without rowid;
-- Where no password has ever been synchronized, whoever was made from here has had none.
insert into first_password (target)
  select distinct c.target_id from change_log c join run r on r.id = c.run
  where c.action = 'create' and c.type = 'user' and r.server is null and not exists (select 1 from password_account);
