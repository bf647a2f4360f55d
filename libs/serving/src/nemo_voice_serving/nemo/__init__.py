"""What NeMo backends share: device, precision, loading of checkpoints."""

import logging

# NeMo's telemetry announces at its import that it sends nothing.
logging.getLogger("nv_one_logger").setLevel(logging.ERROR)
