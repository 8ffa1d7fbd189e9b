"""Is the network the circuit?"""
