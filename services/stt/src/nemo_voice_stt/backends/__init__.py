"""The recognisers: only modules in here import torch and nemo, and only at `load`."""
