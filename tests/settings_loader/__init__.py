"""Settings of target projects, loaded without the projects' packages."""
