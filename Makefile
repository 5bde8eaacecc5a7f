.DEFAULT_GOAL := help
# Tests start thousands of Pythons, none of which should compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo test test-all test-pythons test-cluster hunt coverage unit lint docs image bench clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Back up a sample project, damage it, restore it, and prove that nothing is missing
	@scripts/demo.sh

test: ## Set everything up, and run every check and test but the exhaustive ones
	@scripts/test.sh

test-all: ## Run the exhaustive tests as well, and a long hunt: make test-all MINUTES=60
	@MINUTES="$(MINUTES)" scripts/test-all.sh

test-pythons: ## Run the tests that need no server with each supported Python that is installed
	@scripts/pythons.sh

test-cluster: ## Try the chart in a real cluster: KUBECONFIG's, kind's, or one that is built and started here
	@scripts/cluster.sh

hunt: ## Draw steps at random, and look for lost or mixed-up data: make hunt MINUTES=60
	@MINUTES="$(MINUTES)" scripts/hunt.sh

unit: ## Run the tests that need no server, but the exhaustive ones
	@python="$$(scripts/venv.sh test requirements/test.txt)" && \
		"$$python" -m pytest -q -n auto --dist worksteal -m "not exhaustive" tests/unit

coverage: ## Run the same tests once with branch coverage, and print that of each package
	@scripts/coverage.sh

lint: ## Check style and types
	@scripts/lint.sh

docs: ## Build the documentation as a site: build/docs/index.html
	@scripts/docs.sh

image: ## Build the image under a name, and print its size and what takes it: make image IMAGE=name
	@scripts/image.sh "$(IMAGE)"

bench: ## Print how fast backups are, and what they need
	@scripts/bench.sh

clean: ## Remove environments, reports and the tests' containers (images and client programs stay cached)
	@scripts/clean.sh
