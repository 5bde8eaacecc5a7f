"""Real servers for the tests: databases and monitoring in containers, storage as rclone's own, on loopback only."""

from tests.support.servers.alertmanager import Alertmanager, amtool, start_alertmanager, tell
from tests.support.servers.mongo import MongoServer, start_mongo
from tests.support.servers.mysql import MysqlServer, start_mysql
from tests.support.servers.postgres import PostgresServer, start_postgres
from tests.support.servers.prometheus import Prometheus, promtool, scrape, start_prometheus
from tests.support.servers.pushgateway import Pushgateway, start_pushgateway
from tests.support.servers.storage import StorageServer, serve_s3, serve_sftp, serve_webdav
from tests.support.servers.webhook import Webhook, listen

__all__ = [
    "Alertmanager",
    "MongoServer",
    "MysqlServer",
    "PostgresServer",
    "Prometheus",
    "Pushgateway",
    "StorageServer",
    "Webhook",
    "amtool",
    "listen",
    "promtool",
    "scrape",
    "serve_s3",
    "serve_sftp",
    "serve_webdav",
    "start_alertmanager",
    "start_mongo",
    "start_mysql",
    "start_postgres",
    "start_prometheus",
    "start_pushgateway",
    "tell",
]
