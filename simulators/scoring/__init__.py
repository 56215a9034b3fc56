"""What a platform made of a simulated street, held against the truth: time, money, followers, acts.

Pure; knows columns and plain records, nothing of the services. `app.scoring` brings the two together.
"""
