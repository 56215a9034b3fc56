"""tests/property"""
