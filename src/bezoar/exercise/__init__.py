"""The exercise room: would we notice?

A drill is an ordinary user of the rest of bezoar: this room imports nothing of it but its public
names, so that what is practised is what users have. Read `drill` first: `material` is what the
`red_team` poisons and the `blue_team` inspects, `models` says what the poison would have done,
`record` keeps the drill's own ledger.
"""
