"""``python -m django_rclone_sidecar`` is the ``django-rclone`` program."""

import sys

from django_rclone_sidecar.cli import main

sys.exit(main())
