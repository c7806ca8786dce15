"""The mock's state and behaviour without HTTP: tasks, accounts, billing, callbacks, files, faults and time."""
