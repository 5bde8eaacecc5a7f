-- A restore loads into schemas beside the site's own, and swaps them in at once. Further rights: docs/mysql.md.
GRANT ALL ON `site\_\_restore\_%`.* TO site;
