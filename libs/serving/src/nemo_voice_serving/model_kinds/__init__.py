"""Says of a NeMo checkpoint, from its configuration alone, what it is and whether it is served.

Pure: nothing here imports NeMo or torch, or reads a file; the model store calls it while a download
runs, the command line for `inspect`, and the backends before they import NeMo.
"""
