"""Loads the target's settings without the target's packages, and never guesses a value.

A value that depends on anything unknown is reported as a problem. The steps:

1. *Child process*: ``child_process`` starts ``worker``, which imports the settings module and writes a ``reply`` in
   JSON. ``audit_hook`` refuses to write files and to start programs there.
2. *Stubs*: ``import_hooks`` gives the target's code a stub (``unknowns.stub``) for each missing package. All that is
   made from a stub is a stub too. ``module_substitutes`` has modules of other Python versions.
3. *Tolerant compilation*: ``tolerant_compiler`` wraps each statement of the target in a ``try``. After a failed
   statement the names that it would have set are stubs with the reason (``failure_reasons``).
4. *Trace*: ``trace`` records each decision, call and import in which something unknown took part, and the environment
   variables and machine facts (``unknowns``) that were read.
5. *Backward slice*: ``analysis.parse`` lists the names that each statement reads and writes; ``analysis.slicing``
   selects the statements that a setting (the sink) may depend on.
6. *Taint analysis*: ``extract`` rejects tainted values. ``analysis.taint`` rejects a setting if a traced event lies in
   its slice: a value may be *chosen* by something unknown without being made from it.
7. *Second load*: ``load`` loads the settings again with every unknown decision flipped and, where they ask for host or
   user names, as on another machine. A setting that comes out differently is rejected too.

``messages`` has the explanations shown to people. The check is strong, but not a proof.
"""
