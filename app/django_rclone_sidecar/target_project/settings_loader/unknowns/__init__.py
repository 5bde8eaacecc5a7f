"""Values that are not known in this container, and what stands for them."""
