-- Runs that another server carried out on the same tenant, known here by what it has published: which server, and its number for the run.
alter table run add column server text;
alter table run add column server_run integer;
create index run_server on run (server, server_run) where server is not null;
