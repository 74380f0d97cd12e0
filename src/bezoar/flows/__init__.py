"""Journeys that cross stages: each hands one stage what another one has."""
