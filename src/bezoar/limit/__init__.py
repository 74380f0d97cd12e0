"""Limit: what gets out of hand in production, and how fast are we back?"""
