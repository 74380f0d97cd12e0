"""Evaluation: is the way in sound, and is this data what we expect?"""
