"""Layout of a remote: its folders, the paths of objects and manifests, and the content of a manifest."""
