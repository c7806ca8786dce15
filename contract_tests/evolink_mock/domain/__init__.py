"""The mock's behaviour without HTTP: tasks, accounts, billing, callbacks, files, faults and time."""
