"""The recorded computation graph as data: nodes, edges, what they saved, where they were
written.
"""
