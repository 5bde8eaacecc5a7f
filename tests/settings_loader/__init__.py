"""The loader of target projects' settings, tested on projects that the tests write."""
