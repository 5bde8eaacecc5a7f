"""What can be wrong before the first backup and the first restore, one small check for each."""
