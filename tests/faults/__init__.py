"""An API server that misbehaves on purpose: a proxy between an operator and a real one, and the faults it can play."""
