-- When the password was set that was sent last. Its version alone does not name it: two domain controllers that do not hear of each other, and one that was put back,
-- count alike. Where it is not known it stays null.
alter table password_account add column sent_changed_at text;
update password_account set sent_changed_at = changed_at where sent_version = version;
