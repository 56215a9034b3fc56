"""parking/plumbing"""
