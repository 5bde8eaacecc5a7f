"""Real servers for the tests: databases in containers, storage as rclone's own servers, on loopback only."""

from tests.servers.mongo import MongoServer, start_mongo
from tests.servers.mysql import MysqlServer, start_mysql
from tests.servers.postgres import PostgresServer, start_postgres
from tests.servers.storage import StorageServer, serve_s3, serve_sftp

__all__ = [
    "MongoServer",
    "MysqlServer",
    "PostgresServer",
    "StorageServer",
    "serve_s3",
    "serve_sftp",
    "start_mongo",
    "start_mysql",
    "start_postgres",
]
