"""tests/golden"""
