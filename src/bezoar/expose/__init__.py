"""Expose: what in this data or model is not as it should be?"""
