"""The tests that every integrator does by hand first, as code (console.md 7.16).

`stage` is what a scenario works with, `checks` the scenarios themselves, `words` their names for
people, `runner` plays one on one wire. Nothing here knows the database: how a run is kept is in
`imadmin.console.actions.scenarios`.
"""
