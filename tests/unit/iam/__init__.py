"""A package with a database backend that asks for a token, as django-iam-dbauth's do."""
