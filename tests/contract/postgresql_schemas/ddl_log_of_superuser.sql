-- as: owner
-- servers: 15 17
-- superuser: CREATE TABLE ddl_log (id serial PRIMARY KEY, tag text); CREATE INDEX ON ddl_log (tag); GRANT ALL ON ddl_log, ddl_log_id_seq TO PUBLIC; CREATE FUNCTION note(tag text) RETURNS void LANGUAGE sql AS $$ INSERT INTO public.ddl_log (tag) VALUES ($1) $$; CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.note(tg_tag); END $$; CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION log_ddl();
-- damage: DELETE FROM t;
-- ignore: ddl_log
-- not into: it writes to a table that the copy lacks
CREATE TABLE t (i int);
INSERT INTO t VALUES (1);
