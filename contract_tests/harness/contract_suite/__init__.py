"""The contract suite: judges a server, the contract and the SDK by every documented rule.

A session (session.py) has four stages, of which run.py connects the first two:

    plan    checks/planning.py makes the probes of every rule.
    send    checks/sending.py sends them and fills a record. checks/fuzzing.py runs schemathesis meanwhile.
    judge   checks/judging.py turns the record into a verdict on every rule.
    report  reporting/report.py writes contract.json, .html and .xml. drift/ proposes an overlay for other servers.

Each stage calls the hooks of the rule's kind, one module for each kind in checks/kinds.
Imports go one way, from right to left:

    rules <- core <- checks <- coverage, drift <- reporting, settings, run <- session <- cli, nightly
"""
