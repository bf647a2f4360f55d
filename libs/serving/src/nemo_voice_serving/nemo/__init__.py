"""What the services' NeMo backends share; only these modules here import torch and nemo."""

import logging

# NeMo's telemetry announces at its import that it sends nothing.
logging.getLogger("nv_one_logger").setLevel(logging.ERROR)
