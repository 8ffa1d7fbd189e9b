"""Proofs about every input that keeps the promise, with the failing input where there is one."""
