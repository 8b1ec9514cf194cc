"""What the tests of the whole operator share: the cluster as its users see it, and an operator in this process."""
