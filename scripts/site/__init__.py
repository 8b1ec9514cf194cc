"""The site of docs/: pages laid out as the generator wants them, which is not quite as a code host does."""
