"""The terminal debugger: steps through a trace forward and backward in time.

`tracegrad_tui.app.run` shows a trace. Nothing here is imported by the library itself.
"""
