-- Everything that a Django project, its migrations and its database administrator may leave in a schema.
-- Run by the client as an ordinary role with all rights on the schema; expects the account "somebody".
SET NAMES utf8mb4;
SET time_zone = '+00:00';

-- Names that somebody's tool will break on.
CREATE TABLE `ta ble; DROP TABLE x; --` (`co``l` int PRIMARY KEY, `sel ect` text, `ümläut ☃` text) COMMENT 'it''s
-- Table structure for table `x`';
INSERT INTO `ta ble; DROP TABLE x; --` VALUES (1, 'tab\there', 'ünï☃😀'), (2, 'a\nb\r\n\\N\Z\0;', NULL), (3, '-- Dump completed
DELIMITER ;;
/*!50003 SET @saved_cs_client = 1 */', '''');
CREATE TABLE `back``tick'quote"` (id int PRIMARY KEY, `x = 'y'` varchar(50) DEFAULT 'it''s \\ %s $1');
INSERT INTO `back``tick'quote"` (id) VALUES (1), (2);

-- Values.
CREATE TABLE everything (
  id bigint UNSIGNED PRIMARY KEY AUTO_INCREMENT, document json, raw longblob, fixed binary(4), bits bit(7),
  amount decimal(65, 30), ratio double, moment datetime(6), stamp timestamp(6) NULL, clock time(6), day date, y year,
  mood enum('sad', 'o''k', 'hap py'), many set('a', 'b'), shape geometry, latin varchar(20) CHARACTER SET latin1,
  cased varchar(20) COLLATE utf8mb4_bin, length int AS (char_length(document)) STORED,
  half double AS (ratio / 2) VIRTUAL, CHECK (day <> '2001-01-01' OR mood = 'sad'), KEY (half)
) AUTO_INCREMENT = 9223372036854775000;
INSERT INTO everything (document, raw, fixed, bits, amount, ratio, moment, stamp, clock, day, y, mood, many, shape,
                        latin, cased)
VALUES ('{"a": [1, {"b": "\\u2603 \\"q\\" \\\\"}], "n": 1e40}', x'00FF0A0D5C2E0027', x'01', b'1010101',
        12345678901234567890123456789012345.123456789012345678901234567891, -2.5e-300, '9999-12-31 23:59:59.999999',
        '2020-02-02 02:02:02.123456', '-838:59:59', '1000-01-01', 1901, 'o''k', 'a,b', POINT(1, -2.5), 'Österreich', 'CaSe'),
       (NULL, '', '', b'0', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, '', '');
CREATE TABLE zero (id int PRIMARY KEY AUTO_INCREMENT, n int);
SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO');
INSERT INTO zero VALUES (0, 0), (5, 1);
SET sql_mode = DEFAULT;
CREATE TABLE big (id int PRIMARY KEY AUTO_INCREMENT, body longtext, raw longblob);
INSERT INTO big (body, raw) VALUES (REPEAT('abcdefgh☃\n', 300000), REPEAT(x'00FFAB0A', 500000));
CREATE TABLE empty_table (id int PRIMARY KEY, t text COLLATE utf8mb4_bin);
CREATE TABLE old_text (t varchar(20)) CHARACTER SET latin1;
INSERT INTO old_text VALUES ('zwölf');

-- References in a circle, partitions, full text.
CREATE TABLE author (id int PRIMARY KEY AUTO_INCREMENT, best_book int, name varchar(100) NOT NULL UNIQUE);
CREATE TABLE book (id int PRIMARY KEY AUTO_INCREMENT, author_id int NOT NULL,
  CONSTRAINT `by whom` FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE);
ALTER TABLE author ADD CONSTRAINT best FOREIGN KEY (best_book) REFERENCES book (id) ON DELETE SET NULL;
SET foreign_key_checks = 0;
INSERT INTO author VALUES (1, 1, 'A');
INSERT INTO book VALUES (1, 1);
SET foreign_key_checks = 1;
CREATE TABLE measure (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (year(at))
  SUBPARTITION BY HASH (id) SUBPARTITIONS 2
  (PARTITION old VALUES LESS THAN (2021), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO measure VALUES (1, '2020-05-05'), (2, '2022-02-02');
CREATE TABLE words (id int PRIMARY KEY AUTO_INCREMENT, text text, FULLTEXT KEY found (text)) ROW_FORMAT = COMPRESSED;
INSERT INTO words (text) VALUES ('the quick brown foxes'), ('jumped');
CREATE TABLE log (id int PRIMARY KEY AUTO_INCREMENT, what varchar(200));

-- Programs. Some are other people's, some name the schema's own tables, some look like a dump.
DELIMITER $$
CREATE TRIGGER logged AFTER INSERT ON author FOR EACH ROW BEGIN
  INSERT INTO log (what) VALUES (CONCAT('inserted ', NEW.name, ';;'));
END$$
CREATE TRIGGER logged_too AFTER INSERT ON author FOR EACH ROW FOLLOWS logged INSERT INTO log (what) VALUES ('too')$$
CREATE DEFINER = somebody TRIGGER `on ``zero` BEFORE UPDATE ON zero FOR EACH ROW BEGIN
  -- Table structure for table `zero`
  SET NEW.n = NEW.n + 1; -- DELIMITER ;
END$$
CREATE TRIGGER filled BEFORE INSERT ON big FOR EACH ROW SET NEW.body = CONCAT(NEW.body, ' fired')$$
CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC SQL SECURITY INVOKER COMMENT 'it''s ☃' BEGIN
  /* ;; */
  RETURN x * 2;
END$$
CREATE DEFINER = somebody FUNCTION counted() RETURNS int READS SQL DATA RETURN (SELECT COUNT(*) FROM author)$$
CREATE PROCEDURE `do it`(INOUT x int, IN y varchar(20) CHARACTER SET latin1) BEGIN
  DECLARE done int DEFAULT 0;
  IF x > 0 THEN SET x = x + twice(x); ELSE SELECT 'ünï;;', "DELIMITER ;"; END IF;
END$$
CREATE EVENT `nightly ``clean` ON SCHEDULE EVERY 1 SECOND STARTS '2040-01-01 00:00:00' DO INSERT INTO log (what) VALUES ('event')$$
CREATE DEFINER = somebody EVENT once ON SCHEDULE AT '2040-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE DO BEGIN
  DELETE FROM log;
END$$
DELIMITER ;
CREATE VIEW v1 AS SELECT id, name FROM author WHERE name <> ';';
CREATE DEFINER = somebody SQL SECURITY INVOKER VIEW a_view_over_a_view AS SELECT v1.id, twice(v1.id) AS `sel ect` FROM v1;
CREATE ALGORITHM = MERGE VIEW v3 AS SELECT book.id FROM book JOIN a_view_over_a_view USING (id) WHERE book.id > 0
  WITH CASCADED CHECK OPTION;

-- What Django keeps.
CREATE TABLE django_migrations (id bigint AUTO_INCREMENT PRIMARY KEY, app varchar(255) NOT NULL, name varchar(255) NOT NULL,
  applied datetime(6) NOT NULL);
INSERT INTO django_migrations (app, name, applied)
VALUES ('auth', '0001_initial', '2020-01-01'), ('auth', '0002_more', '2020-01-02'), ('shop', '0001_initial', '2020-01-03');
