"""The chart in a real cluster: `make test-cluster`. Not among what `make test` runs, for the minutes that it takes."""
