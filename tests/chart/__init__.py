"""The Helm chart: what it renders, and what is made from the comments of its values."""
