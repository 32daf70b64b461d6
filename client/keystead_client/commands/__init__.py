"""The commands of ``keystead``: each takes its arguments, a context and an output.

A command returns its exit code (`keystead_client.exit_codes`) and raises KeysteadError, which
`keystead_client.command_line` prints.
"""
