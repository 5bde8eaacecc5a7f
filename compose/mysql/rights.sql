-- A restore loads into a staging schema and then swaps it in. Further privileges: docs/mysql.md.
GRANT ALL ON `site\_\_restore\_%`.* TO site;
