"""Reconnaissance: what feeds my models, from where, pinned to which bytes?"""
