"""`Module`, and what it is made of: one file for each idea."""

from tracegrad.nn.module.module import Module as Module
