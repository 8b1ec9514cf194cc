"""The documentation as tests read it: its fenced blocks, what each shows, and what stands next to it in a comment.

- `pages` finds the pages and their blocks; `directives` reads the comments `<!-- docs-test: … -->` above them.
- `session` splits a block into commands and the output that it shows; `shape` compares output with that.
- `shell` runs commands, one after another, in one bash; `scene` is the cluster and the directory that they find.
- `play` runs a page. `usage` checks what cannot be run; `yamls` checks what is no command.
"""
