"""Images that a Stack builds in the cluster: what a service's ``build`` becomes. Pure.

`build_of` (in `plan`) says what is to be built, `job` renders the Job that does it, with the ConfigMaps of its context.
An image is named by its content, so that it is built once, and a change of it is a change of the workload.
"""
