"""Pruning: removes old backups and leftovers of interrupted runs, once a newer backup is confirmed."""

from django_rclone.prune.force import force_needed as force_needed
from django_rclone.prune.new_backup import after_backup as after_backup
from django_rclone.prune.new_backup import left_to_others_if_denied as left_to_others_if_denied
from django_rclone.prune.planning import plan as plan
from django_rclone.prune.pruning import Plan as Plan
from django_rclone.prune.pruning import Pruning as Pruning
from django_rclone.prune.pruning import configured_policy as configured_policy
from django_rclone.prune.removal import carry_out as carry_out
from django_rclone.prune.removal import prune as prune
from django_rclone.prune.removal import remove as remove
