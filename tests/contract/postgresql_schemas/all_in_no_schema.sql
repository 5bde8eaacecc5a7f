-- as: superuser
-- servers: 13 17 18
-- damage: CREATE TABLE later (i int); CREATE FOREIGN DATA WRAPPER later; CREATE CAST (text AS point) WITH INOUT;
CREATE FOREIGN DATA WRAPPER dummy OPTIONS (debug 'true');
CREATE SERVER s FOREIGN DATA WRAPPER dummy;
CREATE USER MAPPING FOR PUBLIC SERVER s;
CREATE FOREIGN TABLE f (i int) SERVER s;
CREATE ACCESS METHOD own_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE in_own_heap (i int) USING own_heap;
INSERT INTO in_own_heap VALUES (1);
CREATE FUNCTION own_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE TRUSTED LANGUAGE plown HANDLER own_handler;
CREATE FUNCTION in_own_language() RETURNS int LANGUAGE plown AS 'BEGIN RETURN 1; END';
CREATE FUNCTION in_c(text) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'textlen';
CREATE TEXT SEARCH PARSER own_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE own_template (LEXIZE = dsimple_lexize, INIT = dsimple_init);
CREATE TEXT SEARCH DICTIONARY own_dictionary (TEMPLATE = own_template);
CREATE TEXT SEARCH CONFIGURATION own_search (PARSER = own_parser);
ALTER TEXT SEARCH CONFIGURATION own_search ADD MAPPING FOR asciiword WITH own_dictionary;
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION watch();
COMMENT ON EVENT TRIGGER watcher IS 'watches';
