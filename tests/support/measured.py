"""Lets the programs that our own code starts report their coverage: they see only the environment that they need."""

from django_rclone.process import child_environment

child_environment._COMMON = (*child_environment._COMMON, "COVERAGE_*")
