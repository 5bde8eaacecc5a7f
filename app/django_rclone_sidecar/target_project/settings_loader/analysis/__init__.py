"""Static analysis of settings modules: what each statement reads, defines and may change."""
