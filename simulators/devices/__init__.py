"""simulators/devices"""
