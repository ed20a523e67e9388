"""Fault runs: what breaks between an agent and a gateway, at random, and what must hold nevertheless.

`run` is the program; `../test_faults.py` runs it briefly. Every random choice comes from one seed, which is printed.
"""
