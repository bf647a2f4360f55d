"""What NeMo backends share: device, precision, loading of checkpoints."""

import logging

from nemo_voice_serving.nemo.lazy.finder import install

# NeMo's telemetry announces at its import that it sends nothing.
logging.getLogger("nv_one_logger").setLevel(logging.ERROR)
# Half of the time that importing NeMo takes goes into what a service never uses.
install()
